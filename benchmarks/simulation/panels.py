"""Panels drawn from a pool of which a part lies, guesses or keeps silent, judged by the reference's rules.

The draw takes validators with equal stakes without replacement, so a panel's number of bad members is
hypergeometric. Verdicts of simulated panels come from the reference; the formulas know thresholds only.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from math import ceil

import numpy as np
from numpy.typing import NDArray
from reference import panel
from reference.panel import MAX_PANEL, Answer, Outcome, Report, Vote, appeal_size
from scipy.stats import hypergeom

from simulation.claims import Findings, mean_and_error

POOL = 200
DRAWS = 40_000
SIZES = tuple(range(3, 32, 2))
SHARES = tuple(round(0.05 * step, 2) for step in range(13))
TRUE, FALSE = 900_000, 990_000  # scores; the lie passes where the truth fails
TOLERANCE = 1_000
PATIENCE = 5.0  # standard errors: with some thousand comparisons, chance exceeds it once in a thousand runs
SEAT = 1_000_000  # the seat stake here, so that fines read in ppm of it
TERMS = {"seat_stake": SEAT, "silence_ppm": 50_000, "withhold_ppm": 200_000}

Counts = NDArray[np.int64]


def needed(size: int) -> int:
    """Two thirds of a panel, rounded up."""
    return ceil(2 * size / 3)


@dataclass(frozen=True)
class Draws:
    """Bad members of many panels: first drawn, on the appeal panel, among those who replace the silent."""

    first: Counts
    appeal: Counts
    replacements: Counts


def shuffle(rng: np.random.Generator, share: float, draws: int = DRAWS) -> NDArray[np.bool_]:
    """Pools in random order, who is bad in each."""
    bad = np.zeros((draws, POOL), dtype=bool)
    bad[:, : round(share * POOL)] = True
    return rng.permuted(bad, axis=1)


def seat(pools: NDArray[np.bool_], size: int) -> Draws:
    """Each pool's first seats are the panel, the next ones that of the appeal, or replace the silent."""
    first = pools[:, :size].sum(axis=1)
    after = pools[:, size : size + MAX_PANEL].cumsum(axis=1)
    replacements = np.take_along_axis(after, np.maximum(first - 1, 0)[:, None], axis=1)[:, 0]
    return Draws(first, after[:, appeal_size(size) - 1], np.where(first > 0, replacements, 0))


# ---- verdicts by the reference


def _votes(size: int, bad: int, behaviour: str) -> tuple[Vote, ...]:
    def vote(seat: int) -> Vote:
        if seat >= bad:
            return Vote(Answer.REVEALED, Report(scores=(TRUE,)))
        if behaviour == "silent":
            return panel.SILENT
        # those who guess do so apart from one another, those who lie agree
        score = FALSE if behaviour == "lying" else 10_000 * (seat + 1)
        return Vote(Answer.REVEALED, Report(scores=(score,)))

    return tuple(map(vote, range(size)))


def _terms(size: int) -> panel.Terms:
    return panel.Terms(size=size, evaluation_fee=0, appeal_bond=0, **TERMS)


@cache
def verdict(size: int, bad: int, behaviour: str) -> tuple[bool, bool, float]:
    """Without an appeal: is the result false, is there none, and what the bad are fined, in seat stakes."""
    settled = panel.Panel(_terms(size)).settle(_votes(size, bad, behaviour), TOLERANCE)
    return _read(settled.final, sum(settled.judgement.fines))


@cache
def appealed(size: int, bad: int, bad_judges: int) -> tuple[bool, bool, float]:
    """The same with an appeal, all bad members lying."""
    appeal = panel.Appeal(_votes(appeal_size(size), bad_judges, "lying"))
    settled = panel.Panel(_terms(size)).settle(_votes(size, bad, "lying"), TOLERANCE, appeal)
    second = settled.appeal_judgement
    fines = [*settled.judgement.fines[:bad], *(second.fines[:bad_judges] if second else ())]
    return _read(settled.final, sum(fines))


def _read(result: panel.Result, fines: int) -> tuple[bool, bool, float]:
    answered = result.outcome == Outcome.ANSWERED
    return answered and result.scores != (TRUE,), not answered, fines / SEAT


def _look_up(rule: Callable[..., tuple[bool, bool, float]], *counts: Counts) -> NDArray[np.float64]:
    """Rows of (false, none, fines) for many panels, each combination of counts judged once."""
    combinations, index = np.unique(np.stack(counts), axis=1, return_inverse=True)
    verdicts = np.array([rule(*map(int, column)) for column in combinations.T], dtype=float)
    return verdicts[index.ravel()]


