"""However a chain is read, the docket is the same, and reading it costs what is new."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from eth_utils.address import to_checksum_address
from fake_chain import Endpoint, FakeChain, FakeProvider
from fake_deals import (
    CONTRACTS,
    FIRST,
    MARKET,
    MARKETS_ROLE,
    ME,
    OTHER,
    Story,
    actions,
    deal_changed,
    log,
    new_chain,
    tell,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.chain import Connection, EventReader
from assay.chain.logs import LogReader
from assay.errors import ChainError
from assay_oracle.checkpoints import Checkpoint, CheckpointFolder, thinned
from assay_oracle.docket import Docket
from assay_oracle.watch import Watch


def watch(
    *endpoints: Endpoint, folder: Path | None = None, confirmations: int = 0, span: int = 20_000
) -> Watch:
    """A daemon's watch, as after a restart."""
    connection = Connection(["http://0.example"])
    connection._logs = LogReader(FakeProvider(*endpoints))
    connection._logs._span.blocks = span
    addresses = {name: to_checksum_address(address) for name, address in CONTRACTS.items()}
    deployment: Any = SimpleNamespace(contracts=addresses, block=FIRST, address=addresses.__getitem__)
    session: Any = SimpleNamespace(
        connection=connection,
        deployment=deployment,
        events=EventReader(connection, deployment),
        address=ME,
    )
    kept = CheckpointFolder(folder, "me") if folder else None
    return Watch(session, confirmations, kept)


def clean(chain: FakeChain, confirmations: int = 0) -> Docket:
    """The docket of one clean read, block by block."""
    return watch(Endpoint(chain), confirmations=confirmations, span=1).poll()


@settings(deadline=None)
@given(actions, st.integers(1, 40), st.integers(1, 50), st.sets(st.integers(0, 60)), st.integers(0, 3))
def test_any_chunks_and_polls_give_the_docket_of_one_clean_read(happenings, span, limit, polls, depth):
    chain, story = new_chain(), Story()
    reader = watch(Endpoint(chain, blocks=limit, logs=3), confirmations=depth, span=span)
    for number, happening in enumerate(happenings):
        tell(chain, story, [happening])
        if number in polls:
            assert reader.poll() == clean(chain, depth)
    assert reader.poll() == clean(chain, depth)


@settings(deadline=None)
@given(st.lists(st.tuples(actions, st.booleans(), st.integers(0, 40)), min_size=1, max_size=6))
def test_restarts_and_forks_of_any_depth_give_the_docket_of_one_clean_read(tmp_path_factory, parts):
    folder = tmp_path_factory.mktemp("place")
    chain, story = new_chain(), Story()
    reader = watch(Endpoint(chain), folder=folder)
    for happenings, is_restarted, depth in parts:
        tell(chain, story, happenings)
        reader.poll()
        reader.save()
        if depth:
            chain.fork(max(FIRST, chain.head + 1 - depth))
            story = retold(chain)
        if is_restarted:
            reader = watch(Endpoint(chain), folder=folder)
        assert reader.poll() == clean(chain)
        chain.mine()
        assert reader.poll() == clean(chain)
        assert len(list(folder.iterdir())) <= 60


def retold(chain: FakeChain) -> Story:
    """The story as far as a chain still tells it."""
    story, docket = Story(), clean(chain)
    story.count = 1000 + chain.head
    for number, watched in docket.rounds.items():
        requests = [one for one, vote in docket.requests.items() if vote.panel_id == number]
        story.panels[number] = {"requests": requests, "appeals": list(watched.appeals)}
    story.audits = set(docket.audits)
    return story


def test_an_endpoint_that_is_behind_delays_and_hides_nothing():
    chain, story = new_chain(), Story()
    late = Endpoint(chain)
    reader = watch(late)
    for number in range(40):
        tell(chain, story, [(number % 7, number)])
        late.behind = number % 3
        reader.poll()
    late.behind = 0
    assert reader.poll() == clean(chain)


