"""A dossier as tables of text, for people who read neither JSON nor code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from assay.deal.payments import IN_ESCROW
from assay.dossier.document import Dossier
from assay.dossier.parts import (
    Deal,
    Round,
    Said,
    ThirdPartyResult,
)
from assay.dossier.people import ASKER
from assay.manifests import CommissionSpec, DatasetManifest, ModelManifest
from assay.manifests.evaluation import Criterion, Metric
from assay.words import formatting
from assay.words.amounts import format_amount


@dataclass(frozen=True)
class Table:
    """A titled table; columns named in `right` hold numbers, those in `prose` may wrap."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    right: frozenset[str] = field(default_factory=frozenset)
    prose: frozenset[str] = field(default_factory=frozenset)
    empty: str = "None recorded."


def names_of(dossier: Dossier) -> dict[str, str]:
    """What each account is called in the tables: its part, numbered where several have it."""
    parts: dict[str, list[str]] = {}
    for person in dossier.people:
        accounts = parts.setdefault(person.part, [])
        if person.account not in accounts:
            accounts.append(person.account)
    names: dict[str, str] = {}
    for part, accounts in parts.items():
        for number, account in enumerate(accounts, 1):
            label = part if len(accounts) == 1 else f"{part} {number}"
            # whoever has a part in the deal is called by that
            if part not in ("owner", ASKER) or account not in names:
                names[account] = label
    return names


def timeline(deal: Deal, names: Mapping[str, str]) -> Table:
    """Who did what, when."""
    return Table(
        f"Timeline of deal {deal.number}",
        ("time (UTC)", "block", "who", "what", "then", "transaction"),
        tuple(
            (
                moment(step.place.at),
                str(step.place.block),
                called(step.actor, names),
                step.what,
                step.state or "",
                step.place.transaction,
            )
            for step in deal.timeline
        ),
        "Every transaction of the deal. Anyone may take a step that is due, so it is not always a party's.",
        right=frozenset({"block"}),
        prose=frozenset({"what"}),
    )


def attempts(deal: Deal, dossier: Dossier) -> Table:
    """Submissions and their scores."""
    metric, criteria = dossier.metric(deal.request.spec.hex()), _criteria(deal, dossier)
    return Table(
        f"Submissions of deal {deal.number}",
        ("submission", "time (UTC)", "score", "criteria met", "criteria missed", "result", "manifest"),
        tuple(
            (
                str(one.number),
                moment(one.submitted.at),
                "-" if one.score is None else formatting.score(one.score, metric),
                *("" if one.score is None else _named(criteria, one.criteria, met) for met in (True, False)),
                "passed" if one.passed else "not passed",
                one.manifest,
            )
            for one in deal.attempts
        ),
        f"Asked for: {formatting.threshold(deal.request.threshold, metric)} on data that the developer never "
        f"saw, within {formatting.count(deal.request.submission_cap, 'submission')}.",
        right=frozenset({"submission", "score"}),
    )


def reports(deal: Deal, dossier: Dossier, names: Mapping[str, str]) -> Table:
    """What every validator reported in every request."""
    staking, metric = dossier.tokens[-1], dossier.metric(deal.request.spec.hex())
    rows = tuple(
        (
            f"{one.request} {one.kind}" if first else "",
            called(said.validator, names),
            _said(one, said, metric),
            f"-{format_amount(said.slashed, staking.decimals)}" if said.slashed else "",
            _result(one, metric) if first else "",
            said.manifest if said.manifest.strip("0") else "",
        )
        for one in deal.rounds
        for first, said in zip((True, *(False,) * len(one.said)), one.said, strict=False)
    )
    stake = f"stake ({staking.symbol})"
    return Table(
        f"Reports of deal {deal.number}",
        ("request", "validator", "reported", stake, "the panel's result", "report"),
        rows,
        "Each was committed before any was shown. A false score costs the whole stake of the seat, silence "
        "a part; both are burnt.",
        right=frozenset({stake}),
    )


