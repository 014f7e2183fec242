"""Files of data as people keep them, and the orders that are written about them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from jailed_node import NODE
from pyarrow import parquet

from assay.markets.checks import check_data
from assay.markets.order import Order
from assay.markets.order_template import new_order

ROWS = 60
RANDOM = np.random.default_rng(0)
FRAME = pd.DataFrame({"a": RANDOM.normal(size=ROWS).round(3), "b": RANDOM.integers(0, 9, ROWS)})
KINDS = np.array(["no", "yes"])[np.arange(ROWS) % 2]
ARRAY = RANDOM.normal(size=(ROWS, 4)).astype(np.float32)
CLASSES = np.arange(ROWS) % 3

Write = Callable[[Path], Any]


def ordered(folder: Path, name: str, write: Write, **options: Any) -> tuple[dict[str, Any], list[str]]:
    """How the order that is written about a file reads it, and what is told; a panel accepts it."""
    write(folder / name)
    told: list[str] = []
    document = new_order(folder / name, NODE, domain="healthcare", tell=told.append, **options)
    (folder / "order.json").write_text(json.dumps(document))
    order = Order.load(folder / "order.json")
    assert check_data(order, folder / name, NODE, store=None).reasons == ()  # type: ignore[arg-type]
    evaluation: dict[str, Any] = document["evaluation"]
    return evaluation, told


def csv(*cells: str, **options: Any) -> Write:
    """A table with a column c of *cells*, over and over."""
    column = [cells[row % len(cells)] for row in range(ROWS)]
    return lambda path: FRAME.assign(c=column, y=KINDS).to_csv(path, index=False, **options)


def text(content: str, encoding: str = "utf-8") -> Write:
    return lambda path: path.write_bytes(content.encode(encoding))


def npz(**arrays: Any) -> Write:
    return lambda path: np.savez(path, **arrays)


def table(**columns: Any) -> Write:
    made = pa.table({"a": pa.array(ARRAY[:, 0]), **columns, "y": pa.array(KINDS)})
    return lambda path: parquet.write_table(made, path)


def lines(*objects: Any) -> Write:
    return text("".join(json.dumps(objects[row % len(objects)]) + "\n" for row in range(ROWS)))