def test_a_spare_endpoint_is_asked_when_the_first_is_behind():
    chain, story = new_chain(), Story()
    late, spare = Endpoint(chain), Endpoint(chain)
    reader = watch(late, spare)
    tell(chain, story, [(0, 0), (1, 0), (3, 0), (4, 0)])
    assert reader.poll() == clean(chain)
    late._logs = lambda _query, _head: {"error": {"message": "unknown block"}}  # type: ignore[method-assign]
    tell(chain, story, [(2, 0), (4, 0)])
    assert reader.poll() == clean(chain)


def test_the_story_is_heard():
    chain, story = new_chain(), Story()
    tell(chain, story, [(0, 0), (1, 0), (3, 0), (4, 0), (2, 0), (6, 0), (8, 0), (9, 0)])
    docket = clean(chain)
    (watched,) = docket.rounds.values()
    assert watched.question is not None
    assert watched.appeal_panel
    assert docket.own_requests()
    assert [one.seated for one in docket.audits.values()] == [1]


def history(deals: int) -> FakeChain:
    """So many deals, all of them over."""
    chain, story = new_chain(), Story()
    for _ in range(deals):
        tell(chain, story, [(action, 0) for action in (0, 1, 3, 2, 4, 5, 2, 7)])
    return chain


def test_a_poll_asks_the_same_whatever_the_history():
    costs = []
    for deals in (1, 300):
        endpoint = Endpoint(history(deals), blocks=10**9)
        reader = watch(endpoint)
        reader.poll()
        assert reader.docket == Docket()
        endpoint.asked.clear()
        reader.poll()
        idle = len(endpoint.asked)
        endpoint.chain.mine(log("Rounds", "RoundOpened", panelId=9**9, market=MARKET, dealId=1))
        endpoint.asked.clear()
        reader.poll()
        costs.append((idle, len(endpoint.asked)))
    assert costs[0] == costs[1] == (1, 4)


def test_a_restart_reads_what_is_new(tmp_path):
    endpoint = Endpoint(history(200), blocks=50)
    reader = watch(endpoint, folder=tmp_path)
    reader.poll()
    reader.save()
    endpoint.chain.mine(log("Rounds", "RoundOpened", panelId=9**9, market=MARKET, dealId=1))
    endpoint.asked.clear()
    again = watch(endpoint, folder=tmp_path)
    assert again.poll().rounds.keys() == {9**9}
    assert len(endpoint.asked) == 4


