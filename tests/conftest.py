"""Real parts that several test folders share; each starts when a test first asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay.local.ipfs import IpfsNode
from assay.store import KuboStore


@pytest.fixture(scope="session")
def ipfs_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IpfsNode]:
    """A running IPFS node of this test session."""
    with IpfsNode(tmp_path_factory.mktemp("ipfs")) as node:
        yield node


@pytest.fixture(scope="session")
def store(ipfs_node: IpfsNode) -> Iterator[KuboStore]:
    """A store client on `ipfs_node`."""
    with KuboStore(ipfs_node.url) as store:
        yield store
