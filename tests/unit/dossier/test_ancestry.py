"""Lineage that somebody made long, wide or tangled on purpose."""

from __future__ import annotations

from typing import Any

import pytest

from assay.chain import Event
from assay.dossier.collect import MAX_ANCESTORS, MAX_GENERATIONS, _ancestry, _version
from assay.dossier.parts import Place

SOMEBODY = "0x" + "11" * 20


class Lineage:
    """A registry in which each version has the parents that it is told."""

    def __init__(self, parents: dict[int, list[int]]) -> None:
        self._parents = parents
        self.read = 0

    def find(self, contract: str, name: str, *, manifest: bytes) -> Any:
        self.read += 1
        yield self.event(int.from_bytes(manifest, "big"))

    def event(self, number: int) -> Event:
        lineage = [{"kind": 0, "ref": parent.to_bytes(32, "big")} for parent in self._parents[number]]
        said = {
            "manifest": number.to_bytes(32, "big"),
            "modelId": number,
            "module": SOMEBODY,
            "dealId": 1,
            "developer": SOMEBODY,
            "score": -(2**63),
            "submissionHash": bytes(32),
            "lineage": lineage,
        }
        return Event("ModelRegistry", "VersionRegistered", said, 1, "0x" + "00" * 32, 0)

    def enclose(self, digest: bytes, kind: type) -> None:
        return None

    def place(self, event: Event) -> Place:
        return Place(block=event.block, at=1, transaction=event.tx_hash)


def ancestry(parents: dict[int, list[int]]) -> tuple[list[int], bool, int]:
    registry: Any = Lineage(parents)
    found, complete = _ancestry(registry, [_version(registry, registry.event(1))])
    return [one.model for one in found], complete, registry.read


def test_a_common_ancestor_is_there_once():
    assert ancestry({1: [2, 3], 2: [4], 3: [4], 4: []}) == ([2, 3, 4], True, 3)


def test_a_tangle_is_read_once_a_version():
    """Each generation names all of the next one: paths grow without bound, versions do not."""
    width, depth = 15, MAX_GENERATIONS
    level = [[1], *([2 + n * width + k for k in range(width)] for n in range(depth))]
    parents = {one: level[n + 1] if n < depth else [] for n in range(depth + 1) for one in level[n]}
    found, complete, read = ancestry(parents)
    assert (len(found), read) == (width * depth, width * depth)
    assert complete


@pytest.mark.parametrize(("length", "complete"), [(MAX_GENERATIONS, True), (MAX_GENERATIONS + 1, False)])
def test_a_long_line_ends_and_says_so(length, complete):
    parents = {one: [one + 1] for one in range(1, length + 1)} | {length + 1: []}
    found, said, _ = ancestry(parents)
    assert (found, said) == (list(range(2, 2 + min(length, MAX_GENERATIONS))), complete)


def test_more_ancestors_than_are_kept_are_not_read():
    parents = {1: list(range(2, 66))}
    parents |= {one: [1_000 * one + k for k in range(64)] for one in range(2, 66)}
    found, complete, read = ancestry(parents)
    assert (len(found), complete, read) == (64, False, 64)
    assert len(found) <= MAX_ANCESTORS
