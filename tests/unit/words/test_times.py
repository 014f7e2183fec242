"""Times are local, and never promise more time than there is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.words import times

LENGTHS = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}


def seconds_in(words: str) -> int:
    parts = words.replace(",", "").split()
    return sum(int(n) * LENGTHS[unit.rstrip("s")] for n, unit in zip(parts[::2], parts[1::2], strict=True))


@given(st.integers(1, 2**40))
def test_a_duration_is_exact_and_what_is_left_is_never_more(seconds):
    assert seconds_in(times.duration(seconds)) == seconds
    assert seconds * 0.95 < seconds_in(times.left(seconds)) <= seconds


@given(st.integers(1, 2**35 - 1), st.integers(0, 2**35))
def test_a_time_to_come_says_how_long_it_is_until_then(at, now):
    said = times.due(at, now)
    assert said.startswith(times.local(at))
    coming = now < at < 32_503_680_000
    assert (f", in {times.left(at - now)}" in said) == coming


@pytest.mark.parametrize(
    ("zone", "text"),
    [("UTC", "2027-01-15 08:00:00 UTC"), ("Europe/Berlin", "2027-01-15 09:00:00 CET")],
)
def test_a_time_is_in_the_readers_zone(zone, text, monkeypatch):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert times.local(1_800_000_000) == text
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("never", [0, -1, 2**40])
def test_no_time(never):
    assert times.local(never) == "no time"
