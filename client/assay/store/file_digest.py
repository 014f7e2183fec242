"""The digest of a file on this machine."""

from __future__ import annotations

import hashlib
from pathlib import Path

from assay.errors import InvalidInput


def sha256_of(path: Path) -> str:
    """SHA-256 of a file as 64 hex digits; raises :class:`InvalidInput` if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InvalidInput(f"Cannot read {path}: {error.strerror or error}.") from error
