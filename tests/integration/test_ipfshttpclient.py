"""The unmaintained but widespread Python client and ours meet on one node."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from assay.errors import ArtifactNotFound
from assay.store import KuboStore
from assay.store.cid import Cid, unixfs_cid
from assay_local.ipfs import IpfsNode

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import ipfshttpclient

MIB = 1 << 20
pytestmark = pytest.mark.filterwarnings("ignore:The 'strict' parameter:FutureWarning")


@pytest.fixture(scope="module")
def client(ipfs_node: IpfsNode) -> Iterator[Any]:
    address = urlsplit(ipfs_node.url)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has not heard of today's versions
        client = ipfshttpclient.connect(f"/ip4/{address.hostname}/tcp/{address.port}/http", session=True)
    yield client
    client.close()


def test_it_reads_what_we_write(client: Any, store: KuboStore, tmp_path: Path) -> None:
    data = os.urandom(MIB + 3)
    cid = str(store.put([data]))
    assert client.cat(cid) == data
    assert client.cat(cid, offset=MIB, length=2) == data[MIB : MIB + 2]
    client.get(cid, tmp_path)
    assert (tmp_path / cid).read_bytes() == data
    assert client.pin.ls(cid)["Keys"][cid]["Type"] == "recursive"
    assert client.files.stat(f"/ipfs/{cid}")["Size"] == len(data)


def test_we_read_what_it_writes(client: Any, store: KuboStore, tmp_path: Path) -> None:
    data = os.urandom(MIB + 3)
    (tmp_path / "model").write_bytes(data)
    answer = client.add(tmp_path / "model", cid_version=1, raw_leaves=True)
    assert answer["Name"] == "model"
    cid = Cid.parse(answer["Hash"])
    assert cid == unixfs_cid([data])
    assert b"".join(store.get(cid, max_bytes=2 * MIB)) == data


def test_directories(client: Any, store: KuboStore, tmp_path: Path) -> None:
    folder, out = tmp_path / "folder", tmp_path / "out"
    (folder / "inner").mkdir(parents=True)
    out.mkdir()
    (folder / "a").write_bytes(b"first")
    (folder / "inner" / "b ü").write_bytes(b"second")
    entries = {
        e["Name"]: e["Hash"] for e in client.add(folder, recursive=True, cid_version=1, raw_leaves=True)
    }
    assert set(entries) == {"folder", "folder/a", "folder/inner", "folder/inner/b ü"}
    root = entries["folder"]
    assert client.cat(f"{root}/a") == b"first"
    client.get(root, out)
    assert (out / root / "inner" / "b ü").read_bytes() == b"second"
    assert b"".join(store.get(Cid.parse(entries["folder/inner/b ü"]), max_bytes=9)) == b"second"


def test_its_defaults_work_too(client: Any) -> None:
    data = os.urandom(MIB)
    cid = client.add_bytes(data)
    assert cid.startswith("Qm")
    assert client.cat(cid) == data


def test_blocks(client: Any, store: KuboStore) -> None:
    ours = store.put_block(b"ours")
    assert client.block.get(str(ours)) == b"ours"
    assert client.block.stat(str(ours))["Size"] == 4


def test_pins_and_collection(client: Any, store: KuboStore) -> None:
    cid = store.put([os.urandom(100)])
    client.pin.rm(str(cid))
    assert not store.stat(cid).pinned
    client.pin.add(str(cid))
    assert store.stat(cid).pinned
    client.pin.rm(str(cid))
    assert {"Key": {"/": str(cid)}} in [{"Key": {"/": item["Key"]["/"]}} for item in client.repo.gc()]
    with pytest.raises(ArtifactNotFound):
        store.get_block(cid)


def test_errors(client: Any) -> None:
    unknown = str(unixfs_cid([os.urandom(9)]))
    with pytest.raises(ipfshttpclient.exceptions.ErrorResponse, match="could not find"):
        client.block.get(unknown)


def test_node_facts(client: Any) -> None:
    assert client.id()["ID"]
    assert client.version()["Version"]
    assert client.repo.stat()["NumObjects"] >= 0
    assert client.swarm.peers()["Peers"] in ([], None)
