"""A terminal before a real chain and store."""

from __future__ import annotations

import pytest
from terminal import Terminal


@pytest.fixture
def terminal(chain, tmp_path, store, ipfs_node, monkeypatch):
    terminal = Terminal(chain, tmp_path, ipfs_node.url)
    terminal.login("hospital", monkeypatch)
    return terminal
