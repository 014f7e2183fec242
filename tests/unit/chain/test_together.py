"""Work side by side: its requests travel together, and each gets its own answer or its own error."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.chain import Connection
from assay.chain.provider import FailoverProvider
from assay.errors import ChainError, ChainUnavailable

Content = dict[str, Any] | list[dict[str, Any]]


def echo(request: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request["id"], "result": request["params"][0]}


def each_echoed(_index: int, content: Content) -> Any:
    return [echo(one) for one in content] if isinstance(content, list) else echo(content)


class Provider(FailoverProvider):
    """The real one; `answer(endpoint, content)` is what comes back."""

    def __init__(self, answer: Callable[[int, Content], Any] = each_echoed, endpoints: int = 1) -> None:
        super().__init__([f"http://{number}.example" for number in range(endpoints)], rounds=1)
        self.answer, self.posts = answer, list[tuple[int, Content]]()

    def _post(self, index: int, content: Content) -> Any:
        self.posts.append((index, content))
        return self.answer(index, content)

    def ask(self, value: Any) -> Any:
        return self.request("echo", value)["result"]


def side_by_side(provider: Provider, numbers: range) -> list[Any]:
    return provider.together([partial(provider.ask, number) for number in numbers])


def as_one(provider: Provider, numbers: range) -> list[Any]:
    return [answer["result"] for answer in provider.request_each("echo", [[number] for number in numbers])]


both_ways = pytest.mark.parametrize("ask", [side_by_side, as_one])


Work = tuple[int, list[Any]]
works = st.recursive(
    st.tuples(st.integers(0, 3), st.just([])),
    lambda inner: st.tuples(st.integers(0, 3), st.lists(inner, max_size=4)),
    max_leaves=12,
)
"""A piece of work: how many questions it asks one after the other, and then its own pieces."""


def depth(work: Work) -> int:
    return work[0] + max((depth(inner) for inner in work[1]), default=0)


def carry_out(provider: Provider, name: str, work: Work) -> list[str]:
    said = [provider.ask(f"{name} {number}") for number in range(work[0])]
    inner = [partial(carry_out, provider, f"{name}.{place}", one) for place, one in enumerate(work[1])]
    return said + [line for lines in provider.together(inner) for line in lines]


def expected(name: str, work: Work) -> list[str]:
    said = [f"{name} {number}" for number in range(work[0])]
    return said + [line for place, one in enumerate(work[1]) for line in expected(f"{name}.{place}", one)]


@settings(max_examples=60)
@given(works)
def test_as_many_requests_as_the_longest_work_has_questions(work):
    provider, before = Provider(), threading.active_count()
    assert provider.together([partial(carry_out, provider, "w", work)]) == [expected("w", work)]
    assert len(provider.posts) == depth(work)
    assert threading.active_count() < before + 40


def test_questions_that_are_alike_are_asked_once():
    provider = Provider()
    assert provider.together([lambda: provider.ask("same")] * 5) == ["same"] * 5
    assert [content["params"] for _, content in provider.posts] == [["same"]]


def test_many_pieces_of_work_go_in_portions():
    provider = Provider()
    assert provider.together([partial(provider.ask, n) for n in range(250)]) == list(range(250))
    assert [len(content) for _, content in provider.posts] == [100, 100, 50]


def test_the_first_error_is_raised_when_all_have_ended():
    provider, ended = Provider(), []

    def failing(number: int) -> None:
        provider.ask(number)
        if number % 2:
            raise ChainError(f"number {number}")
        ended.append(number)

    with pytest.raises(ChainError, match="number 1"):
        provider.together([partial(failing, number) for number in range(6)])
    assert sorted(ended) == [0, 2, 4]


def no_batch(_index: int, content: Content) -> Any:
    refused = {"id": None, "error": {"code": -32600, "message": "no batches"}}
    return refused if isinstance(content, list) else echo(content)


def status(_index: int, content: Content) -> Any:
    if isinstance(content, list):
        raise ValueError("HTTP 413")
    return echo(content)


@both_ways
@pytest.mark.parametrize("answer", [no_batch, status])
def test_an_endpoint_that_takes_no_batches_is_asked_one_by_one(answer, ask):
    provider = Provider(answer)
    for _ in range(2):
        assert ask(provider, range(3)) == [0, 1, 2]
    assert sum(isinstance(content, list) for _, content in provider.posts) == 1


def shuffled(_index: int, content: Content) -> Any:
    found = [echo(one) for one in content] if isinstance(content, list) else echo(content)
    if isinstance(found, list):
        random.Random(1).shuffle(found)
    return found


@both_ways
def test_answers_may_come_in_any_order(ask):
    provider = Provider(shuffled)
    assert ask(provider, range(9)) == list(range(9))
    assert len(provider.posts) == 1


@both_ways
@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: found[1:],
        lambda found: [],
        lambda found: [found[0]] * len(found),
        lambda found: [one | {"id": None} for one in found],
        lambda found: [one | {"id": []} for one in found],
        lambda found: [1, None, "x"],
        lambda found: "text",
        lambda found: 7,
        lambda found: [{"id": one["id"]} for one in found],
        lambda found: [one | {"error": {}} for one in found],
    ],
)
def test_a_batch_that_is_answered_badly_is_not_believed(spoil, ask):
    def answer(_index: int, content: Content) -> Any:
        return spoil([echo(one) for one in content]) if isinstance(content, list) else echo(content)

    provider = Provider(answer)
    assert ask(provider, range(3)) == [0, 1, 2]


def test_an_error_belongs_to_its_question():
    def answer(_index: int, content: Content) -> Any:
        refused = {"jsonrpc": "2.0", "id": 1, "error": {"code": 3, "message": "execution reverted"}}
        return [refused if one["id"] == 1 else echo(one) for one in content]

    provider = Provider(answer)
    found = provider.together([partial(provider.request, "echo", n) for n in range(3)])
    assert ["error" in one for one in found] == [False, True, False]


@both_ways
def test_the_next_endpoint_is_asked_for_all(ask):
    def answer(index: int, content: Content) -> Any:
        if index == 0:
            raise httpx.ConnectError("nobody")
        return each_echoed(index, content)

    provider = Provider(answer, endpoints=2)
    assert ask(provider, range(4)) == [0, 1, 2, 3]
    assert [index for index, _ in provider.posts] == [0, 1]


@both_ways
def test_nobody_answers(ask):
    def answer(_index: int, _content: Content) -> Any:
        raise httpx.ConnectError("nobody")

    provider = Provider(answer)
    with pytest.raises(ChainUnavailable, match="nobody"):
        ask(provider, range(4))


def test_ctrl_c_while_all_wait():
    def answer(_index: int, _content: Content) -> Any:
        raise KeyboardInterrupt

    before = threading.active_count()
    provider = Provider(answer)
    with pytest.raises(KeyboardInterrupt):
        provider.together([partial(provider.ask, n) for n in range(8)])
    for thread in threading.enumerate():
        if thread.daemon and thread is not threading.main_thread() and "_AtExit" not in thread.name:
            thread.join(0.5)
    assert threading.active_count() <= before


def test_two_markets_do_not_share_requests():
    one, other = Provider(), Provider()
    found = one.together([lambda: (one.ask(1), other.together([lambda: other.ask(2), lambda: other.ask(3)]))])
    assert found == [(1, [2, 3])]
    assert (len(one.posts), len(other.posts)) == (1, 1)


def test_a_real_node_takes_batches(chain, proxy):
    reader = Connection([proxy.url], timeout=5, rounds=1)
    proxy.requests = 0
    chain_id, number, time = reader.together([reader.chain_id, reader.block_number, reader.block_time])
    assert (chain_id, number, time) == (reader.chain_id(), reader.block_number(), reader.block_time())
    assert proxy.requests == 1 + 3
