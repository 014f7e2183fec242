"""Sealed artifacts and manifests through a real IPFS node."""

import os
from pathlib import Path

import pytest

from assay.errors import SealError, StoreError
from assay.manifests import Licence, SealedArtifact, parse
from assay.seal import ContentKey, open_artifact, seal_file
from assay.store import KuboStore
from assay.store.cid import Cid, cid_of_block

MIB = 1 << 20


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(os.urandom(2 * MIB + 12_345))
    return path


@pytest.mark.parametrize("size", [0, 1, MIB, 3 * MIB + 1])
def test_what_is_sealed_opens_elsewhere(store: KuboStore, tmp_path: Path, size: int) -> None:
    source, dest = tmp_path / "source", tmp_path / "dest"
    source.write_bytes(os.urandom(size))
    artifact, key = seal_file(source, store)
    open_artifact(artifact, key, store, dest, max_bytes=artifact.size)
    assert dest.read_bytes() == source.read_bytes()
    assert artifact.plaintext_size == size
    assert artifact.key_hash == key.hash


def test_storage_never_sees_the_plaintext(store: KuboStore, source: Path) -> None:
    artifact, key = seal_file(source, store)
    stored = b"".join(store.get(Cid.parse(artifact.cid), max_bytes=artifact.size))
    assert len(stored) == artifact.size
    plaintext = source.read_bytes()
    assert not any(plaintext[start : start + 32] in stored for start in range(0, len(plaintext) - 32, 4096))
    assert key.reveal() not in stored
    assert [path.name for path in source.parent.iterdir()] == ["model.onnx"]


def test_a_swapped_ciphertext_does_not_open(store: KuboStore, source: Path, tmp_path: Path) -> None:
    artifact, key = seal_file(source, store)
    other, _ = seal_file(source, store)
    same_key, _ = seal_file(source, store, key=key)
    dest = tmp_path / "dest"
    for swap in (
        artifact.model_copy(update={"cid": other.cid}),
        artifact.model_copy(update={"cid": str(store.put([b"not sealed"]))}),
        artifact.model_copy(update={"plaintext_sha256": "00" * 32}),
        artifact.model_copy(update={"plaintext_size": artifact.plaintext_size - 1}),
    ):
        with pytest.raises(SealError):
            open_artifact(swap, key, store, dest, max_bytes=4 * MIB)
        assert not dest.exists()
    open_artifact(same_key, key, store, dest, max_bytes=4 * MIB)


def test_a_wrong_key_or_size_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    nowhere = SealedArtifact(
        cid=str(cid_of_block(bytes(32))),
        size=2_000,
        plaintext_sha256="22" * 32,
        plaintext_size=1_000,
        chunk_size=1024,
        key_hash=ContentKey(bytes(32)).hash,
    )
    with KuboStore("http://127.0.0.1:9") as unreachable:
        with pytest.raises(SealError, match="content key"):
            open_artifact(nowhere, ContentKey.generate(), unreachable, tmp_path / "dest", max_bytes=MIB)
        with pytest.raises(SealError, match="allowed"):
            open_artifact(nowhere, ContentKey(bytes(32)), unreachable, tmp_path / "dest", max_bytes=1_999)


def test_a_source_that_cannot_be_read_is_reported(store: KuboStore, tmp_path: Path) -> None:
    with pytest.raises(SealError, match="Cannot read"):
        seal_file(tmp_path / "missing", store)


def test_a_larger_ciphertext_than_declared_is_refused(store: KuboStore, source: Path, tmp_path: Path) -> None:
    artifact, key = seal_file(source, store)
    smaller = artifact.model_copy(update={"size": artifact.size - 1})
    with pytest.raises(StoreError):
        open_artifact(smaller, key, store, tmp_path / "dest", max_bytes=4 * MIB)
    assert not (tmp_path / "dest").exists()


def test_a_manifest_is_found_by_its_on_chain_digest(store: KuboStore) -> None:
    licence = Licence(spdx="Apache-2.0")
    assert store.put_block(licence.to_bytes()) == cid_of_block(licence.digest())
    assert parse(store.get_block(cid_of_block(licence.digest())), Licence) == licence
