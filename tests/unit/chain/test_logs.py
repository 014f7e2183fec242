"""Logs are whole and in order whatever limits the endpoints have, and nobody behind is believed."""

from __future__ import annotations

import pytest
from fake_chain import Endpoint, FakeChain, FakeProvider
from hypothesis import given
from hypothesis import strategies as st

from assay.chain.logs import LogReader, Span
from assay.errors import ChainUnavailable

A, B = "0x" + "aa" * 20, "0x" + "bb" * 20
ONE, TWO = "0x" + "11" * 32, "0x" + "22" * 32
topics = st.sampled_from([(ONE,), (TWO,), (ONE, TWO), ()])
logs = st.tuples(st.sampled_from([A, B]), topics, st.just("0x"))
blocks = st.lists(st.lists(logs, max_size=3), min_size=1, max_size=60)


def chain_of(contents) -> FakeChain:
    chain = FakeChain()
    for logs in contents:
        chain.mine(*logs)
    return chain


def read(reader: LogReader, topics=((ONE, TWO),), *, first=0, last=None, newest_first=False):
    """Block and place of the logs that are found."""
    found = []
    for one in reader.ranges([A], [list(topic) for topic in topics], first=first, last=last,
                             newest_first=newest_first):  # fmt: skip
        logs = reversed(one.logs) if newest_first else one.logs
        found += [(log["blockNumber"], log["logIndex"]) for log in logs]
    return found


def truth(chain: FakeChain, first: int, last: int):
    return [
        (number, place)
        for number in range(first, last + 1)
        for place, log in enumerate(chain.logs[number])
        if log["address"] == A and log["topics"] and log["topics"][0] in (ONE, TWO)
    ]


@given(blocks, st.integers(1, 70), st.integers(0, 5), st.sampled_from(["error", "slow", "large"]),
       st.integers(1, 100), st.booleans(), st.data())  # fmt: skip
def test_any_limits_give_the_same_logs(contents, longest, most, fault, span, newest_first, data):
    chain = chain_of(contents)
    first = data.draw(st.integers(0, chain.head))
    last = data.draw(st.none() | st.integers(first, chain.head))
    reader = LogReader(FakeProvider(Endpoint(chain, blocks=longest, logs=most, fault=fault)))
    reader._span.blocks = span
    found = read(reader, first=first, last=last, newest_first=newest_first)
    expected = truth(chain, first, chain.head if last is None else last)
    assert found == (expected[::-1] if newest_first else expected)


@given(blocks, st.integers(0, 4), st.integers(1, 100), st.data())
def test_an_endpoint_that_is_behind_hides_nothing(contents, behind, span, data):
    chain = chain_of(contents)
    last = data.draw(st.integers(0, chain.head))
    behind = min(behind, chain.head)
    late, good = Endpoint(chain, behind=behind), Endpoint(chain)
    reader = LogReader(FakeProvider(late, good))
    reader._span.blocks = span
    assert read(reader, last=last) == truth(chain, 0, last)
    alone = LogReader(FakeProvider(late))
    alone._span.blocks = span
    if last > chain.head - behind:
        with pytest.raises(ChainUnavailable, match=r"does not have block|unknown block"):
            read(alone, last=last)
    else:
        assert read(alone, last=last) == truth(chain, 0, last)


def test_the_newest_block_is_that_of_the_endpoint_that_has_most():
    chain = chain_of([[(A, (ONE,), "0x")]] * 9)
    first, spare = Endpoint(chain), Endpoint(chain, behind=3)
    provider = FakeProvider(first, spare)
    reader = LogReader(provider)
    assert reader.head().number == 8
    provider._preferred = 1  # as after a failure of the first
    assert reader.head().number == 8
    assert read(reader)[-1] == (8, 0)


def test_a_chain_that_was_reset_is_read_although_it_is_shorter():
    chain = chain_of([[(A, (ONE,), "0x")]] * 9)
    reader = LogReader(FakeProvider(Endpoint(chain)))
    assert len(read(reader)) == 9
    chain.fork(4)
    assert read(reader) == truth(chain, 0, 3)
    assert reader.head().number == 3


def test_a_short_query_takes_two_requests():
    chain = chain_of([[(A, (ONE,), "0x")]] * 9)
    endpoint = Endpoint(chain)
    read(LogReader(FakeProvider(endpoint)))
    assert endpoint.asked == ["eth_getBlockByNumber", "eth_getLogs"]


@pytest.mark.parametrize("limit", [1, 100, 1_000, 10_000, 10**9])
def test_a_limit_costs_few_requests_and_few_refusals(limit):
    """A range limit of the endpoint is found out, kept to, and tried again at times."""
    span, left, asked, refused = Span(), 1_000_000 if limit > 100 else 20_000, 0, 0
    while left > 0:
        asked += 1
        if span.blocks > limit:
            refused += 1
            span.refused(span.blocks)
        else:
            left -= span.blocks
            span.answered(span.blocks)
    least = (1_000_000 if limit > 100 else 20_000) / limit
    assert asked <= 5.5 * least + 60
    assert refused <= asked / 8 + 9


@pytest.mark.parametrize(
    "change",
    [
        {"address": B}, {"topics": []}, {"topics": ["0x" + "33" * 32]}, {"blockNumber": "0x9"},
        {"removed": True}, {"blockNumber": "x"}, {"blockHash": None}, {"blockHash": "0x" + "99" * 32}, 
        {"logIndex": "-0x1"}, {"topics": None}, {"data": 5}, {"blockNumber": hex(2**64)},
    ],
)  # fmt: skip
def test_what_was_not_asked_for_is_not_taken(change):
    chain = chain_of([[], [], [(A, (ONE,), "0x")]])
    liar = Endpoint(chain)
    chain.logs[2][0] = chain.logs[2][0] | change
    liar._logs = lambda _query, _head: {"result": chain.logs[2]}  # type: ignore[method-assign]
    with pytest.raises(ChainUnavailable):
        read(LogReader(FakeProvider(liar)))


def test_logs_that_come_twice_or_out_of_order_are_refused():
    chain = chain_of([[], [(A, (ONE,), "0x")] * 2])
    for logs in ([chain.logs[1][0]] * 2, chain.logs[1][::-1]):
        liar = Endpoint(chain)
        liar._logs = lambda _query, _head, logs=logs: {"result": logs}  # type: ignore[method-assign,misc]
        with pytest.raises(ChainUnavailable, match="not asked for"):
            read(LogReader(FakeProvider(liar)))


def test_memory_is_that_of_one_range():
    """Nothing is fetched that is not taken, however long the history."""
    chain = chain_of([[(A, (ONE,), "0x")]] * 50)
    endpoint = Endpoint(chain, blocks=5)
    reader = LogReader(FakeProvider(endpoint))
    ranges = reader.ranges([A], [], first=0, last=None, newest_first=True)
    assert len(next(ranges).logs) <= 5
    seen = len(endpoint.asked)
    next(ranges)
    assert len(endpoint.asked) == seen + 2
