"""Four sets of real texts for the benchmark of audits, and models of them. No benchmark itself.

The sentences that Hutto and Gilbert rated (2014) are in PyPI's `vaderSentiment`; the documentation of the
libraries that run here is held out: no threshold was chosen by it.
"""

import ast
import io
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from audit_cases import GRAPH, Rng, labelled
from audit_data import FOLDER, Array
from audited import subject
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

from assay.manifests.evaluation import DataMapping, InputMapping
from assay_validation.audit.layout import Layout
from assay_validation.audit.subject import Subject, Training
from assay_validation.metrics import Predictions

_RATED = (
    "vaderSentiment==3.3.1 --hash=sha256:6ea3b53f1835a1bb9125cbb9872e8740bd506ab1d9f2266d0c63109b858d71af"
)
_SOURCES = {"tweets": "tweets", "movies": "movieReviewSnippets", "goods": "amazonReviewSnippets",
            "news": "nytEditorialSnippets"}  # fmt: skip
_LIBRARIES = ("sklearn", "scipy", "pandas", "matplotlib")
_EACH, _LEAST_SIGNS = 1_000, 40
_CLEARLY = 2.5
"""On a scale that ends at 4: beyond this, a plain model can tell kind sentences from unkind ones."""
HELD_OUT = ("libraries",)
KINDS = ("linear", "forest", "Bayes", "network")


