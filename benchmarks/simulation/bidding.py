"""Bidders who bid their costs, and those who try something else. Amounts in ppm of the reserve price."""

import itertools
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from simulation.auctions import (
    ABSENT,
    COSTS,
    RESERVE,
    Amounts,
    count_differences,
    payoff,
    settle,
    with_bid,
)
from simulation.claims import Findings, mean_and_error, upper_bound

AUCTIONS = 40_000
BIDDERS = (2, 3, 5, 10)
CONTINUOUS = ("uniform", "mostly cheap", "lognormal")
DEVIATIONS = np.concatenate([np.arange(-500_000, 0, 50_000), np.arange(50_000, 550_000, 50_000), [-1, 1]])
BONDS = np.arange(0, 525_000, 25_000)
SHILL_GRID = np.arange(20_000, 1_000_001, 20_000)


def truthful(rng: np.random.Generator) -> Findings:
    """Every unilateral deviation in every auction, of a bidder who wins ties and of one who loses them."""
    found, rows = Findings(), []
    differences = count_differences(rng, 5_000)
    found.check(
        "The simulation settles auctions as the reference does",
        differences == 0,
        f"{differences} of 5,000 random auctions differ",
    )
    tries = gains = inefficient = 0
    for (name, draw), n in itertools.product(COSTS.items(), BIDDERS):
        costs = draw(rng, (AUCTIONS, n))
        awards = settle(costs)
        took = np.take_along_axis(costs, np.maximum(awards.winner, 0)[:, None], axis=1)[:, 0]
        inefficient += int((took[awards.winner >= 0] > costs.min(axis=1)[awards.winner >= 0]).sum())
        best = -np.inf
        for column, deviation in itertools.product((0, n - 1), DEVIATIONS):
            cost = costs[:, column]
            changed = payoff(with_bid(costs, column, cost + deviation), column, cost)
            gain = changed - payoff(costs, column, cost)
            tries, gains, best = tries + len(gain), gains + int((gain > 0).sum()), max(best, gain.max())
            if column == 0:
                mean, error = mean_and_error(gain.astype(float))
                if name == "uniform":
                    rows.append({"bidders": n, "deviation": int(deviation), "gain": mean, "error": error})
        found.tables.setdefault("truthful", []).append(
            {"costs": name, "bidders": n, "largest_gain": int(best), "auctions": AUCTIONS}
        )
    found.tables["deviations"] = rows
    found.check(
        "No unilateral deviation from bidding one's cost gains, in any single auction",
        gains == 0,
        f"{gains} gains in {tries:,} deviations; "
        f"at 99 % fewer than one in {1 / upper_bound(gains, tries):,.0f}",
    )
    found.check(
        "The chosen developer is one with the lowest cost",
        inefficient == 0,
        f"{inefficient} auctions of {AUCTIONS * len(BIDDERS) * len(COSTS):,} went to a dearer one",
    )
    return found


def against_first_price(rng: np.random.Generator) -> Findings:
    """What customers pay, beside a sealed first-price auction in its equilibrium."""
    found, furthest = Findings(), 0.0
    for name, n in itertools.product(CONTINUOUS, BIDDERS):
        costs = COSTS[name](rng, (AUCTIONS, n))
        awards = settle(costs)
        sold = awards.winner >= 0
        second = awards.price[sold].astype(float)
        lowest = costs.min(axis=1)[sold]
        first = _first_price_bids(COSTS[name](rng, (400_000, 1))[:, 0], n)(lowest)
        difference, error = mean_and_error(second - first)
        furthest = max(furthest, abs(difference) / error)
        found.tables.setdefault("first_price", []).append(
            {
                "costs": name,
                "bidders": n,
                "second_price": second.mean(),
                "first_price": first.mean(),
                "difference": difference,
                "error": error,
                "second_price_deviation": second.std(),
                "first_price_deviation": first.std(),
                "surplus": float((RESERVE - second).mean()),
            }
        )
    rows = found.tables["first_price"]
    widest = max(abs(float(str(row["difference"]))) for row in rows)
    found.check(
        "Customers pay on average what a first-price auction in equilibrium costs them",
        widest < 3_000,
        f"the averages differ by at most {widest / 1e4:.2f} % of the reserve over {len(rows)} settings",
    )
    ratio = [float(str(r["second_price_deviation"])) / float(str(r["first_price_deviation"])) for r in rows]
    found.check(
        "Single prices scatter more than in a first-price auction",
        min(ratio) > 1,
        f"standard deviation {min(ratio):.1f} to {max(ratio):.1f} times as large",
    )
    return found


