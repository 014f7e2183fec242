"""The defaults that follow from the simulations; `scripts/parameters.yaml` uses them.

Money is in whole tokens; stake and payment are taken to be worth the same.
"""

import itertools
from collections.abc import Iterator

import numpy as np
from reference.panel import appeal_size
from scipy.stats import binom, poisson

from simulation.claims import Findings
from simulation.panels import SIZES, needed

SHARE = 0.2  # of all stake, that one attacker controls
SEAT_STAKE = 500
MIN_FEE = 5
APPEAL_BOND = 100
SILENCE, WITHHOLD = 0.05, 0.2
LOAD = 8  # seats for each seat's stake, up to which the defaults hold
TIERS = (5, 7, 13, 31)  # sizes at which the bound jumps; those between cost more and bear hardly more


def stands(size: int, share: float = SHARE) -> float:
    """P(a lie by two thirds of a panel outlives its appeal): more than a third of the appeal panel lies too.

    The pool is taken to be endless, which is the worst case: the more liars sit on the first panel, the fewer
        are left for the second.
    """
    judges = appeal_size(size)
    return float(binom.sf(judges - needed(judges), judges, share))


def sitting(size: int, share: float = SHARE) -> float:
    """How many liars sit on a panel and hold two thirds of it, on average over all panels."""
    liars = np.arange(needed(size), size + 1)
    return float((liars * binom.pmf(liars, size, share)).sum())


def companions(liars: float, size: int, share: float = SHARE, load: float = LOAD) -> float:
    """On how many other captured panels a liar sits on average, where all panels have this size.

    A liar's stake backs *load* seats on average, so that `load / (size * share)` panels come to each of their
        stakes; *liars* are how many on average sit on a panel that they hold.
    """
    return load / (size * share) * liars


def kept(q: float, others: float) -> float:
    """What a liar loses on average for each of its lies, in seat stakes, when it has *others* more.

    Its stake is lost once, however many of its lies are undone, and each stands with a chance of *q*. The
        accounts are as small as can be, which is the worst case: a larger one loses a seat's stake for each
        lie.
    """
    more = np.arange(400)
    return float((poisson.pmf(more, others) * (1 - q ** (1 + more)) / (1 + more)).sum())


def bearable(size: int, seat_stake: float = SEAT_STAKE, share: float = SHARE, load: float = LOAD) -> float:
    """The value of a deal up to which lying loses: two thirds of the seats are lost unless the lie stands."""
    q = stands(size, share)
    return seat_stake * needed(size) * kept(q, companions(sitting(size, share), size, share, load)) / q


def recommended(bid_bond_ppm: int) -> dict[str, object]:
    """What parameters.yaml should say."""
    return {
        "attacker_share": SHARE,
        "bid_bond_ppm": bid_bond_ppm,
        "seat_stake": SEAT_STAKE,
        "silence_ppm": round(SILENCE * 1e6),
        "withhold_ppm": round(WITHHOLD * 1e6),
        "min_evaluation_fee": MIN_FEE,
        "appeal_bond": APPEAL_BOND,
        "panel_tiers": [{"below": value, "size": size} for size, value in tiers().items()],
    }


def tiers(load: float = LOAD) -> dict[int, int]:
    """Size: the deals it bears, rounded down to three digits; the largest size has to do for all others."""
    return {size: _three_digits(bearable(size, load=load)) for size in TIERS}


def bounds() -> Findings:
    """The stake at which lying never pays, the value that a stake bears, and what other defaults follow."""
    found = Findings()
    for size, share, load in itertools.product(SIZES, (0.1, 0.15, 0.2, 0.25, 0.3, 1 / 3), (0, 1, LOAD)):
        found.tables.setdefault("bounds", []).append(
            {
                "size": size,
                "share": share,
                "load": load,
                "stands": stands(size, share),
                "stake_per_value": 1 / bearable(size, 1, share, load),
                "bears": bearable(size, SEAT_STAKE, share, load),
            }
        )
    for check in (_check_thirds, _check_appeals, _check_fines):
        check(found)
    return found


def _check_thirds(found: Findings) -> None:
    third = bearable(5, share=1 / 3)
    found.check(
        "Against a third of all stake, a panel of five with seats of 500 bears less than 2,000",
        third < 2_000,
        f"{third:,.0f}; {bearable(31, share=1 / 3):,.0f} with 31 seats",
    )
    steps = list(_jumps())
    found.check(
        "Five, seven, thirteen and thirty-one seats are where more seats bear much more",
        steps == list(TIERS),
        ", ".join(f"{size}: {bearable(size):,.0f}" for size in SIZES),
    )


def _jumps() -> Iterator[int]:
    """Sizes from five on that bear two and a half times as much as the last one taken, and the largest."""
    last = 0.0
    for size in SIZES[1:]:
        if bearable(size) > 2.5 * last or size == SIZES[-1]:
            yield size
            last = bearable(size)


def second_throw(size: int, overturned: float) -> float:
    """What liars expect from appealing a true result of the largest deal that the size bears."""
    saved = SEAT_STAKE * (size - needed(size))  # of liars who were outvoted
    deposit = APPEAL_BOND + MIN_FEE * appeal_size(size)
    return overturned * (tiers()[size] + saved) - (1 - overturned) * deposit


def _check_appeals(found: Findings) -> None:
    """An appeal is worth its deposit to whom a lie harms, and not to who wants a second throw of the dice."""
    harmed, buyers = [], []
    for size in tiers():
        judges, q = appeal_size(size), stands(size)
        fees = MIN_FEE * judges
        harmed.append((fees + q * APPEAL_BOND) / (1 - q))
        buyers.append(second_throw(size, float(binom.sf(needed(judges) - 1, judges, SHARE))))
    found.check(
        "A true result is not worth appealing for who lies with a fifth of all stake, not even to save liars",
        max(buyers) < 0,
        "expected "
        + ", ".join(f"{loss:+,.0f} at {size} seats" for size, loss in zip(TIERS, buyers, strict=True)),
    )
    found.check(
        "A false result is worth appealing from a value of 200 on",
        max(harmed) < 200,
        ", ".join(f"{least:,.0f} at {size} seats" for size, least in zip(TIERS, harmed, strict=True)),
    )


def _check_fines(found: Findings) -> None:
    downtime = MIN_FEE / (MIN_FEE + SILENCE * SEAT_STAKE)
    found.check(
        "An honest validator still earns when it is down for a tenth of its requests",
        downtime > 0.1,
        f"fees cover the fines of silence up to {downtime:.0%}",
    )
    guess = 1 - MIN_FEE / (MIN_FEE + WITHHOLD * SEAT_STAKE)
    found.check(
        "Committing a guess and withholding it when others disagree pays only if 19 of 20 guesses are right",
        guess > 0.95,
        f"more than {guess:.1%}, even if evaluating costs the whole fee",
    )
    found.check(
        "Reporting guesses pays only if 99 of 100 are right",
        1 - MIN_FEE / (MIN_FEE + SEAT_STAKE) > 0.99,
        f"more than {1 - MIN_FEE / (MIN_FEE + SEAT_STAKE):.1%}",
    )


def _three_digits(value: float) -> int:
    step: int = 10 ** (len(str(int(value))) - 3)
    return int(value) // step * step
