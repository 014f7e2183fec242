"""The copy of a sealed report: it opens again, and its length tells nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import ManifestError
from assay.judges.sealed_verdicts import pad, unpad
from assay.store import MAX_MANIFEST_BYTES


@given(st.binary(max_size=4096), st.integers(0, 80_000))
def test_what_is_padded_comes_back(text, more):
    report = text + b"\x80" * (more % 3) + b"\0" * more
    assert unpad(pad(report)) == report


@given(st.integers(0, 65_534), st.integers(0, 65_534))
def test_reports_of_any_usual_length_look_alike(one, other):
    assert len(pad(b"r" * one)) == len(pad(b"r" * other)) == 65_536


@given(st.integers(65_536, MAX_MANIFEST_BYTES - 65))
def test_longer_ones_tell_their_length_roughly(size):
    padded = len(pad(b"r" * size))
    assert size < padded <= min(2 * size, MAX_MANIFEST_BYTES - 64)
    assert padded in (1 << 17, 1 << 18, 1 << 19, MAX_MANIFEST_BYTES - 64)


@pytest.mark.parametrize("size", [MAX_MANIFEST_BYTES - 64, MAX_MANIFEST_BYTES - 1])
def test_what_does_not_fit_is_refused(size):
    with pytest.raises(ManifestError, match="too long to be sealed"):
        pad(b"r" * size)


@given(st.binary(max_size=64))
def test_what_was_not_padded_is_refused(garbage):
    if garbage.rstrip(b"\0")[-1:] != b"\x80":
        with pytest.raises(ValueError, match="not padded"):
            unpad(garbage)
