"""A market with deals in it, and indexes that follow it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from patients import order_for, train
from sqlalchemy import Engine
from stage import Stage

from assay import Market, Order
from assay_indexer.database import engine_at, prepare
from assay_indexer.follow import Follower


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return train(tmp_path_factory.mktemp("model") / "model.onnx", zipmap=True)


@pytest.fixture(scope="module")
def order(patients) -> Order:
    return order_for(patients, labels="output_label", reserve="1000.5", effort_fee="10")


@pytest.fixture(scope="module")
def registered(deployed, store, ipfs_node, tmp_path_factory) -> Iterator[Stage]:
    with deployed.undone():
        stage = Stage(deployed, store, ipfs_node.url, tmp_path_factory.mktemp("stage"))
        yield stage
        stage.close()


@pytest.fixture
def stage(registered) -> Iterator[Stage]:
    """Everybody, before they have done anything; what a test does is undone."""
    with registered.chain.undone():
        yield registered


def index_of(market: Market, path: Path, **named: Any) -> tuple[Engine, Follower]:
    """An index of its own, in a file."""
    engine = engine_at(f"sqlite:///{path}")
    prepare(engine)
    return engine, Follower(market.session, engine, **named)


@pytest.fixture
def index(stage, tmp_path) -> tuple[Engine, Follower]:
    return index_of(stage["anyone"], tmp_path / "index.sqlite")
