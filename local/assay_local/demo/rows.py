"""The record as rows of text: the same source for the terminal's tables and the page's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assay.escrow import Token
from assay.manifests.evaluation import Metric, ReportStatus
from assay.structs import Kind, Outcome
from assay.words import formatting
from assay.words.amounts import format_amount
from assay_local.demo.contest import Contested
from assay_local.demo.record import Record, Round, Said
from assay_local.demo.resale import Resold
from assay_local.demo.vote import Voted

_STATUS = {
    ReportStatus.ANSWERED: "attested",
    ReportStatus.CANNOT_OPEN: "cannot open",
    ReportStatus.UNSTABLE: "unstable",
    ReportStatus.REJECTED: "rejected",
}


@dataclass(frozen=True)
class Rows:
    """A titled table; columns named in `right` hold numbers, those in `prose` may wrap."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[str] = frozenset()
    note: str = ""
    prose: frozenset[str] = frozenset()


def timeline(record: Record, names: Mapping[str, str]) -> Rows:
    """A row for each transaction."""
    start = record.steps[0].at
    rows = tuple(
        (
            _clock(step.at - start),
            names.get(step.actor, step.actor),
            step.step,
            step.state.words if step.state else "",
            f"{step.tx_hash[:10]}…",
            f"{step.gas_used:,}",
        )
        for step in record.steps
    )
    gas = sum(step.gas_used for step in record.steps)
    return Rows(
        "Timeline",
        ("after", "who", "what", "deal", "transaction", "gas"),
        rows,
        frozenset({"gas"}),
        f"{len(rows)} transactions, {gas:,} gas. Chain time is moved on; nobody waited for a window.",
        frozenset({"what"}),
    )


def money(record: Record, names: Mapping[str, str]) -> Rows:
    """A row for each account and token; each token adds up to zero."""
    rows = tuple(_money(record, names))
    sums = ", ".join(
        f"{format_amount(total, token.decimals)} {token.symbol}"
        for token in (record.token, record.staking)
        for total in [sum(one.net for one in record.balances if one.token == token.address)]
    )
    return Rows(
        "Who paid, and who got what",
        ("account", "part", "token", "paid", "received", "net"),
        rows,
        frozenset({"paid", "received", "net"}),
        f"All of it together: {sums}. Rebuilt from the escrow's events.",
    )


def reports(record: Record) -> Rows:
    """A row for each panel member and request."""
    rows = tuple(
        (
            f"{number} {one.kind.words}" if first else "",
            said.member,
            _said(one.kind, said, record.metric),
            f"-{format_amount(said.slashed, record.staking.decimals)}" if said.slashed else "",
            agreed(one, record.metric) if first else "",
        )
        for number, one in enumerate(record.rounds, start=1)
        for first, said in zip((True, *(False,) * len(one.said)), one.said, strict=False)
    )
    return Rows(
        "What each validator reported",
        ("request", "validator", "reported", f"stake ({record.staking.symbol})", "the panel's result"),
        rows,
        frozenset({"stake (" + record.staking.symbol + ")"}),
        "A false score costs the whole seat, silence a part of it; both are burnt.",
    )


def jury(contested: Contested, token: Token) -> Rows:
    """A row for each juror of the contested deal."""
    return Rows(
        "The clinic's dispute: the developer broke the terms",
        ("juror", "voted for the"),
        tuple((ballot.juror, ballot.side.words) for ballot in contested.ballots),
        note=f"{token.format(contested.returned)} went back to the clinic. The developer's bond made good "
        f"what panel and jury had cost it; {token.format(contested.burnt)} of it are burnt. "
        "Who voted against the ruling lost a fifth of its bond to the others.",
    )


def licences(resold: Resold, token: Token) -> Rows:
    """A row for each model whose licences were sold."""
    rows = []
    for one in (resold.parent, resold.child):
        sums = (format_amount(part, token.decimals) for part in (one.paid, one.kept, one.fee, one.royalties))
        rows.append((one.model, f"{one.size:,}", one.seller, ", ".join(one.buyers), *sums))
    amounts = ("paid", "to the seller", "fee", "royalty")
    return Rows(
        "Licences sold",
        ("model", "bytes", "seller", "buyers", *amounts),
        tuple(rows),
        frozenset({"bytes", *amounts}),
        f"In {token.symbol}. The small model was distilled from the other under a licence to derive, so "
        f"{resold.parent.seller} has a share of every sale: {token.format(resold.child.royalties)} so far.",
    )


def chambers(voted: Voted) -> Rows:
    """A row for each chamber of the vote."""
    return Rows(
        "The vote",
        ("chamber", "for", "against", "approves"),
        tuple(
            (role.words, str(tally.in_favour), str(tally.against), "yes" if tally.approves else "no")
            for role, tally in voted.chambers.items()
        ),
        frozenset({"for", "against"}),
        f"{voted.sentence} More than half of the chambers have to approve.",
    )


def named(text: str, names: Mapping[str, str]) -> str:
    """The text with names in place of addresses."""
    for address, name in names.items():
        text = text.replace(address, name)
    return text


def _money(record: Record, names: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    for token in (record.token, record.staking):
        for one in record.balances:
            if one.token == token.address and (one.paid or one.received):
                sums = (format_amount(value, token.decimals) for value in (one.paid, one.received, one.net))
                yield names.get(one.account, one.account), one.role, token.symbol, *sums


def _said(kind: Kind, said: Said, metric: Metric | None) -> str:
    if said.status is None:
        return "silent"
    if kind == Kind.SCORE and said.status == ReportStatus.ANSWERED:
        return formatting.score(said.score, metric)
    return _STATUS[said.status]


def agreed(one: Round, metric: Metric | None) -> str:
    """What a panel answered, in words."""
    if one.outcome != Outcome.ANSWERED:
        return one.outcome.words
    return formatting.score(one.score, metric) if one.kind == Kind.SCORE else _STATUS[ReportStatus.ANSWERED]


def _clock(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    return f"{days} d {rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"
