"""Commands wait for validators and keepers, and a step that somebody else has taken is no failure."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.cli import following
from assay.cli.following import await_turn, follow, granted, taken
from assay.deal.round_step import NextStep
from assay.errors import ContractError, InvalidInput
from assay.structs import Cause, State
from assay.words import times

WORK = NextStep("validators", "commit reports of the score", 900)
STEP = NextStep("anyone", "close the auction: `assay commission advance 7`", 0)
TURN = NextStep("developer", "submit a model", 900)
END = NextStep("nobody", "settled", 0)
GRANT, APPEAL = NextStep("customer", "grant the key", 900), NextStep("nobody", "appeal?", 900)
STEPS = (WORK, STEP, TURN, END, GRANT, APPEAL)


class Deal:
    """A deal whose next steps are *steps*, one a second; the last one stays."""

    def __init__(self, *steps: NextStep, state: State = State.ATTESTING) -> None:
        self.steps, self.state, self.now = list(steps), state, 0.0
        self.commissions, self.panel_id, self.cause, self.deadline = self, 0, Cause.NONE, 900

    def next_step(self, _number: int) -> NextStep:
        return self.steps[min(int(self.now), len(self.steps) - 1)]

    def get(self, _number: int) -> SimpleNamespace:
        return SimpleNamespace(**vars(self))


@pytest.fixture
def said(monkeypatch) -> list[str]:
    """What is told while waiting; nobody waits in earnest."""
    lines: list[str] = []
    monkeypatch.setattr(following, "say", lines.append)
    return lines


def watched(deal: Deal, call: Any) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(following.time, "monotonic", lambda: deal.now)
        patch.setattr(following.time, "sleep", lambda seconds: setattr(deal, "now", deal.now + seconds))
        return call(deal)


@given(st.lists(st.sampled_from(STEPS), min_size=1, max_size=8))
def test_it_follows_until_it_is_somebody_elses_turn(steps):
    deal = Deal(*steps, TURN)
    found = watched(deal, lambda market: follow(market, 7, quiet=True))
    assert found == next(step for step in (*steps, TURN) if step.who not in ("validators", "anyone"))


def test_each_step_is_told_once(said):
    watched(Deal(WORK, WORK, STEP, WORK, TURN), lambda market: follow(market, 7))
    assert said == [f"Waiting for {step}" for step in (WORK, STEP, WORK)]


def test_a_step_that_nobody_takes_is_left_to_who_waits():
    deal = Deal(STEP)
    assert watched(deal, lambda market: follow(market, 7, quiet=True)) == STEP
    assert following.KEEPER_SECONDS < deal.now < following.KEEPER_SECONDS + 10


def test_validators_are_not_waited_for_without_end():
    with pytest.raises(InvalidInput, match=r"has not gone on within 2 minutes: validators: commit reports"):
        watched(Deal(WORK), lambda market: follow(market, 7, minutes=2, quiet=True))


@pytest.mark.parametrize(
    ("state", "steps", "waits"),
    [
        (State.ATTESTING, (STEP, STEP, TURN), True),
        (State.BUILDING, (STEP, TURN), False),  # its own time is over: nothing to wait for
        (State.ATTESTING, (TURN,), False),
    ],
)
def test_a_command_waits_only_for_what_comes_before_it(state, steps, waits):
    deal = Deal(*steps, state=state)
    watched(deal, lambda market: await_turn(market, 7, (State.ATTESTING,), quiet=True))
    assert (deal.now > 0) == waits


def refused(name: str, deal: Deal, seconds: float) -> Any:
    def take() -> Any:
        deal.now += seconds
        raise ContractError("No.", name=name)

    return watched(deal, lambda market: taken(market, 7, take))


@given(st.sampled_from(("NothingDue", "WrongState", "Unknown")))
def test_that_somebody_was_faster_is_told_and_no_failure(name):
    with pytest.MonkeyPatch.context() as patch:
        told: list[str] = []
        patch.setattr(following, "say", told.append)
        shown = refused(name, Deal(STEP, TURN), 1)
    assert (shown["transaction"], shown["next"].text) == (None, str(TURN))
    assert told == ["Somebody else has taken this step in the meantime."]


def test_that_nothing_is_due_is_told_and_no_failure(said):
    assert refused("NothingDue", Deal(TURN), 0)["transaction"] is None
    assert refused("WrongState", Deal(END), 0)["next"].text == str(END)
    assert said == ["No step that anyone may take is due now.", "Nothing is left to be done."]


@pytest.mark.parametrize("name", ["WrongState", "Unknown", "NotAllowed"])
def test_another_refusal_is_a_failure(said, name):
    with pytest.raises(ContractError):
        refused(name, Deal(TURN), 0)
    assert said == []


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (State.CHALLENGE, f"Commission 7 can be settled from {times.local(900)}, unless it is contested."),
        (State.BUILDING, "Commission 7 cannot be settled now."),
    ],
)
def test_who_settles_too_early_is_told_from_when(said, state, told):
    def settle() -> Any:
        raise ContractError("No.", name="NothingDue")

    shown = taken(Deal(TURN, state=state), 7, settle, settling=True)
    assert (said, shown["next"].text) == ([told], str(TURN))


@pytest.mark.parametrize(
    ("state", "panel", "told"),
    [
        (State.BIDDING, 0, "Commission 7 has no panel yet; it is drawn after the auction."),
        (State.REFUNDED, 0, "Commission 7 has no panel now."),
        (State.CHALLENGE, 1, "The panel of commission 7 has finished its work and needs no key."),
    ],
)
def test_a_key_for_no_panel_is_refused_with_what_comes_next(state, panel, told):
    def grant() -> Any:
        raise ContractError("There is no panel 1.1.", name="UnknownPanel")

    deal = Deal(TURN, state=state)
    deal.panel_id = panel
    with pytest.raises(InvalidInput) as refused:
        granted(deal, 7, grant)
    assert str(refused.value) == f"{told} The next step: {TURN}."


def test_a_key_for_a_panel_is_granted():
    deal = Deal(GRANT)
    deal.panel_id = 1
    assert granted(deal, 7, lambda: "receipt") == "receipt"

    def grant() -> Any:
        raise ContractError("Too late.", name="TooLate")

    with pytest.raises(ContractError, match="Too late"):
        granted(deal, 7, grant)
