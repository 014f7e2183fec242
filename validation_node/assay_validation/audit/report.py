"""The readable report: one page that needs no other file, no network and no script."""

import base64
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from assay.manifests import Assessment
from assay.manifests.audit_report import SCOPES
from assay.words.formatting import count
from assay_validation.audit import standards, thresholds
from assay_validation.audit.outcome import NOT_ASKED, Outcome
from assay_validation.audit.section import Plot, line
from assay_validation.evaluation import file_digest


@dataclass(frozen=True)
class Heading:
    """What the page is about: the model, the date, and the audit and its auditor if there are any."""

    model: str
    audit: int | None = None
    auditor: str | None = None
    day: str = ""


def render(outcome: Outcome, heading: Heading) -> bytes:
    """The page in UTF-8. All text from outside is escaped; pictures are inlined as images, in which browsers
    run no scripts."""
    environment = Environment(
        loader=PackageLoader("assay_validation.audit", "."), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"picture": _picture, "count_of": count}
    order = outcome.order
    counted = {s: sum(f.severity == s for f in outcome.findings) for s in thresholds.SEVERITIES}
    page = environment.get_template("report.html").render(
        model=line(heading.model),
        heading=heading,
        files=_files(outcome),
        unseen=[scope for scope in SCOPES if scope not in outcome.scopes],
        topics=_topics(outcome),
        standards=standards.ALL,
        outcome=outcome,
        counted=counted,
        metric=order.spec.metric.words,
        thresholds=[_threshold_row(one) for one in thresholds.ALL],
    )
    return page.encode()


def _files(outcome: Outcome) -> list[tuple[str, str]]:
    """What was examined, with the sha2-256 of each file."""
    order = outcome.order
    named = [("model", order.model), ("audit data", order.data), ("training data", order.training)]
    return [(name, file_digest(path)) for name, path in named if path is not None]


def _topics(outcome: Outcome) -> list[str]:
    """The topics of the limitations, each in a few words: the text before the colon."""
    heads = [text.partition(": ") for text in outcome.limitations]
    topics = [head if colon else head.rstrip(".") for head, colon, _ in heads if head != NOT_ASKED]
    return list(dict.fromkeys(topic[:1].lower() + topic[1:] for topic in topics))


def assessment(outcome: Outcome, page: bytes) -> Assessment:
    """What was found, as the auditor's document, with the readable *page* that shows it."""
    return Assessment(
        scopes=outcome.scopes,
        findings=outcome.findings,
        figures=outcome.figures,
        limitations=outcome.limitations_text,
        examination=outcome.examination(page),
    )


def _picture(plot: Plot) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(plot.svg).decode()


def _threshold_row(one: thresholds.Threshold) -> tuple[str, ...]:
    bounds = [
        "-" if b is None else "any" if b <= 1e-6 else f"{b:g}" for b in (one.minor, one.major, one.critical)
    ]
    return (one.what, *bounds, one.reason)