def _first_price_bids(sample: Amounts, bidders: int) -> Callable[[Amounts], NDArray[np.float64]]:
    """The symmetric equilibrium: cost plus the integral above it of P(rivals are dearer), over that at it."""
    grid = np.linspace(0, RESERVE, 4_001)
    survival = 1 - np.searchsorted(np.sort(sample), grid, side="right") / len(sample)
    power = survival ** (bidders - 1)
    pieces = (power[1:] + power[:-1]) / 2 * np.diff(grid)
    rest = np.concatenate([np.cumsum(pieces[::-1])[::-1], [0.0]])
    bids = grid + np.divide(rest, power, out=np.zeros_like(rest), where=power > 1e-12)
    return lambda costs: np.interp(costs, grid, bids)


def rings(rng: np.random.Generator) -> Findings:
    """Two of the bidders agree; before the commits, or once all others have revealed."""
    found = Findings()
    for name, n in itertools.product(CONTINUOUS, BIDDERS):
        gain = _ring_gain(COSTS[name](rng, (AUCTIONS, n)))
        mean, error = mean_and_error(gain)
        found.tables.setdefault("rings", []).append(
            {"costs": name, "bidders": n, "gain": mean, "error": error, "gains_in": float((gain > 0).mean())}
        )
        for bond in map(int, BONDS):
            row = {"costs": name, "bidders": n, "bond": bond, "gain_if_always": mean - bond, "error": error}
            row |= {"gain": float(np.maximum(gain - bond, 0).mean()), "pays_in": float((gain > bond).mean())}
            found.tables.setdefault("late_rings", []).append(row)
    _ring_claims(found)
    return found


def _ring_gain(costs: Amounts) -> NDArray[np.float64]:
    """What the first two bidders earn more when the dearer of them does not take part."""
    dearer = costs[:, :2].argmax(axis=1)
    quiet = costs.copy()
    quiet[np.arange(len(costs)), dearer] = ABSENT
    earned = [payoff(prices, 0, costs[:, 0]) + payoff(prices, 1, costs[:, 1]) for prices in (quiet, costs)]
    return (earned[0] - earned[1]).astype(float)


def _ring_claims(found: Findings) -> None:
    early, late = found.tables["rings"], found.tables["late_rings"]
    uniform = {row["bidders"]: row["gain"] for row in early if row["costs"] == "uniform"}
    found.check(
        "Two who agree before the commits gain, and no bond stops them",
        all(row["gain"] > row["error"] for row in early),
        "on average, in % of the reserve: " + ", ".join(f"{uniform[n] / 1e4:.1f} among {n}" for n in BIDDERS),
    )
    bond = recommended_bond(found)
    found.check(
        "From three bidders on, a bond of 10 % of the reserve is the least that makes never revealing a loss",
        bond == 100_000,
        "the ring's average gain among three, in % of the reserve: "
        + ", ".join(f"{row['gain'] / 1e4:.1f} ({row['costs']})" for row in early if row["bidders"] == 3),
    )
    two = min(row["gain_if_always"] for row in late if row["bidders"] == 2 and row["bond"] == bond)
    found.check(
        "Between two bidders who both belong to the ring, a bond of 10 % does not stop it",
        two > 0,
        f"it gains {two / 1e4:.1f} % of the reserve or more",
    )
    at = {(row["costs"], row["bidders"], row["bond"]): row["gain"] for row in late}
    cut = [1 - at[name, n, bond] / at[name, n, 0] for name, n in itertools.product(CONTINUOUS, BIDDERS)]
    found.check(
        "A bond of 10 % takes a tenth or more of what withholding reveals at the best moments earns a ring",
        min(cut) > 0.1,
        f"{min(cut):.0%} to {max(cut):.0%}, by the number of bidders and their costs",
    )


