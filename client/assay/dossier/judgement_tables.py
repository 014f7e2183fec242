"""Audits, opinions and disputes as text tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.dossier.document import Dossier
from assay.dossier.judgements import AuditRecord, DisputeRecord, Opinion, OpinionRecord
from assay.dossier.tables import Table, called, moment
from assay.manifests import AuditReport, DisputeEvidence, Figure
from assay.words import formatting
from assay.words.amounts import format_amount

OPINIONS = (
    "An opinion was ordered of an auditor of the asker's choice. It decides nothing and blocks no sale."
)


def verdicts(audit: AuditRecord, names: Mapping[str, str], standing: Mapping[tuple[int, str], str]) -> Table:
    """Who was drawn, and what each said."""
    said = {one.auditor: one for one in audit.opinions}
    rows = []
    for seat in audit.seats:
        opinion = said.get(seat.auditor)
        rows.append(
            (
                called(seat.auditor, names),
                moment(seat.seated.at),
                moment(seat.sealed.at) if seat.sealed else "",
                _approval(opinion) if opinion else "silent",
                moment(opinion.posted.at) if opinion else "",
                moment(opinion.expires) if opinion else "",
                standing.get((audit.number, seat.auditor), ""),
            )
        )
    # an account drawn again for another seat is refused again
    refused = dict.fromkeys(f"{called(one.candidate, names)} ({one.conflict})" for one in audit.refused)
    passed_over = f" Passed over: {', '.join(refused)}." if refused else ""
    return Table(
        f"Audit {audit.number}: {audit.outcome}",
        (
            "auditor",
            "drawn (UTC)",
            "sealed (UTC)",
            "verdict",
            "posted (UTC)",
            "counts until (UTC)",
            "at collection",
        ),
        tuple(rows),
        f"Of version {audit.subject}. Auditors are drawn, never picked, and paid whatever they "
        f"say.{passed_over}",
    )


def findings(dossier: Dossier, names: Mapping[str, str]) -> Iterator[tuple[str, AuditReport, Table]]:
    """Each auditor's report: a title, the report, and its findings and figures."""
    for judged in dossier.judged:
        for opinion in judged.said:
            report = dossier.document(opinion.report)
            if isinstance(report, AuditReport):
                found = tuple((one.scope, one.severity, one.summary, one.details) for one in report.findings)
                measured = tuple(("figure", "", one.name, _measured(one)) for one in report.figures)
                title = f"Report of {called(opinion.auditor, names)} in {judged.name}"
                columns = ("scope", "severity", "finding", "details")
                yield (
                    title,
                    report,
                    Table(title, columns, found + measured, prose=frozenset({"finding", "details"})),
                )


def opinions(dossier: Dossier, names: Mapping[str, str]) -> Table:
    """Who ordered which opinion from whom, for how much, and what it says."""
    tokens = {token.address: token for token in dossier.tokens}
    rows = []
    for one in dossier.opinions:
        token = tokens[one.token]
        rows.append(
            (
                str(one.number),
                called(one.asker, names),
                moment(one.asked.at),
                f"{format_amount(one.fee, token.decimals)} {token.symbol}",
                ", then ".join(called(taken.auditor, names) for taken in one.auditors),
                verdict(one),
                moment(one.posted.posted.at) if one.posted else "",
                moment(one.posted.expires) if one.posted else "",
                one.posted.report if one.posted else "",
                one.subject,
            )
        )
    columns = (
        "opinion",
        "asked for by",
        "asked (UTC)",
        "fee",
        "auditor",
        "says",
        "posted (UTC)",
        "counts until (UTC)",
        "report",
        "version",
    )
    return Table(
        "Opinions",
        columns,
        tuple(rows),
        f"{OPINIONS} The fee was agreed on beforehand and is paid whatever it says. Where an auditor "
        "follows another, the first had taken the work and let its time pass.",
        right=frozenset({"opinion", "fee"}),
    )


def verdict(one: OpinionRecord) -> str:
    """What an opinion says, or its state."""
    return _approval(one.posted) if one.posted else one.state


def dispute(one: DisputeRecord, dossier: Dossier, names: Mapping[str, str]) -> Iterator[Table]:
    """What was contested and how it ended, the evidence, and the juries."""
    yield _claim(one, names)
    yield _evidence(one, dossier, names)
    if not one.outside:
        yield _juries(one, dossier, names)


def _claim(one: DisputeRecord, names: Mapping[str, str]) -> Table:
    arbitrator = f"{one.arbitrator}, from outside" if one.outside else "the market's own court"
    silence = ", since the arbitrator was silent" if one.by_silence else ""
    rows = (
        ("claimant", f"{called(one.claimant, names)}, the {one.side}"),
        ("opened (UTC)", moment(one.opened.at)),
        ("question", one.question),
        ("arbitrator", f"{arbitrator}, its number {one.arbitrator_dispute}"),
        ("ruling", f"for the {one.ruling}" if one.ruling != "none" else f"for nobody{silence}"),
        ("resolved (UTC)", moment(one.resolved.at)),
        ("effect", one.effect),
    )
    return Table(f"Dispute {one.number} of deal {one.deal}", ("what", "recorded"), rows,
                 prose=frozenset({"recorded"}))  # fmt: skip


def _evidence(one: DisputeRecord, dossier: Dossier, names: Mapping[str, str]) -> Table:
    rows = []
    for exhibition in one.evidence:
        content = dossier.document(exhibition.evidence)
        told = (content.claim, content.statement) if isinstance(content, DisputeEvidence) else ("", "")
        when = moment(exhibition.published.at)
        rows.append((when, called(exhibition.party, names), *told, exhibition.evidence))
    return Table(
        f"Evidence in dispute {one.number}",
        ("time (UTC)", "party", "claim", "statement", "document"),
        tuple(rows),
        "The parties' own words.",
        prose=frozenset({"claim", "statement"}),
    )


def _juries(one: DisputeRecord, dossier: Dossier, names: Mapping[str, str]) -> Table:
    deal = next(deal for deal in dossier.deals if deal.number == one.deal)
    token = {token.address: token for token in dossier.tokens}[deal.request.token]
    rows = tuple(
        (
            str(jury.number),
            moment(jury.asked.at),
            called(jury.payer, names),
            f"{format_amount(jury.fee, token.decimals)} {token.symbol}",
            str(len([juror for juror in jury.jurors if juror.accepted])),
            *(
                str(sum(juror.vote == side for juror in jury.jurors))
                for side in ("customer", "developer", "none")
            ),
            jury.ruling or "not ended",
        )
        for jury in one.rounds
    )
    return Table(
        f"Juries of dispute {one.number}",
        (
            "jury", "asked for (UTC)", "by", "fee", "jurors", "for customer", "for developer",
            "for nobody", "ruling then",
        ),
        rows,
        "Jurors were drawn and voted in secret first. Each jury after the first is an appeal.",
        right=frozenset({"jury", "fee", "jurors", "for customer", "for developer", "for nobody"}),
    )  # fmt: skip


def _approval(said: Opinion) -> str:
    return "approved" if said.approved else "rejected"


def _measured(one: Figure) -> str:
    interval = formatting.interval(one.low, one.high, one.unit)
    return formatting.figure(one.value, one.unit) + (f" (95 % interval {interval})" if interval else "")
