"""Nobody keeps others from storage by asking for what it does not have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from assay.errors import StoreUnavailable
from assay_web.reading import ASKER, from_storage


@contextmanager
def waiting(asker: str) -> Iterator[None]:
    """Somebody waits for storage."""
    token = ASKER.set(asker)
    try:
        with from_storage():
            yield
    finally:
        ASKER.reset(token)


def wait(stack: ExitStack, *askers: str) -> list[str]:
    """Who of these gets a turn, all of them at once."""
    served = []
    for asker in askers:
        try:
            stack.enter_context(waiting(asker))
            served.append(asker)
        except StoreUnavailable:
            pass
    return served


def test_one_client_takes_few_of_the_turns():
    with ExitStack() as stack:
        assert wait(stack, *["greedy"] * 50) == ["greedy"] * 4
        assert wait(stack, "other") == ["other"]


def test_there_are_so_many_in_all_and_they_are_given_back():
    crowd = [f"client {number}" for number in range(50)]
    for _ in range(2):
        with ExitStack() as stack:
            assert wait(stack, *crowd) == crowd[:16]
            with pytest.raises(StoreUnavailable), from_storage():
                pass
