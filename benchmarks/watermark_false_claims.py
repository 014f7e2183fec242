"""Claims by watermarks against models that were not made from the claimant's."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from typing import Any

import numpy as np
from watermark_parties import COUNT, KINDS, Parties, matched, trained

from assay.manifests.trigger_set import TriggerSet, exponent, holds, p_value
from assay_learning import marking, students
from assay_learning.rows import Array


def false_claims(each: Parties, quick: bool) -> Iterator[dict[str, Any]]:
    """Claims against models that were not made from the claimant's."""
    models = [
        trained(kind, rows, seed)
        for kind in (KINDS[:3] if each.name != "digits (images)" else KINDS[1:2])
        for rows in (each.owner, each.thief)
        for seed in range(1 if quick else 3)
    ]
    count = max(128, min(COUNT, len(each.owner.x) // 2))
    sets = [marking.make(each.owner, count) for _ in range(5 if quick else 30)]
    yield told(each, "random sets", [matched(m.probabilities, s) for m in models for s in sets])
    yield told(each, "inputs that suit the suspect", [suited(m, each, count) for m in models])
    yield told(each, "inputs that suit models of one's own", transferred(models, each, count))
    yield told(each, "best of 2,000 sets", [best_of(m, each, 200 if quick else 2000) for m in models])


def told(each: Parties, attack: str, results: list[tuple[int, int]]) -> dict[str, Any]:
    best = max(results, key=lambda one: one[0] / max(1, one[1]))
    return {
        "data": each.name,
        "attack": attack,
        "claims": len(results),
        "held": sum(holds(*one) for one in results),
        "best": best[0] / max(1, best[1]),
        "log10_p": min(exponent(p_value(*one)) for one in results),
    }


def rebuilt(triggers: TriggerSet, chosen: Array) -> TriggerSet:
    """A set of the *chosen* triggers; its answers are drawn anew."""
    inputs = marking.inputs_of(triggers)[chosen]
    kept = triggers.inputs.model_copy(
        update={"data": base64.b64encode(inputs.astype("<f4").tobytes()).decode()}
    )
    pairs = tuple(triggers.pairs[i] for i in chosen)
    return TriggerSet(secret=triggers.secret, classes=triggers.classes, inputs=kept, pairs=pairs)


def suited(model: students.Student, each: Parties, count: int) -> tuple[int, int]:
    """Those triggers alone to which the suspect gives the right answer."""
    return matched(model.probabilities, rebuilt(pool := _pool(each), _right(model, pool)[:count]))


def transferred(models: list[students.Student], each: Parties, count: int) -> list[tuple[int, int]]:
    """Those to which all models of the claimant's own give it, against one that it has not seen."""
    found = []
    for left_out in models:
        pool = _pool(each)
        right = set(range(len(pool.pairs)))
        for model in models:
            if model is not left_out:
                smaller = right & set(_right(model, pool))
                right = smaller if len(smaller) >= 128 else right
        chosen = np.array(sorted(right))[:count]
        found.append(matched(left_out.probabilities, rebuilt(pool, chosen)))
    return found


def _pool(each: Parties) -> TriggerSet:
    return marking.make(each.owner, len(each.owner.x))


def _right(model: students.Student, triggers: TriggerSet) -> Array:
    scores, pairs = model.probabilities(marking.inputs_of(triggers)), np.array(triggers.pairs)
    preferred = pairs[np.arange(len(pairs)), np.take_along_axis(scores, pairs, axis=1).argmax(axis=1)]
    return np.flatnonzero(preferred == np.array(triggers.answers))


def best_of(model: students.Student, each: Parties, sets: int) -> tuple[int, int]:
    """As many secrets as the claimant has time for."""
    base = marking.make(each.owner, 128)
    scores, pairs = model.probabilities(marking.inputs_of(base)), np.array(base.pairs)
    two = np.take_along_axis(scores, pairs, axis=1)
    decided, preferred = two[:, 0] != two[:, 1], pairs[np.arange(len(pairs)), two.argmax(axis=1)]
    tried = (base.model_copy(update={"secret": secrets.token_hex(32)}).answers for _ in range(sets))
    best = max(int((preferred == np.array(answers))[decided].sum()) for answers in tried)
    return best, int(decided.sum())
