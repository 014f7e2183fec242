"""What one auditor found."""

from typing import Annotated, Literal

from pydantic import Field

from assay.manifests.base import Manifest, Part
from assay.manifests.evaluation import SCORE_LIMIT
from assay.manifests.fields import Address, ChainId, Digest, Line, Prose, Uint256

Scope = Literal[
    "performance", "fairness", "robustness", "privacy", "security", "explainability", "compliance"
]


class Finding(Part):
    """One thing the auditor saw."""

    scope: Scope
    severity: Literal["note", "minor", "major", "critical"]
    summary: Line
    details: Prose = ""


class Figure(Part):
    """One measurement: an integer in the named unit."""

    name: Line
    value: Annotated[int, Field(ge=-SCORE_LIMIT, le=SCORE_LIMIT)]
    unit: Literal["ppm", "bytes", "count"] = "ppm"


class AuditReport(Manifest):
    """The reasons behind a verdict; the verdict itself is posted on-chain with this report's digest."""

    kind: Literal["AuditReport"] = "AuditReport"
    version: Literal[1] = 1
    chain_id: ChainId
    registry: Address
    request_id: Uint256
    auditor: Address
    model: Digest
    """Digest of the audited version's ModelManifest."""
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=7)]
    verdict: Literal["approved", "rejected"]
    findings: Annotated[tuple[Finding, ...], Field(max_length=200)] = ()
    figures: Annotated[tuple[Figure, ...], Field(max_length=200)] = ()
    limitations: Prose
    """What was not looked at, and what the verdict does not say."""
