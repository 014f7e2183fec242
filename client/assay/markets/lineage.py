"""A model's lineage: what it was made from, in its card, its manifest and the contracts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assay.errors import InvalidInput
from assay.manifests import Lineage, ModelManifest, parse
from assay.markets.model_card import ModelCard
from assay.store import ArtifactStore
from assay.store.cid import cid_of_block
from assay.store.file_digest import sha256_of
from assay.structs import LineageEdge, LineageKind


def require_parents(parents: Sequence[bytes], parts: Sequence[Path], store: ArtifactStore) -> list[str]:
    """The digests of *parents* in hexadecimal; each must be the manifest of one of the files *parts*.

    Raises:
        InvalidInput: a manifest does not belong to any of the files.
        StoreError, ManifestError: it cannot be fetched.
    """
    files = {sha256_of(part) for part in parts}
    for parent in parents:
        manifest = parse(store.get_block(cid_of_block(parent)), ModelManifest)
        if manifest.artifact.plaintext_sha256 not in files:
            raise InvalidInput(
                f"The manifest {parent.hex()} is of none of these files.",
                hint="Name the manifests under which you got them.",
            )
    return [parent.hex() for parent in parents]


def with_parents(card: ModelCard, parents: Sequence[str]) -> ModelCard:
    """*card* with these parents added to its lineage, without duplicates."""
    every = tuple(dict.fromkeys([*card.lineage.parents, *parents]))
    lineage = Lineage.model_validate({**card.lineage.model_dump(), "parents": every})
    return card.model_copy(update={"lineage": lineage})


def lineage_edges(lineage: Lineage) -> tuple[LineageEdge, ...]:
    """What a model was made from, in the form that the contracts take."""
    kinds = (
        (LineageKind.MODEL, lineage.parents),
        (LineageKind.DATASET, lineage.datasets),
        (LineageKind.TRAINING_JOB, lineage.training_jobs),
    )
    return tuple(LineageEdge(kind=kind, ref=bytes.fromhex(ref)) for kind, refs in kinds for ref in refs)


def stated_complete(lineage: Lineage) -> Lineage:
    """The lineage, stated to be complete; raises :class:`InvalidInput` if the card says that it is not."""
    if lineage.complete is False:
        raise InvalidInput(
            "The card says that its lineage is not complete, and a published one is stated to be.",
            hint="Name every model, dataset and training job that was used, then leave `complete` out.",
        )
    return lineage.model_copy(update={"complete": True})
