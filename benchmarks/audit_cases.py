"""Models of real data, and what parts of an audit are given of them. No benchmark itself."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from audit_data import Array, Data
from audited import subject
from sklearn.linear_model import LogisticRegression, Ridge

from assay_validation.audit.layout import Image
from assay_validation.audit.subject import Subject, Training
from assay_validation.metrics import Predictions

Rng = np.random.Generator
GRAPH = SimpleNamespace(outputs=[], kinds={}, operators=1, parameters=1, opset=17)


def is_regression(data: Data) -> bool:
    return data.truth.dtype.kind == "f"


def classes(data: Data) -> bool:
    return not is_regression(data)


def two(data: Data) -> bool:
    return classes(data) and data.truth.max() == 1


def anything(data: Data) -> bool:
    return True


def images(data: Data) -> bool:
    return data.side > 0


def some(*names: str) -> Callable[[Data], bool]:
    return lambda data: data.name in names


def but(*names: str) -> Callable[[Data], bool]:
    return lambda data: data.name not in names


def linear(data: Data) -> Any:
    return Ridge() if is_regression(data) else LogisticRegression(max_iter=500, C=0.3, tol=0.01)


def answers_of(data: Data, fitted: Any, rows: Array) -> Predictions:
    if is_regression(data):
        return Predictions(values=fitted.predict(rows))
    claimed = np.zeros((len(rows), int(data.truth.max()) + 1))
    claimed[:, fitted.classes_] = fitted.predict_proba(rows)
    return Predictions(labels=claimed.argmax(axis=1), probabilities=claimed)


def audited(
    data: Data,
    rng: Rng,
    model: Any = None,
    *,
    known: tuple[Array, Array] | None = None,
    held: tuple[Array, Array] | None = None,
    answering: Callable[[Any, Array], Predictions] | None = None,
    **given: Any,
) -> Subject:
    """A model of *known* rows and truth, asked about *held*; by default each is half of the data."""
    first, second = data.split(rng)
    rows, truth = held or (data.rows[second], data.truth[second])
    trained, told = known or (data.rows[first], data.truth[first])
    fitted = (linear(data) if model is None else model).fit(trained, told)
    ask = answering or (lambda fitted, asked: answers_of(data, fitted, asked))
    one = SimpleNamespace(predict=lambda asked: ask(fitted, asked))
    options: dict[str, Any] = {
        "groups": rng.integers(0, 2, len(rows)), "rows": rows, "model": one, "seed": int(rng.integers(2**31)),
        "training": Training(trained, told, len(told)), "graph": GRAPH, "model_file": SimpleNamespace(
            stat=lambda: SimpleNamespace(st_size=1)),
    }  # fmt: skip
    return subject(truth, one.predict(rows), **options | given)


def halves(data: Data, rng: Rng) -> tuple[Array, Array, Array, Array]:
    """Rows and truth to train on, and to audit with."""
    first, second = data.split(rng)
    return (
        data.rows[first].copy(),
        data.truth[first].copy(),
        data.rows[second].copy(),
        data.truth[second].copy(),
    )


def changed(one: Subject, rng: Rng, change: Callable[[Predictions, Array], Predictions]) -> Subject:
    """The same audit of a model whose answers are *change*d; it is told the rows too."""
    asked = one.model
    model = SimpleNamespace(predict=lambda rows: change(asked.predict(rows), rows))
    return replace(one, model=model, answers=change(one.answers, one.rows))


def labelled(labels: Array, like: Predictions) -> Predictions:
    """*labels*, claimed with the probabilities of *like* changed places."""
    claimed = np.asarray(like.probabilities).copy()
    rows, top = np.arange(len(labels)), claimed.argmax(axis=1)
    claimed[rows, top], claimed[rows, labels] = claimed[rows, labels], claimed[rows, top]
    return Predictions(labels, claimed)


def varied(data: Data) -> int:
    """The column with the most different values."""
    return int(np.argmax([len(np.unique(one)) for one in data.rows.T]))


def as_images(one: Subject, side: int) -> Subject:
    one.layout.image = Image(side, side, 1, channels_first=False)
    one.layout.continuous = np.ones(one.rows.shape[1], dtype=bool)
    return one