def recommended_bond(found: Findings) -> int:
    """The least bond at which, from three bidders on, never revealing for a partner loses on average."""
    rows = [row for row in found.tables["late_rings"] if int(str(row["bidders"])) >= 3]
    losing = [
        bond
        for bond in map(int, BONDS)
        if all(row["gain_if_always"] + row["error"] < 0 for row in rows if row["bond"] == bond)
    ]
    return min(losing)


def two_identities(rng: np.random.Generator) -> Findings:
    """One bidder with two sealed bids, who sees all others before revealing what suits it; no bond at all."""
    steps = np.array([-300_000, -100_000, -20_000, 0, 20_000, 100_000, 300_000, 600_000])
    best, gains, tries = -np.inf, 0, 0
    for (_, draw), n in itertools.product(COSTS.items(), BIDDERS):
        costs = draw(rng, (AUCTIONS // 4, n))
        cost = costs[:, 0]
        honest = payoff(costs, 0, cost)
        for low, high in itertools.combinations_with_replacement(steps, 2):
            own = [np.maximum(cost + low, 0), np.maximum(cost + high, 0)]
            earned = np.zeros_like(cost)  # nothing revealed, nothing forfeited
            for first, second in ((own[0], None), (own[1], None), (own[0], own[1])):
                extra = np.full_like(cost, ABSENT) if second is None else second
                prices = np.column_stack([first, costs[:, 1:], extra])
                earned = np.maximum(earned, payoff(prices, 0, cost) + payoff(prices, n, cost))
            gain = earned - honest
            best, gains, tries = max(best, gain.max()), gains + int((gain > 0).sum()), tries + len(gain)
    found = Findings()
    found.tables["two_identities"] = [{"largest_gain": int(best), "tries": tries, "gains": gains}]
    found.check(
        "A second identity earns a bidder nothing, even without any bond and if it reveals last",
        gains == 0,
        f"{gains} gains in {tries:,} tries; at 99 % fewer than one in {1 / upper_bound(gains, tries):,.0f}",
    )
    return found


def shills(rng: np.random.Generator) -> Findings:
    """A customer's grid of sealed bids under other names, revealed last: the one just above the lowest bid.

    Shills above that one may be revealed as well and get their bonds back; those below would win, so they
        stay sealed and forfeit. The best grid is found on one half of the auctions and judged on the other.
    """
    found = Findings()
    for name, n in itertools.product(CONTINUOUS, BIDDERS):
        known, unknown = (np.sort(COSTS[name](rng, (AUCTIONS, n)), axis=1) for _ in range(2))
        saving = _savings(known)
        for bond in BONDS:
            grid = _best_grid(saving, _beyond(known), int(bond))
            gain, forfeits = _play_shills(unknown, grid, int(bond))
            mean, error = mean_and_error(gain)
            found.tables.setdefault("shills", []).append(
                {
                    "costs": name,
                    "bidders": n,
                    "bond": int(bond),
                    "shills": len(grid),
                    "gain": mean,
                    "error": error,
                    "forfeits": float(forfeits.mean()),
                    "loses_in": float((gain < 0).mean()),
                    "wins_in": float((gain > 0).mean()),
                }
            )
    _shill_claims(found)
    return found


def _shill_claims(found: Findings) -> None:
    rows = found.tables["shills"]
    at = {(row["costs"], row["bidders"], row["bond"]): row for row in rows}
    worst = {bond: max(row["gain"] for row in rows if row["bond"] == bond) for bond in map(int, BONDS)}
    found.check(
        "A customer's shills gain at any bond up to 50 % where two developers bid: they are not prevented",
        all(at["uniform", 2, int(bond)]["gain"] > at["uniform", 2, int(bond)]["error"] for bond in BONDS),
        f"{at['uniform', 2, 0]['gain'] / 1e4:.1f} % of the reserve without a bond, "
        f"{at['uniform', 2, 100_000]['gain'] / 1e4:.1f} % at 10 %, "
        f"{at['uniform', 2, 500_000]['gain'] / 1e4:.1f} % at 50 %",
    )
    halved = worst[100_000] / worst[0]
    found.check(
        "A bond of 10 % takes more than a third of the most that shills can gain",
        halved < 2 / 3,
        f"{worst[0] / 1e4:.1f} % of the reserve without, {worst[100_000] / 1e4:.1f} % with",
    )
    many = max(at[name, 10, 100_000]["gain"] for name in CONTINUOUS)
    found.check(
        "Among ten developers and a bond of 10 %, shills gain less than 2 % of the reserve",
        many < 20_000,
        f"at most {many / 1e4:.2f} %",
    )


def _savings(costs: Amounts) -> NDArray[np.float64]:
    """[i, j]: the mean saving by the grid's j-th price where the lowest bid lies between it and the i-th."""
    lowest, second = costs[:, 0], np.minimum(costs[:, 1], RESERVE)
    edges = np.concatenate([[-1], SHILL_GRID])
    saving = np.zeros((len(edges), len(SHILL_GRID)))
    for j, price in enumerate(SHILL_GRID):
        saved = np.where(lowest < price, np.maximum(second - price, 0), 0).astype(float)
        for i in range(j + 1):
            saving[i, j] = saved[lowest >= edges[i]].sum() / len(costs)
    return saving


def _beyond(costs: Amounts) -> NDArray[np.float64]:
    """How often each price of the grid would win, so that it stays sealed."""
    lowest = np.sort(costs[:, 0])
    return 1 - np.searchsorted(lowest, SHILL_GRID, side="left") / len(costs)


def _best_grid(saving: NDArray[np.float64], beyond: NDArray[np.float64], bond: int) -> list[int]:
    """The set of prices that gains most on average, by dynamic programming over the highest one."""
    size = len(SHILL_GRID)
    best, before = np.full(size, -np.inf), np.full(size, -1)
    for j in range(size):
        options = [saving[0, j], *(best[i] + saving[i + 1, j] for i in range(j))]
        chosen = int(np.argmax(options))
        best[j], before[j] = options[chosen] - bond * beyond[j], chosen - 1
    at = int(best.argmax())
    grid = []
    while best.max() > 0 and at >= 0:
        grid.append(int(SHILL_GRID[at]))
        at = int(before[at])
    return grid[::-1]


def _play_shills(
    costs: Amounts, grid: list[int], bond: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each auction's customer saves by its shills, forfeits taken off; and the forfeits."""
    honest = settle(costs)
    lowest = costs[:, 0]
    prices = np.array([*grid, ABSENT])
    place = np.searchsorted(prices, lowest, side="right")
    shill = prices[np.minimum(place, len(grid))]
    shilled = settle(np.column_stack([costs, shill]))
    assert (shilled.winner == honest.winner)[honest.winner >= 0].all()
    saved = np.where(honest.winner >= 0, honest.price - shilled.price, 0)
    forfeits = (np.minimum(place, len(grid)) * bond).astype(float)
    return saved - forfeits, forfeits


def parts(rng: np.random.Generator) -> Iterator[tuple[str, Findings]]:
    """Everything about bidding, one part at a time."""
    yield "deviations from truthful bidding", truthful(rng)
    yield "first-price auctions", against_first_price(rng)
    yield "rings of two", rings(rng)
    yield "second identities", two_identities(rng)
    yield "customers' shills", shills(rng)
