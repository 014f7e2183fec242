"""Waiting for others, and steps that somebody else has taken in the meantime: mostly validators' keepers."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from assay.cli.output import due, paid
from assay.cli.settings import say
from assay.errors import ContractError, InvalidInput
from assay.words import times

if TYPE_CHECKING:
    from assay.chain import Receipt
    from assay.cli.progress import LateBar
    from assay.deal.round_step import NextStep
    from assay.market import Market
    from assay.structs import State

POLL_SECONDS = 1.0
MINUTES = 10
"""How long a command waits for its turn."""
KEEPER_SECONDS = 90.0
"""A step that anyone may take, and that nobody has taken for so long, is left to whoever waits."""
_OTHERS = ("anyone", "validators")


def follow(market: Market, number: int, *, minutes: int = MINUTES, quiet: bool = False) -> NextStep:
    """Follow a commission: see :func:`follow_steps`."""
    return follow_steps(
        lambda: market.commissions.next_step(number),
        "assay commission advance",
        minutes=minutes,
        quiet=quiet,
    )


def follow_steps(
    next_step: Callable[[], NextStep],
    advance: str,
    *,
    whose: Collection[str] = _OTHERS,
    minutes: int = MINUTES,
    quiet: bool = False,
) -> NextStep:
    """Wait as long as the next step is others', and say each; the first that is not.

    Args:
        next_step: reads from the chain what is due.
        advance: the command that takes the way out.
        whose: the others; by default validators, and whoever takes steps that anyone may take.

    Raises:
        InvalidInput: they have not finished within *minutes*.
    """
    from assay.cli.progress import waiting

    with waiting(quiet=quiet) as shown:
        return _followed(next_step, advance, whose, minutes, shown, quiet)


def _followed(
    next_step: Callable[[], NextStep],
    advance: str,
    whose: Collection[str],
    minutes: int,
    shown: LateBar,
    quiet: bool,
) -> NextStep:
    end, since, last = time.monotonic() + minutes * 60, time.monotonic(), ""
    while (step := next_step()).who in whose:
        now = time.monotonic()
        if str(step) != last:
            last, since = str(step), now
            if not quiet:
                say(f"Waiting for {step}")
        if step.who == "anyone" and now > since + KEEPER_SECONDS:
            return step
        if now > end:
            raise InvalidInput(
                f"It has not gone on within {minutes} minutes: {step}.",
                hint=f"Wait on; when their time is over, `{advance}` takes the way out.",
            )
        shown.at()
        time.sleep(POLL_SECONDS)
    return step


def await_turn(
    market: Market, number: int, before: Collection[State], *, whose: Collection[str] = _OTHERS, quiet: bool
) -> None:
    """Before a step of one's own: wait while the deal is in a state *before* it, and it is up to others.

    Args:
        whose: of them; by default validators, and whoever takes steps that anyone may take.
        quiet: do not say for what.
    """
    if market.commissions.get(number).state in before and market.commissions.next_step(number).who in whose:
        follow(market, number, quiet=quiet)


def granted(market: Market, number: int, grant: Callable[[], Receipt]) -> Receipt:
    """Grant the key to a commission's panel.

    Raises:
        InvalidInput: there is no panel: not yet, or not any more.
    """
    from assay.structs import State

    deal = market.commissions.get(number)
    if not deal.panel_id and deal.state in (State.BIDDING, State.REVEALING):
        missing = f"Commission {number} has no panel yet; it is drawn after the auction."
    elif not deal.panel_id:
        missing = f"Commission {number} has no panel now."
    else:
        try:
            return grant()
        except ContractError as refusal:
            if refusal.name != "UnknownPanel":
                raise
        missing = f"The panel of commission {number} has finished its work and needs no key."
    raise InvalidInput(missing, hint=f"The next step: {market.commissions.next_step(number)}.")


def taken(
    market: Market, number: int, take: Callable[[], Receipt], *, settling: bool = False
) -> dict[str, Any]:
    """Take a step that anyone may take, as a record of what it cost and of what is due next.

    Args:
        settling: the step is to settle, and no other.

    That nothing is due, or that somebody else was faster, is said, and is no failure.
    """
    expected = market.commissions.next_step(number)
    try:
        cost = paid(take())
    except ContractError as refusal:
        step = market.commissions.next_step(number)
        if (step.who, step.what) != (expected.who, expected.what):
            say("Somebody else has taken this step in the meantime.")
        elif step.is_last:
            say("Nothing is left to be done.")
        elif refusal.name == "NothingDue":
            say(_too_early(market, number) if settling else "No step that anyone may take is due now.")
        else:
            raise
        return {"transaction": None, "next": due(step)}
    return {**cost, "next": due(market.commissions.next_step(number))}


def _too_early(market: Market, number: int) -> str:
    """Why a commission is not settled now."""
    from assay.structs import State

    deal = market.commissions.get(number)
    if deal.state != State.CHALLENGE or deal.cause:
        return f"Commission {number} cannot be settled now."
    return f"Commission {number} can be settled from {times.local(deal.deadline)}, unless it is contested."