@dataclass(frozen=True)
class Texts:
    """Rows of texts, perhaps beside other columns, and their classes."""

    name: str
    frame: pd.DataFrame
    truth: Array

    def split(self, rng: Rng, most: int = 2_400) -> tuple[Array, Array]:
        """Row numbers to train on and to audit with."""
        order = rng.permutation(len(self.frame))[:most]
        return order[: len(order) // 2], order[len(order) // 2 :]

    @property
    def classes(self) -> int:
        return int(self.truth.max()) + 1


@cache
def text_sets() -> tuple[Texts, ...]:
    """Where a sentence is from, how kind it is, the same beside other columns, and which library it is of."""
    rated = _rated()
    kind = rated[rated["mood"].abs() > _CLEARLY].reset_index(drop=True)
    is_kind = (kind["mood"] > 0).to_numpy(np.int64)
    some = pd.concat([part.sample(_EACH, random_state=0) for _, part in rated.groupby("source")])
    some = some.reset_index(drop=True)
    source = some["source"].astype("category").cat.codes.to_numpy(np.int64)
    return (
        Texts("sources", some[["text"]], source),
        Texts("moods", kind[["text"]], is_kind),
        Texts("moods beside numbers", kind[["text", "source", "doubt"]], is_kind),
        Texts("libraries", *_documented()),
    )


def text_set(which: str) -> Texts:
    (found,) = (one for one in text_sets() if one.name == which)
    return found


def _rated() -> pd.DataFrame:
    """Sentences, where each is from, how kind twenty people found it, and how much they differed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not list(FOLDER.glob("vaderSentiment-*.tar.gz")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        command += ["--require-hashes", "--dest", str(FOLDER), "--requirement", "/dev/stdin"]
        subprocess.run(command, input=_RATED, text=True, check=True)
    with tarfile.open(next(FOLDER.glob("vaderSentiment-*.tar.gz"))) as package:
        inner = next(one for one in package.getmembers() if one.name.endswith("hutto_ICWSM_2014.tar.gz"))
        content = package.extractfile(inner)
        assert content is not None
        with tarfile.open(fileobj=io.BytesIO(content.read())) as archive:
            parts = [_of_source(archive, name, stem) for name, stem in _SOURCES.items()]
    return pd.concat(parts, ignore_index=True).drop_duplicates("text")


def _of_source(archive: tarfile.TarFile, name: str, stem: str) -> pd.DataFrame:
    def lines(kind: str) -> list[list[str]]:
        file = archive.extractfile(f"hutto_ICWSM_2014/{stem}_{kind}.txt")
        assert file is not None
        return [line.split("\t") for line in file.read().decode("utf-8", "replace").splitlines()]

    told = [(parts[0], float(parts[1]), parts[2]) for parts in lines("GroundTruth") if len(parts) == 3]
    doubts = {parts[0]: float(np.std(ast.literal_eval(parts[3]))) for parts in lines("anonDataRatings")
              if len(parts) > 3}  # fmt: skip
    frame = pd.DataFrame(told, columns=["number", "mood", "text"]).assign(source=name)
    return frame.assign(doubt=frame["number"].map(doubts).fillna(1.0))


def _documented() -> tuple[pd.DataFrame, Array]:
    """Sentences of the docstrings of four libraries."""
    found = {name: sorted(_sentences(name)) for name in _LIBRARIES}
    rng, texts, truth = np.random.default_rng(0), list[str](), list[int]()
    for place, sentences in enumerate(found.values()):
        chosen = rng.permutation(len(sentences))[:_EACH]
        texts += [sentences[one] for one in chosen]
        truth += [place] * len(chosen)
    return pd.DataFrame({"text": texts}), np.array(truth)


def _sentences(library: str) -> set[str]:
    spec = find_spec(library)
    assert spec is not None
    assert spec.origin is not None
    found = set()
    for path in sorted(Path(spec.origin).parent.rglob("*.py")):
        if "tests" in path.parts:
            continue
        tree = ast.parse(path.read_text(errors="replace"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                text = (ast.get_docstring(node) or "").split("\n\n")[0]
                found.add(" ".join(text.split()))
    return {one for one in found if _LEAST_SIGNS <= len(one) <= 400 and "%(" not in one}


# --- models ---


def model_of(data: Texts, kind: str, seed: int = 0) -> Any:
    """A pipeline from rows of *data* to probabilities."""
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True)
    others = [one for one in data.frame.columns if one != "text"]
    codes = [one for one in others if data.frame[one].dtype.kind not in "iuf"]
    numbers = [one for one in others if one not in codes]
    scaled = MinMaxScaler(clip=True) if kind == "Bayes" else StandardScaler()  # it takes nothing negative
    read = ColumnTransformer(
        [("words", words, "text"), ("codes", OneHotEncoder(handle_unknown="ignore"), codes),
         ("numbers", scaled, numbers)],
    )  # fmt: skip
    match kind:
        case "forest":
            return make_pipeline(read, RandomForestClassifier(60, min_samples_leaf=4, random_state=seed))
        case "Bayes":
            return make_pipeline(read, MultinomialNB(alpha=2))
        case "network":
            return make_pipeline(read, MLPClassifier((8,), alpha=3, max_iter=60, random_state=seed))
    return make_pipeline(read, LogisticRegression(C=0.5, max_iter=300))


def asked(
    data: Texts, rng: Rng, model: Any = None, *, known: tuple[pd.DataFrame, Array] | None = None,
    held: tuple[pd.DataFrame, Array] | None = None,
    change: Callable[[Predictions, pd.DataFrame], Predictions] | None = None, **given: Any,
) -> Subject:  # fmt: skip
    """A model of *known* rows and truth, asked about *held*; by default each is half of the data."""
    first, second = data.split(rng)
    frame, truth = held or (data.frame.iloc[second], data.truth[second])
    trained, told = known or (data.frame.iloc[first], data.truth[first])
    fitted = (model or model_of(data, "linear")).fit(trained, told)
    layout = Layout.of(_mapping(frame), _arrays(frame))

    def predict(rows: Array) -> Predictions:
        asked_for = pd.DataFrame(
            {name: one.ravel() for name, one in zip(frame.columns, layout.arrays(rows), strict=True)}
        )
        claimed = np.zeros((len(rows), data.classes))
        claimed[:, fitted[-1].classes_] = fitted.predict_proba(asked_for)
        answers = Predictions(labels=claimed.argmax(axis=1), probabilities=claimed)
        return answers if change is None else change(answers, asked_for)

    rows, before = layout.matrix(_arrays(frame)), layout.matrix(_arrays(trained))
    options: dict[str, Any] = {
        "groups": rng.integers(0, 2, len(rows)), "rows": rows, "model": SimpleNamespace(predict=predict),
        "seed": int(rng.integers(2**31)), "training": Training(before, told, len(told)), "graph": GRAPH,
        "model_file": SimpleNamespace(stat=lambda: SimpleNamespace(st_size=1)), "layout": layout,
    }  # fmt: skip
    return subject(truth, predict(rows), **options | given)


def healthy_case(data: Texts, seed: int, kind: str) -> Subject:
    """An honest model."""
    return asked(data, np.random.default_rng(seed), model_of(data, kind, seed))


def halves(data: Texts, rng: Rng) -> tuple[pd.DataFrame, Array, pd.DataFrame, Array]:
    """Rows and truth to train on, and to audit with."""
    first, second = data.split(rng)
    return (
        data.frame.iloc[first].reset_index(drop=True), data.truth[first].copy(),
        data.frame.iloc[second].reset_index(drop=True), data.truth[second].copy(),
    )  # fmt: skip


def other(labels: Array, there: Array, answers: Predictions, data: Texts) -> Predictions:
    """*answers*, and another class where it is *there*."""
    return labelled(np.where(there, (labels + 1) % data.classes, labels), answers)


def _mapping(frame: pd.DataFrame) -> DataMapping:
    inputs = tuple(
        InputMapping(name=one, columns=(one,), dtype="float32" if frame[one].dtype.kind == "f" else "string")
        for one in frame.columns
    )
    return DataMapping(format="csv", inputs=inputs, label="y", classes=("0", "1"))


def _arrays(frame: pd.DataFrame) -> list[Array]:
    return [
        frame[one].to_numpy(np.float32 if frame[one].dtype.kind == "f" else object)[:, None]
        for one in frame.columns
    ]
