"""One stake behind several seats: what liars lose when captured panels share them.

All accounts stake one seat's stake, which is the worst case. All deals are worth as much as their panel's
size is meant for, and liars know all panels before they report.
"""

import itertools
from collections.abc import Iterator

import numpy as np
from scipy.stats import hypergeom

from simulation import defaults
from simulation.claims import Findings
from simulation.market import SEATS, Accounts, Flags, Markets
from simulation.panels import needed

SIZES = (3, 5, 7)  # of larger panels too few are captured to be seen
LOADS = (1, defaults.LOAD)
MOMENTS = 400
FEW = 6  # captured panels at once, of which every choice is tried
PATIENCE = 4.0  # standard errors, for six comparisons


def shared_stake(rng: np.random.Generator) -> Findings:
    """What a captured panel's liars lose, by formula and by simulation; and the best choice of lies."""
    found, furthest = Findings(), 0.0
    for size, load in itertools.product(SIZES, LOADS):
        q, value = defaults.stands(size), defaults.bearable(size)
        count = round(load * SEATS / size)
        losses, captures, gain = [], [], 0.0
        for captured in _moments(rng, size, count):
            losses.append(float((1 - q ** captured.sum(axis=0)).sum()))
            captures.append(len(captured))
            if len(captured) <= FEW:
                gain += _best(captured, q, value)
        loss = sum(losses) / sum(captures)
        # of a ratio of two sums, by what each moment leaves unexplained
        error = np.std(np.array(losses) - loss * np.array(captures)) * np.sqrt(len(losses)) / sum(captures)
        formula = _expected(size, count, q)
        furthest = max(furthest, abs(loss - formula) / error)
        row = {"size": size, "load": load, "panels": MOMENTS * count, "captured": sum(captures), "loss": loss}
        row |= {"formula": formula, "alone": (1 - q) * needed(size), "chosen_gain": gain / (MOMENTS * count)}
        found.tables.setdefault("shared_stake", []).append(row)
    _claims(found, furthest)
    return found


def _moments(rng: np.random.Generator, size: int, count: int) -> Iterator[Flags]:
    """Of each moment that has captured panels: which liar (column) sits on which of them (row)."""
    accounts = Accounts.of_size(defaults.SHARE, 1)
    for _ in range(MOMENTS):
        markets = Markets(accounts, count, exclusive=False)
        sits = markets.members(markets.draw(rng, size))[:, accounts.colluding]
        captured = sits[sits.sum(axis=1) >= needed(size)]
        if len(captured):
            yield captured


def _best(captured: Flags, q: float, value: float) -> float:
    """The most that liars can expect to gain by lying on some of these panels."""
    choices = np.array(list(itertools.product((False, True), repeat=len(captured))))
    counts = choices.astype(int) @ captured.astype(int)
    gains = choices.sum(axis=1) * value * q - (1 - q**counts).sum(axis=1) * defaults.SEAT_STAKE
    return float(gains.max())


def _expected(size: int, count: int, q: float) -> float:
    """What lying on a captured panel costs by the formula, in seat stakes, in a pool of this size."""
    liars = round(defaults.SHARE * SEATS)
    numbers = np.arange(needed(size), size + 1)
    chances = hypergeom.pmf(numbers, SEATS, liars, size)
    sitting = float((numbers * chances).sum())
    others = defaults.companions(sitting, size, load=(count - 1) * size / SEATS)
    return sitting / float(chances.sum()) * defaults.kept(q, others)


def _claims(found: Findings, furthest: float) -> None:
    rows = found.tables["shared_stake"]
    found.check(
        "What liars lose whose stake backs several seats is as the formula says",
        furthest < PATIENCE,
        f"{len(rows)} means over {sum(int(str(row['captured'])) for row in rows):,} captured panels, "
        f"the furthest {furthest:.1f} standard errors off",
    )
    fall = {size: defaults.bearable(size) / defaults.bearable(size, load=0) for size in defaults.TIERS}
    found.check(
        "Eight seats for each seat's stake take less than a tenth of the value that a panel bears",
        min(fall.values()) > 0.9,
        ", ".join(f"{1 - kept:.1%} at {size} seats" for size, kept in fall.items()),
    )
    gains = [float(str(row["chosen_gain"])) for row in rows if row["size"] in defaults.TIERS]
    found.check(
        "Who lies only where captured panels share its stake gains less than a token for each deal in the "
        "market, all deals as large as may be",
        max(gains) < 1,
        f"{max(gains):.2f} at the most",
    )