# ---- formulas


def formula_wrong(share: float, size: int, pool: int = POOL) -> float:
    """P(two thirds of the panel lie)."""
    return float(hypergeom.sf(needed(size) - 1, pool, round(share * pool), size))


def formula_undecided(share: float, size: int) -> float:
    """P(more than a third is bad)."""
    return float(hypergeom.sf(size - needed(size), POOL, round(share * POOL), size))


def formula_appealed(share: float, size: int) -> float:
    """P(two thirds of a panel lie and a third of the judges saves them, or two thirds of the judges lie)."""
    bad, judges = round(share * POOL), appeal_size(size)
    total = 0.0
    for lying in range(min(bad, size) + 1):
        weight = hypergeom.pmf(lying, POOL, bad, size)
        enough = judges - needed(judges) + 1 if lying >= needed(size) else needed(judges)
        total += weight * hypergeom.sf(enough - 1, POOL - size, bad - lying, judges)
    return float(total)


def formula_ended(share: float, size: int) -> float:
    """P(fewer than two thirds reveal, and again with the silent replaced)."""
    bad, total = round(share * POOL), 0.0
    for silent in range(size - needed(size) + 1, min(bad, size) + 1):
        weight = hypergeom.pmf(silent, POOL, bad, size)
        total += weight * hypergeom.sf(size - needed(size), POOL - size, bad - silent, silent)
    return float(total)


# ---- the simulation


def wrong_results(rng: np.random.Generator) -> Findings:
    """Panels of every size against every share, by the reference and by the formulas."""
    found, compared, worst = Findings(), 0, 0.0
    for share in SHARES:
        pools = shuffle(rng, share)
        for size in SIZES:
            drawn = seat(pools, size)
            for row in _rows(drawn, share, size):
                found.tables.setdefault("panels", []).append(row)
                for simulated, formula in (("wrong", "wrong_formula"), ("undecided", "undecided_formula")):
                    if row[formula] is None:
                        continue
                    expected = float(str(row[formula]))
                    spread = max(np.sqrt(expected * (1 - expected) / DRAWS), 1 / DRAWS)
                    worst = max(worst, abs(float(str(row[simulated])) - expected) / spread)
                    compared += 1
    found.check(
        "Simulated panels agree with the hypergeometric formula",
        worst < PATIENCE,
        f"{compared:,} probabilities of {DRAWS:,} draws each, the furthest {worst:.1f} standard errors off",
    )
    _wrong_claims(found)
    return found


def _rows(drawn: Draws, share: float, size: int) -> Iterator[dict[str, object]]:
    def row(
        behaviour: str, appeal: bool, verdicts: NDArray[np.float64], *formulas: float | None
    ) -> dict[str, object]:
        wrong, undecided, fines = verdicts.mean(axis=0)
        return {
            "share": share,
            "size": size,
            "behaviour": behaviour,
            "appeal": appeal,
            "wrong": float(wrong),
            "wrong_formula": formulas[0],
            "undecided": float(undecided),
            "undecided_formula": formulas[1],
            "fines": float(fines),  # of the bad, in seat stakes, whatever comes of it
        }

    for behaviour in ("lying", "guessing", "silent"):
        verdicts = _look_up(lambda bad, kind=behaviour: verdict(size, bad, kind), drawn.first)
        lying = behaviour == "lying"
        wrong = formula_wrong(share, size) if lying else 0.0
        yield row(behaviour, False, verdicts, wrong, formula_undecided(share, size) - wrong)
    verdicts = _look_up(lambda bad, judges: appealed(size, bad, judges), drawn.first, drawn.appeal)
    yield row("lying", True, verdicts, formula_appealed(share, size), None)
    first = _look_up(lambda bad: verdict(size, bad, "silent"), drawn.first)
    second = _look_up(lambda bad: verdict(size, bad, "silent"), drawn.replacements)
    again = np.where(first[:, 1:2] == 1, second, 0)
    both = np.column_stack([np.zeros(len(first)), again[:, 1], first[:, 2] + again[:, 2]])
    yield row("silent, replaced once", False, both, 0.0, formula_ended(share, size))


