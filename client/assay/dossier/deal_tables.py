"""A deal in a dossier as text tables: its order, steps, reports and payments."""

from __future__ import annotations

from collections.abc import Mapping

from assay.deal.payments import IN_ESCROW
from assay.dossier.document import Dossier
from assay.dossier.parts import Deal, Round, Said
from assay.dossier.tables import Table, called, moment
from assay.manifests import CommissionSpec, DatasetManifest
from assay.manifests.evaluation import Criterion, Metric
from assay.words import formatting
from assay.words.amounts import format_amount


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
    """What each account paid and received, by token."""
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


def rules(deal: Deal, dossier: Dossier) -> Table:
    """The order and its rules, which later rule changes did not affect."""
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


def _risk_class(deal: Deal) -> str:
    rule = deal.rules.risk_class
    asks = [formatting.count(rule.audits, "audit")]
    asks += ["one by a regulator"] * rule.regulator + ["explainability"] * rule.explainability
    asks += [f"test set {deal.rules.conformity_set} passed"] * rule.third_party
    days = rule.reverify_interval // 86_400
    asks.append(f"re-verification every {days} days" if days else "no re-verification")
    return f"{deal.request.risk_class}: {', '.join(asks)}"


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