def test_a_read_that_breaks_off_goes_on_where_it_was():
    chain = history(100)
    endpoint = Endpoint(chain, blocks=40)
    reader, answer, left = watch(endpoint, span=40), endpoint.answer, 20

    def failing(method: str, params: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise ValueError("gone")
        return answer(method, params)

    endpoint.answer = failing  # type: ignore[method-assign]
    with pytest.raises(ChainError):
        reader.poll()
    left, reached = 10**9, reader._newest.number
    assert reached > FIRST
    endpoint.asked.clear()
    assert reader.poll() == clean(chain)
    assert endpoint.asked.count("eth_getLogs") <= (chain.head - reached) / 40 + 10


@pytest.mark.parametrize("damage", ["cut", "bit", "empty", "garbage", "old schema", "stranger", "public"])
def test_what_is_damaged_is_read_anew_with_a_word(tmp_path, caplog, damage):
    chain = history(20)
    tell(chain, Story(), [(0, 0), (1, 0), (3, 0), (4, 0)])
    reader = watch(Endpoint(chain), folder=tmp_path)
    expected = reader.poll()
    reader.save()
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    if damage == "old schema":
        path.write_bytes(resealed(content.replace(b'"schema":1', b'"schema":0')))
    elif damage == "stranger":
        path.write_bytes(resealed(content.replace(b'"owner":"me"', b'"owner":"you"')))
    elif damage == "public":
        path.chmod(0o644)
    else:
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        damaged = {"cut": content[:middle], "bit": flipped, "empty": b"", "garbage": b"\xff" * 99}[damage]
        path.write_bytes(damaged)
    with caplog.at_level(logging.WARNING):
        again = watch(Endpoint(chain), folder=tmp_path)
    assert again._newest.number == FIRST - 1
    assert "is of no use and is read anew" in caplog.text
    assert again.poll() == expected


def test_no_bit_can_be_turned(tmp_path):
    chain = new_chain()
    tell(chain, Story(), [(0, 0), (1, 0), (3, 0), (4, 0)])
    reader = watch(Endpoint(chain), folder=tmp_path)
    reader.poll()
    reader.save()
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert CheckpointFolder(tmp_path, "me").load() == []


def resealed(content: bytes) -> bytes:
    body = content.partition(b"\n")[2]
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def test_only_its_own_files_are_removed(tmp_path):
    (tmp_path / "notes.txt").touch()
    (tmp_path / "mine.docket").touch()
    kept = CheckpointFolder(tmp_path, "me")
    for number in range(200):
        kept.save(Checkpoint(number, "0x", Docket()), [])
    assert {path.name for path in tmp_path.iterdir()} == {"notes.txt", "mine.docket", "199.docket"}
    CheckpointFolder(tmp_path, "me", read_only=True).save(Checkpoint(900, "0x", Docket()), [])
    assert not (tmp_path / "900.docket").exists()


@given(st.lists(st.integers(1, 50), min_size=1, max_size=300))
def test_few_are_kept_and_some_at_every_distance(steps):
    kept: list[Checkpoint] = []
    number = 0
    for step in steps:
        number += step
        kept = thinned([*kept, Checkpoint(number, "0x", Docket())])
        assert kept[-1].number == number
        assert len(kept) <= 2 + number.bit_length()
    first = steps[0]
    assert kept[0].number == first or number - kept[0].number >= (number - first) // 4


def test_logs_that_were_left_out_are_noticed_and_read_again():
    chain, story = new_chain(), Story()
    tell(chain, story, [(0, 0)])
    endpoint = Endpoint(chain)
    honest = endpoint._logs
    endpoint._logs = lambda _query, _head: {"result": []}  # type: ignore[method-assign]
    reader = watch(endpoint)
    assert reader.poll() == Docket()
    endpoint._logs = honest  # type: ignore[method-assign]
    tell(chain, story, [(1, 0)])
    with pytest.raises(ChainError, match="left out"):
        reader.poll()
    assert reader.poll() == clean(chain)


def test_markets_are_those_that_may_have_panels_drawn():
    chain = new_chain()
    chain.mine(log("Rounds", "RoleGranted", role=MARKETS_ROLE, account=MARKET))
    chain.mine(log("Rounds", "RoleGranted", role=bytes(32), account=OTHER))
    assert clean(chain).markets == {MARKET}


def test_a_deal_is_kept_while_time_can_end_its_state():
    chain = new_chain()
    chain.mine(deal_changed(MARKET, 1, deadline=100))  # before it is admitted
    chain.mine(log("Rounds", "RoleGranted", role=MARKETS_ROLE, account=MARKET))
    chain.mine(deal_changed(MARKET, 2, deadline=200), deal_changed(MARKET, 3, deadline=300))
    chain.mine(deal_changed(MARKET, 2, deadline=0))
    chain.mine(deal_changed(OTHER, 3, deadline=0))  # no market
    assert clean(chain).deadlines == {MARKET: {1: 100, 3: 300}}


def test_what_a_market_says_otherwise_is_left_out():
    chain = new_chain()
    chain.mine(log("Rounds", "RoleGranted", role=MARKETS_ROLE, account=MARKET))
    address, topics, data = deal_changed(MARKET, 1, deadline=100)
    chain.mine((address, topics[:1], data), (address, topics, "0x"), (address, [*topics, topics[1]], data))
    assert clean(chain).deadlines == {}


def test_members_are_those_seated_last_and_forgotten_with_the_panel():
    chain, story = new_chain(), Story()
    tell(chain, story, [(0, 0), (1, 0), (3, 0), (3, 0)])
    assert clean(chain).members == {1: (OTHER, OTHER)}
    tell(chain, story, [(7, 0)])
    assert clean(chain).members == {}
