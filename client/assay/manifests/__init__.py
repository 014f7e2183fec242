"""Manifests: the documents that on-chain digests point to (canonical JSON, one IPFS block each)."""

from assay.errors import ManifestError
from assay.manifests.agreement import Agreement
from assay.manifests.audit_report import (
    Assessment,
    AuditReference,
    AuditReport,
    Examination,
    Figure,
    Finding,
    Tool,
)
from assay.manifests.base import MAX_BYTES, Manifest, Part, kind_of, parse
from assay.manifests.commission import CommissionSpec
from assay.manifests.conformity import ConformitySpec
from assay.manifests.dataset import Column, DatasetManifest
from assay.manifests.digest_work import DigestWork
from assay.manifests.dispute_evidence import DisputeEvidence, Exhibit
from assay.manifests.key_grants import GrantContext, KeyGrant, KeyGrants
from assay.manifests.licence import Licence
from assay.manifests.lineage_evidence import LineageEvidence
from assay.manifests.model import Lineage, ModelManifest, Tensor, Watermark
from assay.manifests.sealed_artifact import SealedArtifact
from assay.manifests.validation_report import SealedMessage, ValidationReport
from assay.words.printable import quoted

KINDS: dict[str, type[Manifest]] = {
    kind.__name__: kind
    for kind in (
        Agreement,
        AuditReport,
        CommissionSpec,
        ConformitySpec,
        DatasetManifest,
        DigestWork,
        DisputeEvidence,
        KeyGrants,
        Licence,
        LineageEvidence,
        ModelManifest,
        ValidationReport,
    )
}
"""Every kind of manifest by the ``kind`` it carries."""


def parse_any(data: bytes) -> Manifest:
    """Read a manifest of any kind from a block; raises :class:`ManifestError` as :func:`parse` does."""
    kind = kind_of(data)
    if kind not in KINDS:
        raise ManifestError(f"There is no manifest of the kind {quoted(kind)}.")
    return parse(data, KINDS[kind])


__all__ = [
    "KINDS",
    "MAX_BYTES",
    "Agreement",
    "Assessment",
    "AuditReference",
    "AuditReport",
    "Column",
    "CommissionSpec",
    "ConformitySpec",
    "DatasetManifest",
    "DigestWork",
    "DisputeEvidence",
    "Examination",
    "Exhibit",
    "Figure",
    "Finding",
    "GrantContext",
    "KeyGrant",
    "KeyGrants",
    "Licence",
    "Lineage",
    "LineageEvidence",
    "Manifest",
    "ModelManifest",
    "Part",
    "SealedArtifact",
    "SealedMessage",
    "Tensor",
    "Tool",
    "ValidationReport",
    "Watermark",
    "parse",
    "parse_any",
]
