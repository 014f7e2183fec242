"""The parts of a score add up to it, whatever the numbers are: to the reference's, so to the contract's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from reference.reputation import WEIGHTS, Kind, Ledger

from assay.judges import reputation
from assay.structs import FactKind

AMOUNTS = st.one_of(st.integers(0, 5), st.integers(0, 10**8), st.integers(0, 2**48 - 1))


@given(st.lists(AMOUNTS, min_size=12, max_size=12), AMOUNTS, st.integers(0, 4_000_000))
def test_the_parts_are_the_score(amounts, rating_weight, mean):
    rating_sum = rating_weight * mean // 1_000_000
    parts = reputation.explain([0, *amounts], rating_weight, rating_sum)
    ledger = Ledger(1, dict(zip(Kind, amounts, strict=True)), rating_weight, rating_sum)
    assert sum(part.points for part in parts) == ledger.score(1)
    for part in parts[1:]:
        if part.name != "ratings":
            kind = next(kind for kind in FactKind if kind.words == part.name)
            assert part.points >= 0 if kind.good else part.points <= 0
            assert part.amount == amounts[kind - 1] > 0


@given(st.lists(AMOUNTS, min_size=12, max_size=12), st.integers(1, 2**48 - 1))
def test_ratings_weigh_a_third_of_the_rest_at_most(amounts, rating_weight):
    parts = reputation.explain([0, *amounts], rating_weight, 0)
    ratings = parts[-1]
    rest = sum(part.amount * part.weight for part in parts[:-1])
    assert 3 * ratings.amount * ratings.weight <= rest


def test_who_has_done_nothing_has_the_start():
    (part,) = reputation.explain([0] * 13, 0, 0)
    assert (part.name, part.points) == ("start", reputation.PRIOR)


def test_constants_are_the_references():
    assert (0, *WEIGHTS.values()) == reputation.WEIGHTS
    assert [kind.name for kind in FactKind] == ["NONE", *(kind.name for kind in Kind)]
