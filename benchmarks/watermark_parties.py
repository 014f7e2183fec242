"""The data sets of `watermark.py`, each divided among an owner, a thief and nobody; how models answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import audit_data
import numpy as np
import onnxruntime as ort

from assay.manifests.trigger_set import TriggerSet
from assay_learning import marking, students
from assay_learning.rows import Array, Rows

COUNT = 512
KINDS: tuple[students.Kind, ...] = ("logistic", "forest", "boosting", "network")
Answers = Callable[[Array], Array]


@dataclass(frozen=True)
class Parties:
    """One data set, divided: the owner's rows, a thief's, and those that nobody trains on."""

    name: str
    owner: Rows
    thief: Rows
    held: Rows


def parties(name: str, rows: Array, labels: Array, most: int = 3000) -> Parties:
    chosen = np.random.default_rng(0).permutation(len(rows))[:most]
    classes, places = np.unique(labels[chosen], return_inverse=True)
    whole = Rows(rows[chosen].astype(np.float32), places, classes, ("x",), "y")
    rest, held = whole.split(0.25, 0)
    owner, thief = rest.split(0.25, 1)
    return Parties(name, owner, thief, held)


def data(quick: bool) -> Iterator[Parties]:
    for one in audit_data.scikit_learns():
        if one.name == "cancer":
            yield parties("cancer", one.rows, one.truth)
        elif one.name == "digits" and not quick:
            yield parties("digits (images)", one.rows.reshape(-1, 8, 8), one.truth)
    if not quick:
        adult = audit_data.adult()
        yield parties("adult", adult.rows, adult.truth)


def trained(kind: students.Kind, rows: Rows, seed: int = 0) -> students.Student:
    return students.train(kind, rows.x, rows.one_hot, rows.classes, seed)


def of_file(content: bytes) -> Answers:
    session = ort.InferenceSession(content)
    outputs = [one.name for one in session.get_outputs()]
    name = "probabilities" if "probabilities" in outputs else outputs[-1]
    fed = session.get_inputs()[0]

    def answers(x: Array) -> Array:
        flat = x.reshape(len(x), -1) if len(fed.shape) == 2 else x
        return np.asarray(session.run([name], {fed.name: flat})[0])

    return answers


def matched(answers: Answers, triggers: TriggerSet) -> tuple[int, int]:
    """Right ones, and decided ones."""
    scores, pairs = answers(marking.inputs_of(triggers)), np.array(triggers.pairs)
    two = np.take_along_axis(scores, pairs, axis=1)
    decided = two[:, 0] != two[:, 1]
    preferred = pairs[np.arange(len(pairs)), two.argmax(axis=1)]
    return int((preferred == np.array(triggers.answers))[decided].sum()), int(decided.sum())


def accuracy(answers: Answers, rows: Rows) -> float:
    return float((answers(rows.x).argmax(axis=1) == rows.labels).mean())