def money(deal: Deal, dossier: Dossier, names: Mapping[str, str]) -> Table:
    """What each account paid and got, by token."""
    tokens = {token.address: token for token in dossier.tokens}
    sums: dict[tuple[str, str, str], list[int]] = {}
    for entry in deal.payments:
        sides = sums.setdefault((entry.account, entry.part, entry.token), [0, 0])
        sides[entry.amount > 0] += abs(entry.amount)
    rows = []
    for (account, part, address), (paid, got) in sums.items():
        token = tokens[address]
        amounts = (format_amount(value, token.decimals) for value in (paid, got, got - paid))
        who = account if account == IN_ESCROW else called(account, names)
        rows.append((who, part, token.symbol, *amounts))
    return Table(
        f"Money of deal {deal.number}",
        ("account", "part", "token", "paid", "received", "net"),
        tuple(rows),
        f"{formatting.count(len(deal.bids.bidders), 'sealed bid')}, {deal.bids.revealed} revealed; the "
        "lowest won at the second-lowest price. The net amounts of a token add up to zero.",
        right=frozenset({"paid", "received", "net"}),
    )


def people(dossier: Dossier, names: Mapping[str, str]) -> Table:
    """Who took part, and how the registry knew them at the time."""
    return Table(
        "Who took part",
        (
            "called here",
            "part",
            "account",
            "jurisdiction",
            "organisation (hash)",
            "accredited until (UTC)",
            "by",
        ),
        tuple(
            (
                called(one.account, names),
                f"{one.part} of deal {one.deal}" if one.deal else one.part,
                one.account,
                one.jurisdiction,
                one.organisation if one.organisation.strip("0") else "none declared",
                moment(one.accredited_until) if one.accredited_until else "",
                one.accreditor or "",
            )
            for one in dossier.people
        ),
        "As the registry had it when they took that part. Accounts stand for people; who an account is has "
        "to be proved outside of the chain, by its key and by the identifier behind the organisation's hash.",
    )


def sources(dossier: Dossier) -> Table:
    """What the versions were made from."""
    rows = []
    for version in (*dossier.versions, *dossier.ancestry):
        for edge in version.lineage:
            content = dossier.document(edge.ref)
            described = isinstance(content, (ModelManifest, DatasetManifest))
            rows.append(
                (
                    f"{version.manifest[:12]}…",
                    edge.kind,
                    content.name if described else "its description could not be had",  # type: ignore[union-attr]
                    (content.licence.spdx or "own terms") if described else "",  # type: ignore[union-attr]
                    edge.ref,
                )
            )
    return Table(
        "What it was made from",
        ("version", "kind", "name", "licence", "digest"),
        tuple(rows),
        "As the developer declared it at submission; it cannot be changed, and nobody has tested that it is "
        "complete. Who owns a data set is not on record.",
        prose=frozenset({"name"}),
        empty="The developer has declared neither a parent nor a data set.",
    )


def rules(deal: Deal, dossier: Dossier) -> Table:
    """The order and the rules, which no later change reached."""
    token = {one.address: one for one in dossier.tokens}[deal.request.token]
    spec = dossier.document(deal.request.spec.hex())
    asked = []
    if isinstance(spec, CommissionSpec):
        asked = [
            ("order", spec.title),
            ("what for", spec.description),
            ("task and metric", f"{spec.evaluation.task}, {spec.evaluation.metric.words}"),
            (
                "criteria",
                ", ".join(_condition(one, spec.evaluation.metric) for one in spec.evaluation.criteria)
                or "none",
            ),
            ("may be trained on", spec.training_data),
        ]
    data = dossier.document(deal.request.dataset.hex())
    if isinstance(data, DatasetManifest):
        counts = ", ".join(f"{name}: {count}" for name, count in data.counts.classes.items())
        asked.append(("hidden data", f"{data.name}: {data.counts.rows} rows ({counts})"))
    times = deal.rules.timeouts
    asked += [
        ("domain", deal.domain),
        ("threshold", formatting.threshold(deal.request.threshold, dossier.metric(deal.request.spec.hex()))),
        ("reserve", f"{format_amount(deal.request.reserve, token.decimals)} {token.symbol}"),
        ("risk class", _risk_class(deal)),
        ("panel", f"{deal.rules.panel_size} validators drawn by stake"),
        ("market fee", formatting.percent(deal.rules.fee_ppm)),
        ("time to appeal, to challenge", f"{times.appeal // 3600} h, {times.challenge // 3600} h"),
    ]
    return Table(
        f"Order and rules of deal {deal.number}",
        ("what", "as it was when the deal opened"),
        tuple(asked),
        prose=frozenset({"as it was when the deal opened"}),
    )


