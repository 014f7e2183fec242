"""What the scores of a deal measure."""

from __future__ import annotations

from assay.errors import ManifestError, StoreError
from assay.manifests import CommissionSpec, ConformitySpec
from assay.manifests.evaluation import Metric
from assay.session import Session


def metric_of(
    session: Session, spec: bytes, kind: type[CommissionSpec] | type[ConformitySpec]
) -> Metric | None:
    """The metric that a spec names; None if it cannot be fetched, and scores are shown as plain numbers."""
    try:
        return session.fetch(spec, kind).evaluation.metric
    except (StoreError, ManifestError):
        return None
