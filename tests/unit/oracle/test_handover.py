"""Members hand keys on to whoever lacks them, in turns, and to nobody else."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from assay.errors import ManifestError
from assay.manifests import DatasetManifest, GrantContext, SealedArtifact
from assay.seal import ContentKey, grant, open_grant
from assay.structs import ZERO_ADDRESS, Kind, Question, RoundState
from assay_oracle.docket import Docket, WatchedAudit, WatchedRound
from assay_oracle.handover import Handover

ROUNDS, MARKET, OWNER, ME, COLLEAGUE, JUDGE, AUDITOR = ("0x" + digit * 40 for digit in "1234567")
DATA, MODEL, PUBLIC = (bytes([number]) * 32 for number in (1, 2, 3))
ROUND, APPEAL, WINDOW = 9, 10, 1600
PEOPLE = {one: X25519PrivateKey.generate() for one in (ME, COLLEAGUE, JUDGE, AUDITOR)}
PUBLIC_KEYS = {one: key.public_key().public_bytes_raw() for one, key in PEOPLE.items()}
KEYS = {0: ContentKey(b"\5" * 32), 1: ContentKey(b"\6" * 32)}


class World:
    """A market of fakes around real grants: what a chain and a store would keep."""

    def __init__(self, *, members: tuple[str, ...] = (ME, COLLEAGUE), now: int = 0) -> None:
        self.members, self.granted = members, dict(KEYS)
        self.grants: dict[bytes, Any] = {}
        self.by_place: dict[int, list[tuple[str, bytes]]] = {0: [], 1: [], 2: []}
        self.broken: set[bytes] = set()
        self.needed = 0
        question = Question(
            kind=Kind.SCORE, subjects=2, tolerance=0, appealable=True, fresh=0, work=b"\1" * 32,
            delivers=False, artifacts=(DATA, MODEL, PUBLIC), granters=(OWNER, OWNER, ZERO_ADDRESS),
            grants=(bytes(32),) * 3,
        )  # fmt: skip
        watched = WatchedRound(MARKET, 4, RoundState.IDLE, since=1, question=question)
        self.docket = Docket(rounds={ROUND: watched}, seatings={ROUND: 1})
        self.watch: Any = SimpleNamespace(docket=self.docket, head_time=now)

    def enter(self, state: RoundState) -> None:
        self.docket.rounds[ROUND] = replace(self.docket.rounds[ROUND], state=state)

    def view(self, _panel: int) -> Any:
        times = SimpleNamespace(grant=WINDOW)
        return SimpleNamespace(
            state=self.docket.rounds[ROUND].state, needed=self.needed, deadline=WINDOW, timeouts=times,
            appeal_panel_id=APPEAL, appeal_request_id=1,
        )  # fmt: skip

    def publish(self, by: str, place: int, key: ContentKey, recipients: dict[str, bytes]) -> None:
        digest = bytes([len(self.grants) + 1]) * 32
        self.grants[digest] = grant(key, recipients, context(ROUND, place))
        self.by_place[place].append((by, digest))

    def fetch_any(self, digest: bytes) -> Any:
        if digest in self.broken:
            raise ManifestError("garbage")
        key = KEYS[0 if digest == DATA else 1]
        return DatasetManifest.model_construct(artifact=SealedArtifact.model_construct(key_hash=key.hash))

    @property
    def market(self) -> Any:
        def handed(_panel: int, place: int, key: ContentKey, recipients: dict[str, bytes]) -> Any:
            self.publish(ME, place, key, recipients)
            return SimpleNamespace(tx_hash="0x")

        def found(*_names: str, by: str, **_rest: object) -> list[Any]:
            return [
                SimpleNamespace(arguments={"artifact": place})
                for place, said in self.by_place.items()
                for who, _ in said
                if who == by
            ]

        seated = {ROUND: self.members, APPEAL: (JUDGE,)}
        return SimpleNamespace(
            address=ME,
            session=SimpleNamespace(
                fetch_any=self.fetch_any,
                fetch=lambda digest, _kind: self.grants[digest],
                events=SimpleNamespace(find=found),
            ),
            oracle=SimpleNamespace(
                panel=lambda _: SimpleNamespace(members=self.members),
                request=lambda _: SimpleNamespace(
                    terms=SimpleNamespace(commit_window=WINDOW), commit_ends=WINDOW
                ),
            ),
            rounds=SimpleNamespace(get=self.view, publish_grants=handed),
            audits=SimpleNamespace(
                get=lambda _: SimpleNamespace(terms=SimpleNamespace(window=WINDOW), deadline=WINDOW)
            ),
            keys=SimpleNamespace(
                members=lambda panel: {one: PUBLIC_KEYS[one] for one in seated[panel]},
                auditors=lambda _: {AUDITOR: PUBLIC_KEYS[AUDITOR]},
                granted=lambda _panel, place, _sealed: self.granted.get(place),
                panel_context=context,
                published=lambda _panel, place: [digest for _, digest in reversed(self.by_place[place])],
            ),
        )

    def own(self) -> list[tuple[int, set[str]]]:
        """What this account has handed on: place and recipients."""
        return [
            (place, {one.recipient for one in self.grants[digest].grants})
            for place, said in self.by_place.items()
            for by, digest in said
            if by == ME
        ]


def context(panel: int, place: int) -> GrantContext:
    return GrantContext(chain_id=1, contract=ROUNDS, deal_id=panel, purpose="panel", artifact=place)


def run(world: World, times: int = 2) -> list[tuple[int, set[str]]]:
    handover = Handover(world.market, world.watch)
    for _ in range(times):
        handover.step(ROUND)
    return world.own()


def test_an_appeal_panel_gets_every_key_once():
    world = World()
    world.enter(RoundState.APPEAL_VOTING)
    assert run(world, 3) == [(0, {JUDGE}), (1, {JUDGE})]
    (_, digest) = world.by_place[1][0]
    opened = open_grant(world.grants[digest], PEOPLE[JUDGE], JUDGE, context(ROUND, 1))
    assert opened == KEYS[1]


def test_nothing_is_done_where_the_first_panel_has_its_keys_from_the_owner():
    world = World()
    world.enter(RoundState.GRANTING)
    world.needed = 3
    assert run(world) == []


def test_those_who_replace_others_get_the_keys_and_the_round_its_grant():
    world = World()
    world.enter(RoundState.GRANTING)
    world.needed = 3
    world.docket.seatings[ROUND] = 2
    everybody = {one: PUBLIC_KEYS[one] for one in world.members}
    world.publish(COLLEAGUE, 0, KEYS[0], everybody)  # before: the round still waits for a grant
    assert run(world, 3) == [(0, set(everybody)), (1, set(everybody))]


def test_garbage_that_the_round_has_taken_is_made_good():
    world = World()
    world.enter(RoundState.GRANTING)
    world.needed = 0
    world.docket.seatings[ROUND] = 2
    for place in (0, 1):
        world.publish(COLLEAGUE, place, ContentKey(b"\7" * 32), {COLLEAGUE: PUBLIC_KEYS[COLLEAGUE]})
    assert [place for place, _ in run(world)] == [0, 1]


@pytest.mark.parametrize(("now", "done"), [(99, 0), (100, 2)])
def test_later_seats_wait_for_their_turn(now, done):
    world = World(members=(COLLEAGUE, ME), now=now)
    world.enter(RoundState.APPEAL_VOTING)
    assert len(run(world)) == done


def test_what_others_have_handed_on_is_not_handed_on_again():
    world = World()
    world.enter(RoundState.APPEAL_VOTING)
    for place, key in KEYS.items():
        world.publish(COLLEAGUE, place, key, {JUDGE: PUBLIC_KEYS[JUDGE]})
    assert run(world) == []


def test_auditors_of_the_deal_get_the_model_and_others_nothing():
    world = World()
    audits = {
        1: WatchedAudit(MARKET, 4, MODEL),
        2: WatchedAudit(MARKET, 5, MODEL),
        3: WatchedAudit(ROUNDS, 4, MODEL),
        4: WatchedAudit(MARKET, 4, b"\7" * 32),
    }
    world.docket = world.watch.docket = Docket(world.docket.rounds, seatings={ROUND: 1}, audits=audits)
    assert run(world) == [(1, {AUDITOR})]


def test_who_has_left_the_panel_or_has_no_key_hands_nothing_on():
    gone, keyless = World(members=(COLLEAGUE,)), World()
    for world in (gone, keyless):
        world.enter(RoundState.APPEAL_VOTING)
    keyless.granted = {}
    assert run(gone) == run(keyless) == []


def test_garbage_in_one_place_keeps_no_other_key_back():
    world = World()
    world.enter(RoundState.APPEAL_VOTING)
    world.broken = {DATA}
    with pytest.raises(ManifestError):
        run(world, 1)
    assert world.own() == [(1, {JUDGE})]


class Counted:
    """Counts what is asked of a market, area by area."""

    def __init__(self, part: Any, count: Counter[str], name: str = "") -> None:
        self._part, self._count, self._name = part, count, name

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if self._name and callable(found):
            self._count[self._name] += 1
            return found
        return Counted(found, self._count, name) if isinstance(found, SimpleNamespace) else found


def asked(world: World, states: list[RoundState]) -> list[int]:
    """How many questions each step asks of the chain."""
    count: Counter[str] = Counter()
    handover, made = Handover(Counted(world.market, count), world.watch), []  # type: ignore[arg-type]
    for state in states:
        world.enter(state)
        before = count.total()
        handover.step(ROUND)
        made.append(count.total() - before)
    return made


def test_a_round_in_which_nobody_can_need_a_key_asks_nothing():
    quiet = [state for state in RoundState if state != RoundState.APPEAL_VOTING]
    assert asked(World(), quiet * 2) == [0] * len(quiet) * 2


def test_what_has_been_handed_on_is_not_asked_about_again():
    first, second, third, *rest = asked(World(), [RoundState.APPEAL_VOTING] * 6)
    assert first > 0
    assert [third, *rest] == [0] * 4
    assert second <= first


def test_a_turn_that_is_still_to_come_is_not_forgotten():
    world = World(members=(COLLEAGUE, ME), now=99)
    world.enter(RoundState.APPEAL_VOTING)
    handover = Handover(world.market, world.watch)
    handover.step(ROUND)
    assert world.own() == []
    world.watch.head_time = 100
    handover.step(ROUND)
    assert world.own() == [(0, {JUDGE}), (1, {JUDGE})]


def test_what_failed_is_tried_again():
    world = World()
    world.enter(RoundState.APPEAL_VOTING)
    world.broken = {DATA}
    handover = Handover(world.market, world.watch)
    with pytest.raises(ManifestError):
        handover.step(ROUND)
    world.broken = set()
    handover.step(ROUND)
    assert world.own() == [(0, {JUDGE}), (1, {JUDGE})]


def test_rounds_that_are_over_leave_nothing_behind():
    world = World()
    world.enter(RoundState.APPEAL_VOTING)
    handover = Handover(world.market, world.watch)
    handover.step(ROUND)
    handover.step(ROUND)
    handover.forget({})
    assert handover._met == handover._done == {}
