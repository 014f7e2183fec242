"""Many procurement auctions at once, by the reference's rules. Amounts in ppm of the reserve price."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from reference.auction import Bid, Terms, award

Amounts = NDArray[np.int64]
Costs = Callable[[np.random.Generator, tuple[int, int]], Amounts]

RESERVE = 1_000_000
ABSENT = 10 * RESERVE  # a bid that loses whatever the others do


def _of_reserve(shares: NDArray[np.float64]) -> Amounts:
    return np.rint(shares * RESERVE).astype(np.int64)


# Private costs of developers: even; cheap ones common; dear ones up to and over the reserve; and on a coarse
# grid, where ties are common.
COSTS: Mapping[str, Costs] = {
    "uniform": lambda rng, shape: _of_reserve(rng.uniform(size=shape)),
    "mostly cheap": lambda rng, shape: _of_reserve(rng.beta(2, 5, size=shape)),
    "lognormal": lambda rng, shape: _of_reserve(rng.lognormal(np.log(0.6), 0.5, size=shape)),
    "ten steps": lambda rng, shape: _of_reserve(rng.integers(1, 11, size=shape) / 10),
}


class Awards(NamedTuple):
    """Of each auction the winner's column, -1 for none, and the price."""

    winner: Amounts
    price: Amounts


def settle(prices: Amounts) -> Awards:
    """Auctions in rows, bidders in columns by the order of their commits; one winner."""
    valid = np.where(prices <= RESERVE, prices, ABSENT)
    winner = valid.argmin(axis=1)  # the first of equals: the earlier commit
    best = np.take_along_axis(valid, winner[:, None], axis=1)[:, 0]
    if valid.shape[1] > 1:
        price = np.minimum(np.partition(valid, 1, axis=1)[:, 1], RESERVE)
    else:
        price = np.full(len(valid), RESERVE)
    return Awards(np.where(best == ABSENT, -1, winner), price)


def payoff(prices: Amounts, column: int, cost: Amounts) -> Amounts:
    """What the bidder of a column earns beyond its cost."""
    awards = settle(prices)
    return np.where(awards.winner == column, awards.price - cost, 0)


def with_bid(prices: Amounts, column: int, bid: Amounts) -> Amounts:
    """The same auctions with another bid in one column."""
    changed = prices.copy()
    changed[:, column] = np.maximum(bid, 0)
    return changed


def count_differences(rng: np.random.Generator, auctions: int) -> int:
    """In how many random auctions with ties and bids over the reserve `settle` and the reference differ."""
    terms = Terms(winners=1, reserve=RESERVE, bond=0, sale=False)
    differences = 0
    for _ in range(auctions):
        prices = _of_reserve(rng.integers(0, 13, size=(1, rng.integers(1, 8))) / 10)
        expected = award(terms, [Bid(int(price), place, 0, True) for place, price in enumerate(prices[0])])
        awards = settle(prices)
        winner = expected.winners[0] if expected.winners else -1
        price_differs = winner != -1 and awards.price[0] != expected.price
        differences += bool(awards.winner[0] != winner or price_differs)
    return differences
