"""What one auditor found."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from assay.manifests.base import Manifest, Part
from assay.manifests.evaluation import MAX_ROWS, SCORE_LIMIT
from assay.manifests.fields import Address, ChainId, Digest, Line, Prose, Uint256
from assay.manifests.files import load_document

Scope = Literal[
    "performance", "fairness", "robustness", "privacy", "security", "explainability", "compliance"
]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""In the order of the bits that represent them on-chain."""


def scope_bits(scopes: Iterable[Scope]) -> int:
    """The bitmap of *scopes*, as stored in AuditRegistry."""
    return sum(1 << SCOPES.index(scope) for scope in set(scopes))


def scopes_in(bits: int) -> tuple[Scope, ...]:
    """The scopes whose bits are set; unknown bits are ignored."""
    return tuple(scope for place, scope in enumerate(SCOPES) if bits >> place & 1)


class Finding(Part):
    """One thing the auditor saw."""

    scope: Scope
    severity: Literal["note", "minor", "major", "critical"]
    summary: Line
    details: Prose = ""


Measured = Annotated[int, Field(ge=-SCORE_LIMIT, le=SCORE_LIMIT)]
FigureUnit = Literal["ppm", "number", "bytes", "count"]
"""A share is stored in ppm, and a plain number (an error, a distance) in millionths."""


class Figure(Part):
    """One measurement: an integer in the named unit, with its 95 % interval where it has one."""

    name: Line
    value: Measured
    low: Measured | None = None
    high: Measured | None = None
    unit: FigureUnit = "ppm"
    scope: Scope | None = Field(default=None, exclude_if=lambda scope: scope is None)
    """The scope it belongs to; missing in older reports."""


class Tool(Part):
    """A library that took part, and its version."""

    name: Line
    version: Line


class Examination(Part):
    """How figures were measured: with the same files, tools and seed anybody gets them again."""

    page: Digest
    """sha2-256 of the readable report (HTML)."""
    model_sha256: Digest
    """Digest of the ONNX file itself."""
    data_sha256: Digest
    training_sha256: Digest | None = None
    """Digest of the training data, if it was given."""
    spec_sha256: Digest
    """Digest of the evaluation spec in canonical JSON (RFC 8785)."""
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)]
    quick: bool
    rows: Annotated[int, Field(ge=0, le=MAX_ROWS)]
    """Rows of audit data; 0 if it could not be read."""
    training_rows: Annotated[int, Field(ge=0, le=MAX_ROWS)] = 0
    rows_asked: Annotated[int, Field(ge=0, le=2**53 - 1)]
    """Rows that the model answered or failed to answer, over all methods."""
    tools: Annotated[tuple[Tool, ...], Field(max_length=32)] = ()


class AuditReport(Manifest):
    """The reasons behind a verdict; the verdict itself is posted on-chain with this report's digest.

    An examination that nobody on-chain asked for has neither chain, registry, request nor auditor, and its
    verdict is what the figures propose.
    """

    kind: Literal["AuditReport"] = "AuditReport"
    version: Literal[1] = 1
    chain_id: ChainId | None = None
    registry: Address | None = None
    request_id: Uint256 | None = None
    auditor: Address | None = None
    model: Digest | None
    """Digest of the audited version's ModelManifest; None if it has none."""
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=7)]
    verdict: Literal["approved", "rejected"]
    findings: Annotated[tuple[Finding, ...], Field(max_length=200)] = ()
    figures: Annotated[tuple[Figure, ...], Field(max_length=200)] = ()
    limitations: Prose
    """What was not examined, and what the verdict does not say."""
    examination: Examination | None = None
    """None if the auditor measured by other means."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        deal = (self.chain_id, self.registry, self.request_id, self.auditor)
        if any(one is None for one in deal) and any(one is not None for one in deal):
            raise ValueError("chain, registry, request and auditor are named together or not at all")
        if deal[0] is not None and self.model is None:
            raise ValueError("a report to a registry names the model's manifest")
        return self


class AuditReference(Part):
    """Which audit it is, as a report names it."""

    chain_id: ChainId
    registry: Address
    request_id: Uint256
    auditor: Address
    model: Digest
    """Digest of the audited version's ModelManifest."""


class Assessment(Part):
    """What an auditor writes; the report adds what the chain knows."""

    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=7)]
    limitations: Prose
    """What was not examined, and what the verdict does not say."""
    findings: Annotated[tuple[Finding, ...], Field(max_length=200)] = ()
    figures: Annotated[tuple[Figure, ...], Field(max_length=200)] = ()
    examination: Examination | None = None
    """How it was measured; `assay audit run` fills it in."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read an assessment from a JSON file; raises :class:`InvalidInput`."""
        return load_document(path, cls)

    def report(self, reference: AuditReference | None, model: str | None, *, approve: bool) -> AuditReport:
        """The report on the version with manifest digest *model*; without *reference*, for no registry."""
        return AuditReport(
            chain_id=reference.chain_id if reference else None,
            registry=reference.registry if reference else None,
            request_id=reference.request_id if reference else None,
            auditor=reference.auditor if reference else None,
            model=model,
            scopes=self.scopes,
            verdict="approved" if approve else "rejected",
            findings=self.findings,
            figures=self.figures,
            limitations=self.limitations,
            examination=self.examination,
        )
