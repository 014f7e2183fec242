"""The lineage of a model that was made from others."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from assay.errors import InvalidInput
from assay.manifests import Lineage, ModelManifest, parse
from assay.markets.model_card import ModelCard
from assay.store import ArtifactStore
from assay.store.cid import cid_of_block


def require_parents(parents: Sequence[bytes], parts: Sequence[Path], store: ArtifactStore) -> list[str]:
    """The digests of *parents*, each the manifest of one of the files *parts*, in hexadecimal.

    Raises:
        InvalidInput: a manifest is of none of the files.
        StoreError, ManifestError: it cannot be had.
    """
    files = {_sha256(part) for part in parts}
    for parent in parents:
        manifest = parse(store.get_block(cid_of_block(parent)), ModelManifest)
        if manifest.artifact.plaintext_sha256 not in files:
            raise InvalidInput(
                f"The manifest {parent.hex()} is of none of these files.",
                hint="Name the manifests under which you got them.",
            )
    return [parent.hex() for parent in parents]


def with_parents(card: ModelCard, parents: Sequence[str]) -> ModelCard:
    """*card* with these parents in its lineage, beside those that it has; each once."""
    every = tuple(dict.fromkeys([*card.lineage.parents, *parents]))
    lineage = Lineage.model_validate({**card.lineage.model_dump(), "parents": every})
    return card.model_copy(update={"lineage": lineage})


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InvalidInput(f"Cannot read {path}: {error.strerror or error}.") from error
