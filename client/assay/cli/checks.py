"""What a panel would say, for people: before an order is opened and before a model is submitted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.output import Cell, Data, score, threshold
from assay.cli.settings import Settings, say
from assay.words import times

if TYPE_CHECKING:
    from assay.manifests import CommissionSpec
    from assay.manifests.evaluation import Metric
    from assay.manifests.node_report import DatasetReport
    from assay.manifests.reason import Reason
    from assay.markets.checks import ModelCheck
    from assay.markets.order import Order

Unchecked = Annotated[
    bool, typer.Option("--unchecked", help="Skip the check that this machine makes first, as a panel would.")
]


_SHORT = {"bidding": 3_600, "revealing": 3_600, "building": 86_400}
"""Seconds of a step below which somebody who sleeps through a night may miss it."""


def warn_of_short_times(order: Order) -> None:
    """Say which times of an order are so short that few can keep them. They are allowed."""
    for name, least in _SHORT.items():
        seconds = getattr(order, f"{name}_seconds")
        if seconds < least:
            say(f"Warning: {name} lasts {times.duration(seconds)} only. Few people are that quick.")


def data_checked(context: typer.Context, order: Order, data: Path, *, quiet: bool) -> DatasetReport:
    """What a panel would say of the data; needs no chain, and storage only for a reference model."""
    from assay.cli.progress import MeteredStore
    from assay.markets.checks import check_data
    from assay.markets.local_node import LocalNode
    from assay.words.oddities import sentinel

    settings: Settings = context.obj
    if not quiet:
        typer.echo("Checking the data as a panel would …", err=True)
    with MeteredStore(settings.ipfs, quiet=quiet) as store:
        report = check_data(order, data, LocalNode(), store)
    for name, odd in report.sentinels.items():
        say(sentinel(name, odd))
    return report


def refuse_data(report: DatasetReport, order: Order) -> None:
    """Raise :class:`InvalidInput` with everything that a panel would find wrong with the data."""
    from assay.markets.checks import refuse

    refuse("data", report.reasons, order.evaluation.metric)


def data_shown(report: DatasetReport, order: Order) -> dict[str, Any]:
    """A check of data as a record."""
    metric = order.evaluation.metric
    reference = order.reference
    return {
        "accepted": report.verdict == "ok",
        "reasons": reasons_shown(report.reasons, metric),
        "rows": report.counts.rows,
        "classes": dict(report.counts.classes) or None,
        "groups": dict(report.counts.groups) or None,
        "reference": reference.name,
        "reference_score": score(report.reference_score, metric),
        "reference_is_to_score": _between(reference.low, reference.high, metric),
        "threshold": threshold(order.threshold, metric),
    }


def _between(low: int, high: int, metric: Metric) -> Cell:
    """The interval of a score; of an error the lesser number first."""
    from assay.words import formatting

    ends = [formatting.score(one, metric) for one in ((high, low) if metric.is_error else (low, high))]
    return Cell([low, high], " to ".join(ends), "ppm")


def model_shown(check: ModelCheck, spec: CommissionSpec) -> dict[str, Any]:
    """A check of a model as a record."""
    metric, report = spec.evaluation.metric, check.report
    criteria = spec.evaluation.criteria
    scored = check.passes is not None and not report.reasons
    record: dict[str, Any] = {
        "accepted": not report.reasons,
        "reasons": reasons_shown(report.reasons, metric),
        "log": report.log or None,
        "score": score(report.score if scored else None, metric),
        "threshold": threshold(spec.threshold, metric),
        "failed_criteria": [criteria[place].kind.words for place in check.failed] or None,
        "passes": check.passes,
    }
    if check.passes is None:  # without rows nothing was scored
        record |= {name: Data(record[name]) for name in ("score", "failed_criteria", "passes")}
    return record


def reasons_shown(reasons: tuple[Reason, ...], metric: Metric | None) -> Cell | None:
    """Reasons as sentences, a line each, and for programs as codes and facts with their sentence."""
    from assay.words.reasons import sentence

    if not reasons:
        return None
    says = {one: sentence(one, metric) for one in reasons}
    records = [{**one.model_dump(mode="json", exclude_none=True), "says": text} for one, text in says.items()]
    return Cell(records, "\n".join(says.values()))
