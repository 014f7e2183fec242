"""The docket ties every request to the question that was asked, and forgets what has ended."""

from __future__ import annotations

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from assay.chain import Event
from assay.structs import Kind, Question, RoundState
from assay_oracle.docket import Docket, WatchedAudit

ME, OTHER = "0x" + "11" * 20, "0x" + "22" * 20
MARKET = "0x" + "33" * 20
ROUND, APPEAL = 5 << 32 | 1, 1 << 32 | 2


def question(number: int = 1) -> Question:
    return Question(
        kind=Kind.SCORE, subjects=1, tolerance=0, appealable=True, fresh=3, work=bytes([number]) * 32,
        delivers=False, artifacts=(b"\1" * 32, b"\2" * 32), granters=(ME, OTHER),
        grants=(bytes(32), bytes(32)),
    )  # fmt: skip


class Chain:
    """Tells a docket what happens."""

    def __init__(self) -> None:
        self.docket, self._blocks = Docket(), count(1)

    def say(self, name: str, contract: str = "Rounds", **arguments: object) -> Chain:
        block = next(self._blocks)
        self.docket.take(Event(contract, name, arguments, block, "0x", 0), ME)
        return self

    def open(self) -> Chain:
        return self.say("RoundOpened", panelId=ROUND, market=MARKET, dealId=7, terms={})

    def ask(self, number: int = 1) -> Chain:
        return self.say("Asked", panelId=ROUND, question=question(number).to_abi())

    def seat(self, panel: int = ROUND, *members: str) -> Chain:
        return self.say(
            "PanelSeated", "ValidationOracle", panelId=panel, members=list(members or (ME, OTHER))
        )

    def vote(self, request: int, panel: int = ROUND) -> Chain:
        return self.say("VotingBegan", "ValidationOracle", requestId=request, panelId=panel)

    def appeal(self) -> Chain:
        return self.say(
            "Appealed", panelId=ROUND, requestId=1, appellant=OTHER, appealPanelId=APPEAL, deposit=1
        )


def test_a_request_keeps_its_question_when_the_panel_is_asked_again():
    chain = Chain().open().ask(1).seat().vote(1).say("Judged", "ValidationOracle", requestId=1).ask(2).vote(2)
    assert chain.docket.own_requests() == [2]
    assert chain.docket.requests[2].question == question(2)
    assert not chain.docket.has_newcomers(chain.docket.requests[2])


def test_an_appeal_panel_answers_the_first_panels_question():
    chain = Chain().open().ask().seat(ROUND, OTHER).vote(1).appeal().seat(APPEAL, ME).vote(2, APPEAL)
    assert chain.docket.own_requests() == [2]
    assert chain.docket.own_rounds() == [ROUND]
    asked = chain.docket.requests[2]
    assert (asked.round_id, asked.question) == (ROUND, question())
    assert chain.docket.has_newcomers(asked)
    assert chain.docket.rounds[ROUND].appeal_panel == APPEAL


def test_a_new_question_has_no_appeal_yet():
    chain = Chain().open().ask(1).seat().vote(1).appeal()
    assert chain.docket.rounds[ROUND].appeal_panel == APPEAL
    watched = chain.ask(2).docket.rounds[ROUND]
    assert (watched.appeal_panel, watched.appeals, watched.asked) == (0, (APPEAL,), 6)
    assert chain.vote(2).docket.requests[2].asked == 6


def test_members_who_were_drawn_later_are_newcomers():
    chain = Chain().open().ask().seat().seat().vote(1)
    assert chain.docket.has_newcomers(chain.docket.requests[1])


def test_a_panel_that_rounds_has_not_opened_is_nobodys_work():
    assert Chain().seat().vote(1).docket.own_requests() == []


def test_a_round_that_is_closed_leaves_nothing_behind():
    chain = Chain().open().ask().seat().vote(1).appeal().seat(APPEAL).vote(2, APPEAL)
    assert chain.say("RoundClosed", panelId=ROUND).docket == Docket()


def test_audits_belong_to_the_market_and_the_deal():
    chain = Chain().open()
    for number, (opener, deal) in enumerate([(MARKET, 7), (OTHER, 7), (MARKET, 8), (MARKET, 7)]):
        terms = {"subject": bytes([number]) * 32}
        chain.say("AuditRequested", "AuditRegistry", auditId=number, opener=opener, dealId=deal, terms=terms)
    chain.say("AuditDecided", "AuditRegistry", auditId=3, outcome=1)
    assert chain.docket.audits_of(chain.docket.rounds[ROUND]) == [(0, WatchedAudit(MARKET, 7, bytes(32)))]


@given(st.lists(st.sampled_from([one for one in RoundState if one]), min_size=1, max_size=9))
def test_a_state_is_as_old_as_its_last_change(states):
    chain = Chain().open()
    for state in states:
        chain.say("StateChanged", id=ROUND, state=int(state), deadline=0)
    watched = chain.docket.rounds[ROUND]
    assert (watched.state, watched.since) == (states[-1], len(states) + 1)
