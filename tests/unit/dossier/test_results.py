"""Which of a model's scores are exported: the newest on each third-party set, by when it was asked for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from assay.chain import Event
from assay.dossier.results import _third_party
from assay.errors import ArtifactNotFound
from assay.manifests import ConformitySpec

MANIFEST = "ab" * 32
SETS = {1: bytes(31) + b"\x01", 2: bytes(31) + b"\x02"}


def assessed(number: int, set_id: int, opened_at: int, score: int) -> Event:
    said = {"id": number, "setId": set_id, "openedAt": opened_at, "score": score, "passed": score > 0}
    return Event("Conformity", "Assessed", said, 10 + number, f"0x{number:064x}", 0)


class Chain:
    """A session that has these results; the documents of set 2 are nowhere."""

    def __init__(self, *events: Event) -> None:
        self.events = self.connection = self
        self._events = events

    def find(self, contract: str, name: str, **asked: Any) -> Any:
        assert (contract, name) == ("Conformity", "Assessed")
        assert asked == {"manifest": bytes.fromhex(MANIFEST), "to_block": 100}
        return iter(self._events)

    def view(self, view: Any) -> Any:
        return SimpleNamespace(spec=SETS[view.arguments[0]], dataset=SETS[view.arguments[0]])

    def fetch(self, digest: bytes, kind: type) -> Any:
        if digest == SETS[2]:
            raise ArtifactNotFound("Nobody has it.")
        return SimpleNamespace(evaluation="spec") if kind is ConformitySpec else SimpleNamespace(name="Set")

    def block_time(self, number: int) -> int:
        return 1_000 + number


def scores(*events: Event) -> list[tuple[int, int, int]]:
    dossier: Any = SimpleNamespace(
        versions=[SimpleNamespace(manifest=MANIFEST)], block=SimpleNamespace(number=100), chain_id=1
    )
    session: Any = Chain(*events)
    return [(one.test_set, one.score, one.at) for one in _third_party(session, dossier)]


def test_a_result_that_was_held_back_is_not_the_newest():
    late, early = assessed(1, 1, 50, 7), assessed(2, 1, 40, 9)
    assert scores(late, early) == scores(early, late) == [(1, 7, 1_011)]


def test_a_failed_test_replaces_a_pass():
    assert scores(assessed(1, 1, 50, 900_000), assessed(2, 1, 60, -5)) == [(1, -5, 1_012)]


def test_a_set_whose_documents_are_nowhere_is_left_out():
    assert scores(assessed(1, 2, 50, 7), assessed(2, 1, 50, 8)) == [(1, 8, 1_012)]
