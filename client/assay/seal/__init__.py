"""Secrets at rest: sealed artifacts, the keys that open them, and the grants that distribute those keys."""

from assay.seal.artifact import open_artifact, open_artifact_into, open_sealed_file, seal_file
from assay.seal.grants import grant, open_grant, verify_grants
from assay.seal.hpke import check_public_key
from assay.seal.key import ContentKey
from assay.seal.message import open_message, report_purpose, seal_message
from assay.seal.stream import Sealer, open_stream, open_to_file

__all__ = [
    "ContentKey",
    "Sealer",
    "check_public_key",
    "grant",
    "open_artifact",
    "open_artifact_into",
    "open_grant",
    "open_message",
    "open_sealed_file",
    "open_stream",
    "open_to_file",
    "report_purpose",
    "seal_file",
    "seal_message",
    "verify_grants",
]
