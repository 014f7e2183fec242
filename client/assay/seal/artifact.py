"""Sealed artifacts: encrypted on the way into storage, verified and decrypted on the way out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from assay.errors import SealError
from assay.manifests.sealed_artifact import SealedArtifact
from assay.seal.key import ContentKey
from assay.seal.stream import CHUNK_SIZE, Sealer, open_into, open_to_file
from assay.store.cid import Cid

if TYPE_CHECKING:
    from assay.store import ArtifactStore

_READ_SIZE = 1024 * 1024


def seal_file(
    src: Path, store: ArtifactStore, *, key: ContentKey | None = None, chunk_size: int = CHUNK_SIZE
) -> tuple[SealedArtifact, ContentKey]:
    """Encrypt *src* straight into *store*, under a fresh key unless one is given.

    Raises:
        SealError: *src* cannot be read.
        StoreError: the store failed; only ciphertext has left this process.
    """
    key = key or ContentKey.generate()
    sealer = Sealer(_read(src), key, chunk_size=chunk_size)
    cid = store.put(sealer)
    artifact = SealedArtifact(
        cid=str(cid),
        size=sealer.size,
        plaintext_sha256=sealer.plaintext_sha256,
        plaintext_size=sealer.plaintext_size,
        chunk_size=sealer.chunk_size,
        key_hash=key.hash,
    )
    return artifact, key


def open_artifact(
    artifact: SealedArtifact, key: ContentKey, store: ArtifactStore, dest: Path, *, max_bytes: int
) -> None:
    """Fetch, verify and decrypt *artifact* into the file *dest* (0600), which appears complete or not at all.

    Args:
        artifact: what was published.
        key: its content key.
        store: where the ciphertext is.
        dest: the plaintext's path; an existing file is replaced.
        max_bytes: the largest plaintext and ciphertext to accept; checked before anything is fetched.

    Raises:
        SealError: too large, the wrong key, or a ciphertext that does not decrypt as the artifact states.
        StoreError: the ciphertext cannot be fetched, or the store served other bytes.
    """
    ciphertext = _fetched(artifact, key, store, max_bytes)
    open_to_file(ciphertext, key, dest, sha256=artifact.plaintext_sha256, size=artifact.plaintext_size)


def open_sealed_file(artifact: SealedArtifact, key: ContentKey, sealed: Path, dest: Path) -> None:
    """Like :func:`open_artifact`, for a ciphertext that is already in the file *sealed*.

    Raises:
        SealError: the wrong key, or the file cannot be read or does not match the artifact.
    """
    if key.hash != artifact.key_hash:
        raise SealError("This is not the artifact's content key.")
    open_to_file(_read(sealed), key, dest, sha256=artifact.plaintext_sha256, size=artifact.plaintext_size)


def open_artifact_into(
    artifact: SealedArtifact, key: ContentKey, store: ArtifactStore, file: BinaryIO, *, max_bytes: int
) -> None:
    """Like :func:`open_artifact`, into an open *file*, whose content is usable only if this returns.

    Raises:
        OSError: *file* cannot be written.
    """
    ciphertext = _fetched(artifact, key, store, max_bytes)
    open_into(ciphertext, key, file, sha256=artifact.plaintext_sha256, size=artifact.plaintext_size)


def _fetched(
    artifact: SealedArtifact, key: ContentKey, store: ArtifactStore, max_bytes: int
) -> Iterator[bytes]:
    if max(artifact.size, artifact.plaintext_size) > max_bytes:
        raise SealError(f"The artifact has {artifact.size:,} bytes, more than the {max_bytes:,} allowed.")
    if key.hash != artifact.key_hash:
        raise SealError("This is not the artifact's content key.")
    return store.get(Cid.parse(artifact.cid), max_bytes=artifact.size)


def _read(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(_READ_SIZE):
                yield piece
    except OSError as error:
        raise SealError(f"Cannot read {path}: {error.strerror or error}.") from error
