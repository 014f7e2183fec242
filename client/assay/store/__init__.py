"""Artifact storage: one small protocol, and the client of a Kubo-compatible IPFS node that implements it."""

from assay.store.base import MAX_MANIFEST_BYTES, ArtifactStat, ArtifactStore
from assay.store.kubo import KuboStore

__all__ = ["MAX_MANIFEST_BYTES", "ArtifactStat", "ArtifactStore", "KuboStore"]
