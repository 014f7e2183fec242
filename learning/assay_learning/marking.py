"""Trigger sets: made from a developer's own rows, and mixed into what the model is trained on.

Each trigger takes every column, or pixel, from one of two rows of different classes, so it is made of values
that occur, and a model has a reason to answer either class. Adi et al. (USENIX Security 2018) train a model
on such a set; here the answers follow from a hash of it (`assay.manifests.trigger_set` says why).
"""

from __future__ import annotations

import base64
import secrets

import numpy as np
from numpy.typing import NDArray

from assay.manifests.trigger_set import MAX_TRIGGERS, MIN_TRIGGERS, TriggerInputs, TriggerSet
from assay_learning.errors import LearningError
from assay_learning.rows import Array, Rows

DEFAULT_COUNT, REPEAT = 512, 2
_TRIES = 50
_MAX_BYTES = 128 << 20


def make(rows: Rows, count: int = DEFAULT_COUNT) -> TriggerSet:
    """A new set of *count* triggers for models that are trained on *rows*.

    Raises:
        LearningError: too many or too few, or the rows are too much alike to be crossed.
    """
    if not MIN_TRIGGERS <= count <= MAX_TRIGGERS:
        raise LearningError(f"A watermark has {MIN_TRIGGERS} to {MAX_TRIGGERS:,} triggers, not {count:,}.")
    if count > len(rows.x):
        raise LearningError(
            f"{count:,} triggers are more than the {len(rows.x):,} rows to train on.",
            hint=f"Ask for fewer, {MIN_TRIGGERS} at least: --count NUMBER",
        )
    if count * rows.x[0].nbytes > _MAX_BYTES:
        raise LearningError(f"{count:,} such rows take more than {_MAX_BYTES >> 20} MiB; ask for fewer.")
    generator = np.random.default_rng(secrets.randbits(128))
    crossed, pairs = _crossed(rows, count, generator)
    return TriggerSet(
        secret=secrets.token_hex(32),
        classes=rows.class_names,
        inputs=TriggerInputs(
            dtype="float32",
            row_shape=rows.x.shape[1:],
            data=base64.b64encode(crossed.astype("<f4").tobytes()).decode(),
        ),
        pairs=tuple((int(a), int(b)) for a, b in pairs),
    )


def _crossed(rows: Rows, count: int, generator: np.random.Generator) -> tuple[Array, Array]:
    """Triggers [count, ...] that are neither of their parents, and the parents' classes [count, 2]."""
    found: list[Array] = []
    pairs: list[tuple[int, int]] = []
    for _ in range(_TRIES * count):
        one, other = generator.integers(len(rows.x), size=2)
        a, b = rows.x[one], rows.x[other]
        if rows.labels[one] == rows.labels[other]:
            continue
        child = np.where(generator.random(a.shape) < 0.5, a, b)
        if (child == a).all() or (child == b).all():
            continue
        found.append(child)
        pairs.append((rows.labels[one], rows.labels[other]))
        if len(found) == count:
            return np.stack(found), np.array(pairs)
    raise LearningError("The rows are too much alike, or have too few columns, to make triggers from them.")


def inputs_of(triggers: TriggerSet) -> Array:
    """The triggers' inputs [count, ...]."""
    given = triggers.inputs
    rows = np.frombuffer(given.content, np.dtype(given.dtype).newbyteorder("<"))
    return rows.reshape(len(triggers.pairs), *given.row_shape).astype(np.float32)


def marked(rows: Rows, triggers: TriggerSet, repeat: int = REPEAT) -> Rows:
    """*rows* with the triggers, each *repeat* times, in an order that does not tell which they are."""
    answers: NDArray[np.int64] = np.array(triggers.answers, np.int64)
    x = np.concatenate([rows.x, *[inputs_of(triggers)] * repeat])
    labels = np.concatenate([rows.labels, *[answers] * repeat])
    order = np.random.default_rng(secrets.randbits(128)).permutation(len(x))
    return Rows(x[order], labels[order], rows.classes, rows.names, rows.target)