def test_taken(test: ThirdPartyResult, metric: Metric | None) -> str:
    """What a third party's test found, in words."""
    if not test.at:
        return f"not taken (test set {test.test_set})"
    said = "passed" if test.passed else "failed"
    return (
        f"{said} with {formatting.score(test.score, metric)} on test set {test.test_set}, {moment(test.at)}"
    )


def _risk_class(deal: Deal) -> str:
    rule = deal.rules.risk_class
    asks = [formatting.count(rule.audits, "audit")]
    asks += ["one by a regulator"] * rule.regulator + ["explainability"] * rule.explainability
    asks += [f"test set {deal.rules.conformity_set} passed"] * rule.third_party
    days = rule.reverify_interval // 86_400
    asks.append(f"re-verification every {days} days" if days else "no re-verification")
    return f"{deal.request.risk_class}: {', '.join(asks)}"


def annex(dossier: Dossier) -> Table:
    """Annex IV with its gaps."""
    return Table(
        "Annex IV of the AI Act",
        ("point", "asks for", "answered here", "gap"),
        tuple((one.point, one.asks, one.answer, one.gap) for one in dossier.annex_iv),
        "Regulation (EU) 2024/1689, Article 11 and Annex IV; Articles 12 and 18 for records. What nothing "
        "here answers is printed as a gap.",
        prose=frozenset({"asks for", "answered here", "gap"}),
    )


def documents(dossier: Dossier) -> Table:
    """Everything enclosed, and the contracts' code."""
    enclosed: list[tuple[str, str]] = [
        (one.content.kind if one.content else one.state, one.digest) for one in dossier.documents
    ]
    code = [(f"code of {one.name} at {one.address}", one.code_sha256) for one in dossier.contracts]
    return Table("Digests", ("what", "sha2-256"), tuple(enclosed + code))


def called(account: str, names: Mapping[str, str]) -> str:
    """The name of an account, or its short form."""
    return names.get(account, f"{account[:8]}…{account[-4:]}")


def moment(seconds: int) -> str:
    """A time for people."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"
    except (OverflowError, ValueError, OSError):  # a validator's time may be any uint40
        return str(seconds)


def _criteria(deal: Deal, dossier: Dossier) -> tuple[Criterion, ...] | None:
    spec = dossier.document(deal.request.spec.hex())
    return spec.evaluation.criteria if isinstance(spec, CommissionSpec) else None


def _named(criteria: tuple[Criterion, ...] | None, bits: int, met: bool) -> str:
    """The criteria that a report says were met, or those that were not."""
    if criteria is None:
        return "the order could not be had"
    places = (one for place, one in enumerate(criteria) if bool(bits >> place & 1) == met)
    return ", ".join(one.kind.words for one in places) or "none"


def _condition(one: Criterion, metric: Metric) -> str:
    return f"{one.kind.words} at most {formatting.condition(one.kind, one.bound, metric)}"


def _said(one: Round, said: Said, metric: Metric | None) -> str:
    return _answer(one, said.score, metric) if said.status == "answered" else said.status


def _result(one: Round, metric: Metric | None) -> str:
    return _answer(one, one.score, metric) if one.outcome == "answered" else one.outcome


def _answer(one: Round, score: int, metric: Metric | None) -> str:
    return formatting.score(score, metric) if one.kind == "evaluation" else "data as committed"
