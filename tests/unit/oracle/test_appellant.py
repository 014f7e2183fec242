"""An appeal is made only where it saves the stake, and for no more than the settings allow."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.manifests.evaluation import ReportStatus
from assay.structs import Kind, Outcome, Question, Report, Result, RoundState
from assay_oracle.appellant import Appellant, is_false
from assay_oracle.docket import Docket, WatchedRound
from assay_oracle.journal import Decision, Journal, Task

ME, ROUND, REQUEST = "0x" + "11" * 20, 1, 2
OWN = Report(status=ReportStatus.ANSWERED, scores=(900,), word=b"\1" * 32, manifest=b"\2" * 32)
LIE = Result(outcome=Outcome.ANSWERED, scores=(1,), criteria=0, word=b"\1" * 32)
QUESTION = Question(
    kind=Kind.SCORE, subjects=1, tolerance=10, appealable=True, fresh=0, work=b"\1" * 32, delivers=False,
    artifacts=(), granters=(), grants=(),
)  # fmt: skip


def appeals(**changes: Any) -> int:
    """How many appeals are made; *changes* are what is not as usual."""
    made: list[int] = []
    own, question = changes.get("revealed", OWN), changes.get("question", QUESTION)
    request = SimpleNamespace(
        reveal_ends=100,
        result=changes.get("result", LIE),
        terms=SimpleNamespace(kind=Kind.SCORE, tolerance=10),
    )
    found = SimpleNamespace(
        state=RoundState.VOTING, request_id=REQUEST, token="0x", timeouts=SimpleNamespace(appeal=50)
    )
    market: Any = SimpleNamespace(
        address=ME,
        rounds=SimpleNamespace(
            get=lambda _: found,
            appeal_deposit=lambda _: changes.get("deposit", 500),
            appeal=lambda number: made.append(number) or SimpleNamespace(tx_hash="0x"),
        ),
        oracle=SimpleNamespace(
            panel=lambda _: SimpleNamespace(members=changes.get("members", (ME,))),
            request=lambda _: request,
            vote=lambda *_: SimpleNamespace(
                revealed=own is not None,
                report=None if own is None else own.model_copy(update={"manifest": bytes(32)}),
            ),
        ),
        escrow=SimpleNamespace(token=lambda _: SimpleNamespace(parse=int, format=str)),
    )
    state = changes.get("state", RoundState.VOTING)
    watched = WatchedRound("0x" + "33" * 20, 1, state=state, question=question)
    watch: Any = SimpleNamespace(docket=Docket(rounds={ROUND: watched}), head_time=changes.get("now", 120))
    with Journal(None, oracle="o", validator=ME) as journal:
        if decided := changes.get("decided", OWN):
            journal.record(Task(REQUEST, ROUND, Kind.SCORE, question.digest()), Decision(decided))
        Appellant(market, watch, journal, "500").step(ROUND)
    return len(made)


def test_one_that_is_outvoted_appeals():
    assert appeals() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"result": LIE.model_copy(update={"scores": (895,)})},
        {"result": LIE.model_copy(update={"outcome": Outcome.UNDECIDED, "scores": ()})},
        {"result": LIE.model_copy(update={"outcome": Outcome.REJECTED, "scores": ()})},
        {"decided": None},
        {"decided": OWN.model_copy(update={"scores": (800,)})},
        {"revealed": None},
        {"now": 99},
        {"now": 150},
        {"deposit": 501},
        {"members": ("0x" + "22" * 20,)},
        {"state": RoundState.APPEAL_DRAWING},
        {"question": QUESTION.model_copy(update={"appealable": False})},
    ],
    ids=str,
)
def test_nothing_else_is_appealed(change):
    assert appeals(**change) == 0


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**32 - 1))
def test_false_is_what_lies_outside_the_tolerance(own, agreed, tolerance):
    result = LIE.model_copy(update={"scores": (agreed,)})
    report = OWN.model_copy(update={"scores": (own,)})
    assert is_false(report, result, tolerance) == (not agreed - tolerance <= own <= agreed + tolerance)


def test_another_word_is_false_and_no_answer_never_is():
    assert is_false(OWN.model_copy(update={"word": b"\3" * 32, "scores": (1,)}), LIE, 10)
    assert not is_false(Report(status=ReportStatus.CANNOT_OPEN), LIE, 10)
