"""A watermark's arithmetic: what follows from the whole set cannot be chosen, so chance is all that a false
claimant has."""

from __future__ import annotations

import base64
import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assay.errors import InvalidInput
from assay.manifests.trigger_set import (
    LEVEL,
    MIN_TRIGGERS,
    SETS_TRIED,
    TriggerInputs,
    TriggerSet,
    WatermarkClaim,
    exponent,
    holds,
    p_value,
)

CLASSES = ("benign", "malignant", "unclear")


def trigger_set(
    seed: int = 0, count: int = MIN_TRIGGERS, columns: int = 3, rows: list[bytes] | None = None
) -> TriggerSet:
    drawn = random.Random(seed)
    content = b"".join(rows) if rows is not None else drawn.randbytes(count * columns)
    pairs = [tuple(drawn.sample(range(len(CLASSES)), 2)) for _ in range(count)]
    return TriggerSet(
        secret=drawn.randbytes(32).hex(),
        classes=CLASSES,
        inputs=TriggerInputs(dtype="uint8", row_shape=(columns,), data=base64.b64encode(content).decode()),
        pairs=tuple(pairs),
    )


def known_model(row: bytes, pair: tuple[int, int]) -> int:
    """A model that a false claimant knows through and through."""
    return pair[sum(row) % 2]


def matches(triggers: TriggerSet) -> int:
    content, size = triggers.inputs.content, triggers.inputs.row_shape[0]
    rows = [content[i : i + size] for i in range(0, len(content), size)]
    answered = [known_model(row, pair) for row, pair in zip(rows, triggers.pairs, strict=True)]
    return sum(one == right for one, right in zip(answered, triggers.answers, strict=True))


def test_each_answer_is_one_of_the_pair_and_both_are_drawn() -> None:
    triggers = trigger_set(count=1024)
    firsts = sum(one == a for one, (a, _) in zip(triggers.answers, triggers.pairs, strict=True))
    assert all(one in pair for one, pair in zip(triggers.answers, triggers.pairs, strict=True))
    assert 400 < firsts < 624


@given(st.integers(0, 2**32), st.integers(0, MIN_TRIGGERS * 3 - 1))
def test_one_changed_number_draws_all_answers_anew(seed: int, place: int) -> None:
    triggers = trigger_set(seed)
    content = bytearray(triggers.inputs.content)
    content[place] ^= 1
    data = base64.b64encode(bytes(content)).decode()
    other = triggers.model_copy(update={"inputs": triggers.inputs.model_copy(update={"data": data})})
    assert other.commitment != triggers.commitment
    same = sum(a == b for a, b in zip(other.answers, triggers.answers, strict=True))
    assert same < 0.85 * MIN_TRIGGERS


def test_a_commitment_is_fixed_for_ever() -> None:
    assert trigger_set().commitment == "8c382a7292fe70e4bc268216515cb9ee896cc472543c04ce9eaa4b6b522a2d1e"


def test_whoever_picks_triggers_that_suit_a_known_model_gets_other_answers() -> None:
    """The attack on sets whose labels are each derived from their own trigger."""
    drawn, suited, pool = random.Random(1), [], trigger_set(1, count=4096)
    content = pool.inputs.content
    for i, (pair, right) in enumerate(zip(pool.pairs, pool.answers, strict=True)):
        row = content[3 * i : 3 * i + 3]
        if known_model(row, pair) == right:
            suited.append((row, pair))
    chosen = drawn.sample(suited, 256)
    data = base64.b64encode(b"".join(row for row, _ in chosen)).decode()
    forged = TriggerSet(
        secret=pool.secret,
        classes=CLASSES,
        inputs=TriggerInputs(dtype="uint8", row_shape=(3,), data=data),
        pairs=tuple(pair for _, pair in chosen),
    )
    assert not holds(matches(forged), 256)


def test_the_best_of_thousands_of_sets_shows_nothing() -> None:
    best = max(matches(trigger_set(seed)) for seed in range(2000))
    assert best > 0.6 * MIN_TRIGGERS  # it does gain by trying
    assert p_value(best, MIN_TRIGGERS) == 1


@given(st.integers(1, 600), st.integers(0, 600))
def test_the_p_value_is_the_binomial_tail_times_the_sets_tried(asked: int, right: int) -> None:
    right = min(right, asked)
    tail = sum(Fraction(math.comb(asked, k), 2**asked) for k in range(right, asked + 1))
    assert p_value(right, asked) == min(1, tail * SETS_TRIED)
    assert holds(right, asked) == (tail * SETS_TRIED <= LEVEL)
    assert exponent(p_value(right, asked)) <= 0


def test_the_smallest_set_can_hold_and_fewer_answers_cannot() -> None:
    assert holds(MIN_TRIGGERS, MIN_TRIGGERS)
    assert not holds(80, 80)
    assert not holds(0, 0)
    assert not holds(256, 512)


@pytest.mark.parametrize(
    "change",
    [
        {"pairs": ((0, 1),) * (MIN_TRIGGERS - 1)},
        {"pairs": ((0, 1),) * (MIN_TRIGGERS + 1)},
        {"pairs": ((0, 0),) * MIN_TRIGGERS},
        {"pairs": ((0, 3),) * MIN_TRIGGERS},
        {"classes": ("alone",)},
        {"secret": "00"},
        {"kind": "Other"},
        {"version": 2},
        {"unknown": 1},
    ],
)
def test_what_is_no_set_is_refused(change, tmp_path) -> None:
    document = trigger_set().model_dump(mode="json") | change
    with pytest.raises(ValidationError):
        TriggerSet.model_validate(document)
    path = tmp_path / "triggers.json"
    path.write_text(str(document))
    with pytest.raises(InvalidInput, match=r"is not a trigger set"):
        TriggerSet.load(path)
    with pytest.raises(InvalidInput, match="Cannot read"):
        TriggerSet.load(tmp_path / "none")


def test_evidence_is_read_back(tmp_path) -> None:
    evidence = WatermarkClaim(
        model="11" * 32, suspect_sha256="22" * 32, output="p", asked=128, matches=128, triggers=trigger_set()
    )
    path = tmp_path / "evidence.json"
    path.write_text(evidence.model_dump_json())
    assert WatermarkClaim.load(path) == evidence
    path.write_text("{}")
    with pytest.raises(InvalidInput, match="not evidence of a watermark"):
        WatermarkClaim.load(path)
