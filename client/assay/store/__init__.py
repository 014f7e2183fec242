"""Artifact storage: one small protocol and its implementations: IPFS nodes, gateways, folders, buckets."""

from assay.store.base import MAX_MANIFEST_BYTES, ArtifactStat, ArtifactStore
from assay.store.blocks import BlockStore
from assay.store.folder import FolderStore
from assay.store.gateway import GatewayStore
from assay.store.ipfshttp import IpfsHttpStore
from assay.store.kubo import KuboStore
from assay.store.places import store_at
from assay.store.s3 import S3Store

__all__ = [
    "MAX_MANIFEST_BYTES",
    "ArtifactStat",
    "ArtifactStore",
    "BlockStore",
    "FolderStore",
    "GatewayStore",
    "IpfsHttpStore",
    "KuboStore",
    "S3Store",
    "store_at",
]
