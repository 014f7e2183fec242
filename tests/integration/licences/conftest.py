"""The shop: a market whose hospital owns a tested model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from patients import order_for, train
from shop import Shop


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    return train(tmp_path_factory.mktemp("model") / "model.onnx")


@pytest.fixture(scope="session")
def deployed(new_chain):
    """A chain of this folder's own: its shop stays open for the whole session."""
    return new_chain()


@pytest.fixture(scope="session")
def opened(deployed, store, ipfs_node, patients, model, tmp_path_factory) -> Iterator[Shop]:
    shop = Shop(deployed, store, ipfs_node.url, tmp_path_factory.mktemp("shop"))
    shop.prepare(order_for(patients, risk_class=1), patients, model)
    yield shop
    shop.close()


@pytest.fixture
def shop(opened: Shop) -> Iterator[Shop]:
    """The market as it is then; what a test does is undone."""
    with opened.chain.undone():
        yield opened
