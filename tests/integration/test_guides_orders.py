"""The customer's guide has an order of each task: they are written, and a panel accepts them."""

import re
import shlex
from argparse import ArgumentParser
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from unjailed import jobs_in_this_process
from untidy import ordered

from assay.manifests.evaluation import Metric, Task

GUIDE = Path(__file__).parents[2] / "docs/guides/customer.md"
EXAMPLES = re.findall(
    r"^\| ([a-z]+)[^|]* \| `([^`]+)`: ([^|]+) \| `assay order new ([^`]+)` \|$", GUIDE.read_text(), re.M
)
ROWS = 40
RANDOM = np.random.default_rng(0)
BITS = RANDOM.integers(0, 2, ROWS)
TEXTS = np.array(["Thank you", "Please wait", "Not at all"])[RANDOM.integers(0, 3, ROWS)]
COLUMNS = {
    **dict.fromkeys(("ill", "sport", "politics", "died"), BITS),
    **dict.fromkeys(("text", "letter", "answer"), TEXTS),
    **dict.fromkeys(("query", "who"), np.arange(ROWS) // 2 % 4),
    "relevance": RANDOM.integers(0, 4, ROWS),
    "image": RANDOM.random((ROWS, 1, 4, 4), np.float32),
    "map": RANDOM.integers(0, 2, (ROWS, 4, 4)),
    "boxes": np.array([[[0, 0, 2, 2, row % 2]] for row in range(ROWS)]),
}
"""Others are measurements."""

OPTIONS = ArgumentParser()
OPTIONS.add_argument("data")
for name in ("domain", "task", "metric", "query", "event", "scale"):
    OPTIONS.add_argument(f"--{name}")
for name in ("label", "class"):
    OPTIONS.add_argument(f"--{name}", action="append")


def write(path, names):
    columns = {name: COLUMNS.get(name, RANDOM.random(ROWS) + 1) for name in names}
    if path.suffix == ".npz":
        np.savez(path, **columns)
    elif path.suffix == ".parquet":
        pd.DataFrame(columns).to_parquet(path)
    else:
        pd.DataFrame(columns).to_csv(path, index=False)


@pytest.mark.parametrize(("task", "file", "names", "command"), EXAMPLES)
def test_an_order_of_the_guide_is_accepted(task, file, names, command, tmp_path):
    asked = OPTIONS.parse_args(shlex.split(command))
    beside = {name: getattr(asked, name) for name in ("query", "event", "scale") if getattr(asked, name)}
    more = {"classes": getattr(asked, "class")} if getattr(asked, "class") else {}
    with jobs_in_this_process():
        evaluation, _ = ordered(
            tmp_path,
            asked.data,
            lambda path: write(path, names.split(", ")),
            task=asked.task,
            metric=Metric(asked.metric) if asked.metric else None,
            label=asked.label,
            beside=beside,
            **more,
        )
    assert (asked.data, evaluation["task"]) == (file, task)


def test_the_guide_has_an_order_of_each_task():
    assert {task for task, *_ in EXAMPLES} == {*get_args(Task)}
