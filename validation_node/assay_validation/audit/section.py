"""The result of each part of an audit, in the same form for all of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from assay.manifests.audit_report import Figure, FigureUnit, Finding, Scope
from assay.manifests.evaluation import PPM, SCORE_LIMIT, Metric
from assay.words import formatting
from assay_validation.audit.thresholds import Severity

MAX_LINE, MAX_PROSE = 200, 10_000
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def line(text: str) -> str:
    """*text* as one printable line: names come from other people's files."""
    return _UNPRINTABLE.sub("?", text)[:MAX_LINE] or "?"


def percent(share: float) -> str:
    """A share in readable form."""
    return f"{100 * share:.1f} %"


Unit = Literal["share", "number", "bytes", "count"]


def unit_of(metric: Metric) -> Unit:
    """What a metric is measured in."""
    return "share" if metric.is_share else "number"


def words_of(metric: Metric, value: float) -> str:
    """A value of *metric* in readable form: a share as a percentage."""
    return f"{100 * value:.4g} %" if metric.is_share else f"{value:.4g}"


@dataclass(frozen=True)
class Interval:
    """A measurement with its 95 % interval; if it has none, all three values are the same."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Measure:
    """One measurement. ``unit``: a share (1.0 is all), a number, bytes or a count."""

    name: str
    value: float
    unit: Unit = "share"
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, name: str, found: Interval, unit: Unit = "share") -> "Measure":
        """A measurement with an interval."""
        return cls(name, found.value, unit, found.low, found.high)

    def figure(self, scope: Scope | None = None) -> Figure:
        """The figure that goes into the manifest."""
        unit: FigureUnit = "ppm" if self.unit == "share" else self.unit
        return Figure(
            name=line(self.name),
            value=self._integer(self.value),
            low=None if self.low is None else self._integer(self.low),
            high=None if self.high is None else self._integer(self.high),
            unit=unit,
            scope=scope,
        )

    def text(self) -> str:
        """The value in readable form."""
        one = self.figure()
        return formatting.figure(one.value, one.unit)

    def interval(self) -> str:
        """The interval in readable form, empty if there is none."""
        one = self.figure()
        return formatting.interval(one.low, one.high, one.unit)

    def _integer(self, value: float) -> int:
        scale = PPM if self.unit in ("share", "number") else 1
        return round(max(-SCORE_LIMIT / scale, min(value, SCORE_LIMIT / scale)) * scale)


@dataclass(frozen=True)
class Plot:
    """A picture as SVG, with a text for those who cannot see it."""

    svg: bytes
    alt: str
    caption: str


@dataclass(frozen=True)
class Table:
    """Rows of text under columns."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""


@dataclass
class Section:
    """One part of the audit: prose says what was done, limitations what was not."""

    scope: Scope
    title: str
    prose: str
    findings: list[Finding] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    plots: list[Plot] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    limitations: list[str] = field(default_factory=list)

    def find(self, severity: Severity | None, summary: str, details: str) -> None:
        """Add a finding, unless *severity* is None. *details* say what it means for the reader."""
        if severity is not None:
            clean = "\n".join(_UNPRINTABLE.sub("?", part) for part in details.split("\n"))
            self.findings.append(
                Finding(scope=self.scope, severity=severity, summary=line(summary), details=clean[:MAX_PROSE])
            )
