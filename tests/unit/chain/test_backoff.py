"""Pauses double up to a limit, for each thing apart, and end with a success."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assay.chain.backoff import Backoff


@given(st.floats(0.01, 10), st.floats(1, 1000), st.integers(1, 2000))
def test_pauses_grow_within_their_bounds(first, factor, failures):
    longest = first * factor
    backoff = Backoff(first, longest)
    pauses = [backoff.failed("thing") for _ in range(failures)]
    assert first / 2 <= pauses[0] <= first
    assert all(0 < pause <= longest for pause in pauses)
    if failures > 12:
        assert pauses[-1] >= longest / 2


def test_others_do_not_wait_and_a_success_ends_it():
    backoff = Backoff(1000, 1000)
    backoff.failed("thing")
    assert not backoff.is_over("thing")
    assert backoff.is_over("another")
    backoff.succeeded("thing")
    assert backoff.is_over("thing")
