"""An attacker who may only query the model: the Adversarial Robustness Toolbox's HopSkipJump, on a budget."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.audit.subject import Subject

Array = NDArray[Any]


_NETWORKS = ("torch", "tensorflow", "keras")
"""The toolbox would load these if installed: 200 MB and seconds. An attack by queries needs none of them."""


class _Spent(Exception):
    """The attacked row's query budget is used up."""


@dataclass(frozen=True)
class Attack:
    """For each attacked row, the size of the change that flipped its decision: its largest in any column, in
    spreads."""

    distances: list[float]

    @property
    def attacked(self) -> int:
        """How many rows."""
        return len(self.distances)


def attack(subject: Subject) -> Attack:
    """Attack correctly answered rows, each starting from the nearest row that is answered differently.

    Raises:
        JobError: the model fails on a row that the attack queries.
    """
    labels = np.asarray(subject.answers.labels)
    right = np.flatnonzero(labels == subject.truth)
    chosen = subject.rng("attacked rows").permutation(right)[: subject.effort.attacked_rows]
    distances = []
    with _seeded(int(subject.rng("attack").integers(2**31))):
        for row in np.sort(chosen):
            others = np.flatnonzero(labels != labels[row])
            if len(others):
                distances.append(_Attempt(subject, int(row)).distance(others))
    return Attack(distances)


class _Attempt:
    """One row under attack. Columns are measured in spreads from its values; those that cannot move are left
    out."""

    def __init__(self, subject: Subject, row: int) -> None:
        self._subject, self._row = subject, row
        self._movable = np.flatnonzero((subject.spread > 0) & ~np.isnan(subject.rows[row]))
        self._scale = subject.spread[self._movable]
        self._label = int(np.asarray(subject.answers.labels)[row])
        self._left = subject.effort.attack_questions
        self._best = np.inf

    def distance(self, others: Array) -> float:
        """The smallest change found; infinite when only columns that cannot move make the difference."""
        with _without(*_NETWORKS), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the missing packages
            from art.attacks.evasion import HopSkipJump
            from art.estimators.classification import BlackBoxClassifier

        candidates = self._seen(self._subject.filled[others])
        start = candidates[np.abs(candidates).max(axis=1).argmin()]
        limits = self._limits()
        classes = len(self._subject.spec.data.classes)
        classifier = BlackBoxClassifier(self._decide, start.shape, classes, clip_values=limits)
        search = HopSkipJump(
            classifier, norm=np.inf, max_iter=self._subject.effort.attack_steps, max_eval=200, init_eval=20,
            init_size=20, verbose=False,
        )  # fmt: skip
        with suppress(_Spent):  # keep what was found so far
            search.generate(
                np.zeros((1, *start.shape), np.float32),
                y=np.array([self._label]),
                x_adv_init=start[None].astype(np.float32),
            )
        return float(self._best)

    def _seen(self, rows: Array) -> Array:
        origin = self._subject.rows[self._row]
        return np.asarray((rows[:, self._movable] - origin[self._movable]) / self._scale)

    def _limits(self) -> tuple[Array, Array]:
        """Bounds: no column leaves its range in the data, and no pixel the range of all pixels."""
        rows = self._subject.filled
        axis = None if self._subject.layout.image else 0
        low, high = (np.broadcast_to(end, rows.shape[1]) for end in (rows.min(axis), rows.max(axis)))
        seen = self._seen(np.stack([low, high])).astype(np.float32)
        return seen[0], seen[1]

    def _decide(self, changes: Array) -> Array:
        """One-hot decisions; records the smallest change that flips the decision."""
        if self._left < len(changes):
            raise _Spent
        self._left -= len(changes)
        moved = np.tile(self._subject.rows[self._row], (len(changes), 1))
        moved[:, self._movable] += changes * self._scale
        labels = np.asarray(self._subject.model.predict(moved).labels)
        flipped = labels != self._label
        if flipped.any():
            self._best = min(self._best, float(np.abs(changes[flipped]).max(axis=1).min()))
        return np.asarray(np.eye(len(self._subject.spec.data.classes), dtype=np.float32)[labels])


@dataclass(frozen=True)
class _Blind:
    """A module finder that does not see certain packages."""

    finder: Any
    packages: tuple[str, ...]

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        """None for the hidden packages; otherwise whatever the wrapped finder returns."""
        return None if name.partition(".")[0] in self.packages else self.finder.find_spec(name, path, target)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.finder, name)


@contextmanager
def _without(*packages: str) -> Iterator[None]:
    """Hide *packages* from imports, unless they are already loaded."""
    finders = sys.meta_path[:]
    sys.meta_path[:] = [_Blind(one, packages) for one in finders]
    try:
        yield
    finally:
        sys.meta_path[:] = finders


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed numpy's global generator, which the toolbox draws from, and restore its state afterwards."""
    state = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(state)
