"""Decoys that ask honest validators more than they can answer, and silence on the panels that matter.

Probabilities are exact, from an endless pool: each seat is a liar's, or that of an honest validator who
answers or not. What a panel says comes from the reference. Money is in whole tokens.
"""

import itertools
from functools import cache

import numpy as np
from reference import panel
from reference.panel import Answer, Kind, Outcome, Report, Vote, appeal_size
from scipy.stats import binom, multinomial

from simulation import defaults
from simulation.claims import Findings
from simulation.market import SEATS
from simulation.panels import FALSE, TOLERANCE, TRUE, needed

SILENT = (0.0, 0.05, 0.1, 0.2, 0.4)  # of what honest validators are asked
DOWN = 0.2  # of which a claim is made
SHARES = (0.1, 0.2)
TRAP = 3  # seats of the smallest panel that a test set may have


def crowds() -> Findings:
    """What silence does to panels and appeals, what it costs to bring about, and what traps cost."""
    found = Findings()
    for size, share, silent in itertools.product(defaults.TIERS, SHARES, SILENT):
        found.tables.setdefault("silence", []).append(
            {
                "size": size,
                "share": share,
                "silent": silent,
                "false": captured(size, share, silent),
                "none": stalled(size, share, silent),
                "stands": saved(appeal_size(size), share, silent),
                "overturned": overturned(appeal_size(size), share, silent),
            }
        )
    for check in (_check_silence, _check_crowding, _check_traps):
        check(found)
    return found


def captured(size: int, share: float, silent: float) -> float:
    """P(the panel says what its liars say)."""
    return _chance(size, share, silent, FALSE)


def stalled(size: int, share: float, silent: float) -> float:
    """P(the panel says nothing)."""
    return 1 - _chance(size, share, silent, FALSE) - _chance(size, share, silent, TRUE)


def saved(judges: int, share: float, silent: float) -> float:
    """P(an appeal panel does not say the truth, and so leaves a lie standing)."""
    return 1 - _chance(judges, share, silent, TRUE, on_appeal=True)


def overturned(judges: int, share: float, silent: float) -> float:
    """P(an appeal panel says what its liars say)."""
    return _chance(judges, share, silent, FALSE, on_appeal=True)


def _chance(size: int, share: float, silent: float, score: int, *, on_appeal: bool = False) -> float:
    counts = [
        (lies, truths, size - lies - truths)
        for lies in range(size + 1)
        for truths in range(size + 1 - lies)
        if _says(size, lies, truths, on_appeal) == score
    ]
    chances = (share, (1 - share) * (1 - silent), (1 - share) * silent)
    return float(multinomial.pmf(counts, size, chances).sum())


@cache
def _says(size: int, lies: int, truths: int, on_appeal: bool) -> int | None:
    """The score on which a panel agrees by the reference, the others being silent; None if it does not."""
    scores = [FALSE] * lies + [TRUE] * truths
    votes = [Vote(Answer.REVEALED, Report(scores=(score,))) for score in scores]
    votes += [panel.SILENT] * (size - len(votes))
    result = panel.tally(Kind.SCORE, votes, TOLERANCE, on_appeal=on_appeal)
    return result.scores[0] if result.outcome == Outcome.ANSWERED else None


def _check_silence(found: Findings) -> None:
    down = {size: captured(size, defaults.SHARE, DOWN) for size in defaults.TIERS}
    all_seats = {size: float(binom.sf(needed(size) - 1, size, defaults.SHARE)) for size in defaults.TIERS}
    found.check(
        "Silence of honest members makes a first panel's false result no likelier, as all seats are counted",
        all(np.isclose(down[size], all_seats[size], rtol=1e-9) for size in defaults.TIERS),
        "with a fifth missed as with none, "
        + ", ".join(f"{down[size]:.2g} at {size} seats" for size in defaults.TIERS),
    )
    none = {
        size: (stalled(size, defaults.SHARE, 0), stalled(size, defaults.SHARE, 0.05))
        for size in defaults.TIERS
    }
    found.check(
        "Where one of 20 honest members is silent, there is no result up to four times as often",
        all(1 < after / before < 4 for before, after in none.values()),
        ", ".join(f"{before:.3f} to {after:.3f} at {size} seats" for size, (before, after) in none.items()),
    )
    stand = {
        size: (saved(appeal_size(size), defaults.SHARE, 0), saved(appeal_size(size), defaults.SHARE, 0.05))
        for size in defaults.TIERS
    }
    found.check(
        "Where one of 20 honest judges is silent, lies outlive their appeals up to twice as often",
        all(1 < after / before < 2 for before, after in stand.values()),
        ", ".join(f"{before:.3f} to {after:.3f} at {size} seats" for size, (before, after) in stand.items()),
    )
    gains = {size: defaults.second_throw(size, _overturned_when_down(size)) for size in defaults.TIERS}
    found.check(
        "Nor is a true result worth appealing for liars where honest judges miss a fifth, though only judges "
        "who answer are counted",
        max(gains.values()) < 0,
        ", ".join(
            f"{_overturned_when_down(size):.2g} overturned, {gains[size]:+,.0f} at {size} seats"
            for size in gains
        ),
    )


def _overturned_when_down(size: int) -> float:
    return overturned(appeal_size(size), defaults.SHARE, DOWN)


def _check_crowding(found: Findings) -> None:
    """Decoys in the time of an appeal, by liars who have captured the panel of the largest deal it bears."""
    capacities = {size: _capacity(size, value) for size, value in defaults.tiers().items()}
    found.tables["crowding"] = [
        {"size": size, "capacity": capacity, "seats": SEATS} for size, capacity in capacities.items()
    ]
    found.check(
        "With 200 seats' stake, crowding out an appeal costs more than it earns where validators can answer "
        "so many requests at a time for each seat's stake",
        capacities[5] < 5 and capacities[31] < 200,
        ", ".join(f"{capacity:.0f} at {size} seats" for size, capacity in capacities.items()),
    )


def _capacity(size: int, value: float) -> float:
    """How many requests the honest have to answer for each seat's stake, so that crowding earns nothing.

    Decoys fall on all alike. To leave a part of the honest answers undone they have to ask what is answered
        and that part more, and all but the liars' share of their fees is lost.
    """
    judges, prize = appeal_size(size), value + defaults.SEAT_STAKE * needed(size)
    before = saved(judges, defaults.SHARE, 0)
    gains = [
        (saved(judges, defaults.SHARE, silent) - before) * prize * (1 - silent)
        for silent in np.arange(0.05, 1, 0.05)
    ]
    return max(gains) / (defaults.MIN_FEE * SEATS * (1 - defaults.SHARE))


def _check_traps(found: Findings) -> None:
    """Decoys of the smallest size, on which liars slash the honest member that they outvote."""
    outvoted = float(binom.pmf(needed(TRAP), TRAP, defaults.SHARE))
    judges = appeal_size(TRAP)
    undone = 1 - defaults.stands(TRAP)
    liars = outvoted * undone * needed(TRAP) * defaults.SEAT_STAKE
    honest = outvoted * (defaults.MIN_FEE * judges + (1 - undone) * defaults.SEAT_STAKE)
    found.check(
        "A decoy of three seats, on which liars outvote a member, costs them more than it if it appeals",
        liars > 3 * honest,
        f"{liars:.0f} to {honest:.0f} on average; without an appeal nothing to "
        f"{outvoted * defaults.SEAT_STAKE:.0f}, for {TRAP * defaults.MIN_FEE} in fees",
    )
