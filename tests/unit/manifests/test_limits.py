"""Limits for files of every size."""

from hypothesis import given
from hypothesis import strategies as st

from assay.manifests.evaluation import ResourceLimits

USUAL, MOST = ResourceLimits(), 64 << 30


@given(st.integers(0, MOST))
def test_a_file_of_every_size_has_limits_to_be_read_within(size):
    found = ResourceLimits.for_data(size)
    assert found.data_bytes >= size
    assert found.memory_bytes >= min(MOST, size + (512 << 20))
    usual = USUAL.model_dump()
    assert all(value >= usual[name] for name, value in found.model_dump().items())
    assert (found == USUAL) == (size <= USUAL.data_bytes)
    assert found.model_bytes == USUAL.model_bytes


def test_a_file_beyond_all_limits_gets_the_highest():
    assert ResourceLimits.for_data(MOST * 9) == ResourceLimits.for_data(MOST)