def _wrong_claims(found: Findings) -> None:
    rows = found.tables["panels"]
    at = {(r["behaviour"], r["appeal"], r["share"], r["size"]): r for r in rows}
    pairs = [
        (r["wrong_formula"], at["lying", False, r["share"], r["size"]]["wrong_formula"])
        for r in rows
        if r["appeal"] and r["share"] <= 0.2 and r["size"] <= 15
    ]
    fifth = {appeal: at["lying", appeal, 0.2, 5]["wrong_formula"] for appeal in (True, False)}
    found.check(
        "A fifth of all stake lying gets past five seats and an appeal with fewer than one panel of 1,000",
        fifth[True] < 1e-3,
        f"{fifth[True]:.5f}, and {fifth[False]:.5f} without an appeal",
    )
    found.check(
        "Up to a fifth of all stake, an appeal makes a false result rarer for panels of up to fifteen",
        all(appeal <= alone for appeal, alone in pairs),
        f"{len(pairs)} settings",
    )
    again = {size: at["lying", False, 0.2, size]["undecided_formula"] for size in (5, 7, 13, 31)}
    found.check(
        "Liars who disagree about the data have one new panel drawn, and so capture up to a third more deals",
        0 < max(again.values()) < 1 / 3,
        "more by " + ", ".join(f"{more:.0%} at {size} seats" for size, more in again.items()),
    )
    half = at["lying", True, 0.5, 5]
    found.check(
        "With half of all stake lying, a panel of five and its appeal are of no use",
        half["wrong_formula"] > 0.15,
        f"{half['wrong_formula']:.2f} of results are false",
    )
    stops = [float(hypergeom.sf(size - needed(size), 3 * POOL, POOL, size)) for size in (5, 7, 13, 31)]
    found.check(
        "A third of all stake keeping silent stops about every second request",
        min(stops) > 0.4 and max(stops) < 0.6,
        "without replacement " + ", ".join(f"{p:.0%}" for p in stops) + " with 5, 7, 13, 31 seats",
    )
    always = [at["lying", True, share, size] for share in SHARES[1:5] for size in (5, 7, 13, 31)]
    burnt = [row["fines"] / row["wrong_formula"] for row in always if row["wrong_formula"]]
    found.check(
        "Up to a fifth of all stake, who always lies loses over 1,000 seat stakes for each false result",
        min(burnt) > 1_000,
        f"{min(burnt):,.0f} at the least",
    )
    found.check(
        "Guessing and silence never make a result false",
        all(r["wrong"] == 0 for r in rows if r["behaviour"] not in ("lying",)),
        f"0 in {DRAWS * len(SHARES) * len(SIZES):,} panels each",
    )
    silent, ended = at["silent", False, 0.2, 5], at["silent, replaced once", False, 0.2, 5]
    found.check(
        "A fifth of all stake keeping silent leaves five seats without a result in a quarter of the cases, "
        "and in fewer than 2 % once the silent are replaced",
        silent["undecided_formula"] > 0.25 and ended["undecided_formula"] < 0.02,
        f"{silent['undecided_formula']:.3f}, then {ended['undecided_formula']:.4f}",
    )


def lying_pays(rng: np.random.Generator, seat_stake: int, largest: dict[int, int], share: float) -> Findings:
    """Liars who hold just two thirds of a panel, and whether lying pays at the largest recommended deals.

    Liars among the judges join in when they are enough to save the lie, and tell the truth otherwise.
    """
    found, draws = Findings(), 200_000
    for size, value in largest.items():
        lying, judges = needed(size), appeal_size(size)
        others = round(share * POOL) - lying
        pools = {
            f"{POOL}": rng.hypergeometric(others, POOL - size - others, judges, size=draws),
            "endless": rng.binomial(judges, share, size=draws),
        }
        for (pool, bad), factor in itertools.product(pools.items(), (1.0, 1.1)):
            joining = np.where(bad > judges - needed(judges), bad, 0)
            verdicts = _look_up(lambda b, size=size, lying=lying: appealed(size, lying, b), joining)
            gain, error = mean_and_error(verdicts[:, 0] * value * factor - verdicts[:, 2] * seat_stake)
            row = {"size": size, "pool": pool, "value": value * factor, "factor": factor}
            found.tables.setdefault("lying_pays", []).append(row | {"gain": gain, "error": error})
    rows = found.tables["lying_pays"]
    safe = [row for row in rows if row["factor"] == 1 and row["pool"] != "endless"]
    found.check(
        f"With {share:.0%} of all stake lying, none behind two seats, a lie loses up to the formula's value",
        all(row["gain"] + row["error"] < 0 for row in safe),
        "on average " + ", ".join(f"{row['gain']:+,.0f} at {row['size']} seats" for row in safe),
    )
    over = [row for row in rows if row["factor"] > 1 and row["pool"] == "endless"]
    found.check(
        "In an endless pool a lie pays from a tenth above that value on: the bound is not slack",
        all(row["gain"] - row["error"] > 0 for row in over),
        "on average " + ", ".join(f"{row['gain']:+,.0f} at {row['size']} seats" for row in over),
    )
    return found
