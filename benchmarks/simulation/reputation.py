"""What a ring of buyers can do to a score, and what that costs it, with the contract's own arithmetic.

A ring is a developer and any number of accounts that buy from it. Its deals are the cheapest that the market
allows: a price of nothing, one attempt, a panel of the smallest size at the least fee; what comes of each is
a passed validation, a kept deadline and five stars. Beside it stands the plain average of stars, given by
whoever bought, where such a deal costs nothing, as its price stays in the ring. Honest deals have a price of
2,000. Money is in whole tokens, a month has 30 days.
"""

from collections.abc import Iterator
from itertools import count

from reference.reputation import MAX_WEIGHT, ONE, PRIOR, Kind, Ledger

from simulation.claims import Findings
from simulation.defaults import MIN_FEE, TIERS

MONTH = 30
YEAR = 12  # months
QUESTIONS = 2  # attesting the data, scoring the model
UNIT = 20 * MIN_FEE  # what `CommissionFacts` takes for the weight of one fact
SHAM_COST = QUESTIONS * TIERS[0] * MIN_FEE
HONEST_COST = SHAM_COST + 2_000 // 40  # to others than the parties, with the market's fee of 2.5 %
RINGS = (*range(20), *range(20, 101, 4))
FOUR_STARS = 750_000  # of five, on a scale from one star to five


def parts() -> Iterator[tuple[str, Findings]]:
    """What the simulation finds, part by part."""
    yield "rings of buyers", rings()
    yield "bought records", bought_records()
    yield "fallen developers", fallen()


def rings() -> Findings:
    """A year in which every deal failed, each rated one star, and then a day of sham deals."""
    found = Findings()
    bad = _bad_record(YEAR)
    rows = []
    for size in RINGS:
        stars = (YEAR + 5 * size) / (YEAR + size)
        score = _with_shams(bad, YEAR, size).score(YEAR * MONTH)
        spent = size * SHAM_COST
        rows.append({"size": size, "spent": spent, "score": score, "stars_ppm": round((stars - 1) / 4 * ONE)})
    found.tables["reputation_rings"] = rows
    free = next(row["size"] for row in rows if row["stars_ppm"] >= FOUR_STARS)
    deals = _shams_to(bad, YEAR, FOUR_STARS)
    found.check(
        "A ring takes an average of stars from one to four for nothing; the same height costs it over 3,000",
        deals * SHAM_COST > 3_000,
        f"{free} sham deals for nothing; here {deals} for {deals * SHAM_COST:,}",
    )
    for _ in range(10_000):
        bad.rate(YEAR * MONTH, 5, MAX_WEIGHT)
    start, end = rows[0]["score"], bad.score(YEAR * MONTH)
    found.check(
        "Ten thousand ratings of five stars and no fact raise a score by a quarter of what it lacks",
        end - start <= (ONE - start) // 4 + 1,
        f"from {_points(start)} to {_points(end)}",
    )
    return found


def bought_records() -> Findings:
    """What a record costs that looks like an honest one, and what leaving a bad one behind saves."""
    found = Findings()
    shares = {}
    for months in (3, 6, 12, 24, 60):
        score = _good_record(months).score(months * MONTH)
        shares[months] = _shams_to(Ledger(), months, score) * SHAM_COST / (months * HONEST_COST)
    found.check(
        "Of what half a year of honest deals paid to others, a ring pays three quarters or more for the same "
        "score, of a year's over half",
        min(shares[3], shares[6]) >= 3 / 4 and shares[12] > 1 / 2,
        ", ".join(f"{share:.0%} for {months} months" for months, share in shares.items()),
    )
    cheapest = _shams_to(Ledger(), 0, FOUR_STARS)
    found.check(
        "Buying a reputation is not prevented: a new identity starts at 50 of 100 and buys 75 for under 500",
        Ledger().score(0) == PRIOR and cheapest * SHAM_COST < 500,
        f"{cheapest} sham deals, {cheapest * SHAM_COST}",
    )
    bought, shams = Ledger(), 0
    for month in range(2 * YEAR):
        deals = _shams_to(bought, month, FOUR_STARS)
        shams += deals if month >= YEAR else 0
        bought = _with_shams(bought, month, deals)
    found.check(
        "What was bought fades: to stay at 75 of 100 without work costs over 250 a year",
        shams * SHAM_COST > 250,
        f"{shams} sham deals in the second year, {shams * SHAM_COST}",
    )
    bad = _bad_record(YEAR)
    months = next(n for n in count() if bad.score((YEAR + n) * MONTH) >= PRIOR * 8 // 10)
    found.check(
        "Nor is a new identity: it saves who failed for a year over one and a half years of waiting for 40",
        months > 3 * YEAR // 2,
        f"{months} months, from {_points(bad.score(YEAR * MONTH))}",
    )
    return found


def fallen() -> Findings:
    """Two good years, then every deal fails: when does one see it?"""
    found = Findings()
    rows = []
    ledger = _good_record(2 * YEAR)
    for failures in range(2 * YEAR + 1):
        month = 2 * YEAR + failures
        if failures:
            _fail(ledger, month)
        stars = (5 * 2 * YEAR + failures) / month
        score = ledger.score(month * MONTH)
        rows.append({"failures": failures, "score": score, "stars_ppm": round((stars - 1) / 4 * ONE)})
    found.tables["reputation_fallen"] = rows
    seen = next(row["failures"] for row in rows if row["score"] < PRIOR)
    stars_seen = next(row["failures"] for row in rows if row["stars_ppm"] <= PRIOR)
    found.check(
        "Who was good for two years and then fails every month is below 50 of 100 after six failures; by "
        "stars, after two years",
        seen <= 6 and stars_seen == 2 * YEAR,
        f"after {seen} failures, by stars after {stars_seen}",
    )
    good = _good_record(2 * YEAR)
    idle = [good.score((2 * YEAR + months) * MONTH) for months in (0, 6, 12, 24)]
    found.check(
        "Who stops keeps more than half of what stands above the start for a year",
        idle[2] - PRIOR > (idle[0] - PRIOR) // 2,
        ", ".join(map(_points, idle)) + " after 0, 6, 12, 24 months",
    )
    return found


def _sham(ledger: Ledger, month: int) -> None:
    _pass(ledger, month, SHAM_COST * ONE // UNIT)


def _pass(ledger: Ledger, month: int, weight: int) -> None:
    ledger.record(month * MONTH, Kind.VALIDATION_PASSED, weight)
    ledger.record(month * MONTH, Kind.DEADLINE_KEPT, weight)
    ledger.rate(month * MONTH, 5, weight)


def _fail(ledger: Ledger, month: int) -> None:
    """Two attempts that do not pass, and then silence."""
    weight = HONEST_COST * ONE // UNIT
    ledger.record(month * MONTH, Kind.VALIDATION_FAILED, weight, 2)
    ledger.record(month * MONTH, Kind.DEADLINE_MISSED, weight)


def _bad_record(months: int) -> Ledger:
    """A deal a month, and every one failed."""
    ledger = Ledger()
    for month in range(1, months + 1):
        _fail(ledger, month)
    return ledger


def _good_record(months: int) -> Ledger:
    """A deal a month, passed at the first attempt and rated five stars."""
    ledger = Ledger()
    for month in range(1, months + 1):
        _pass(ledger, month, HONEST_COST * ONE // UNIT)
    return ledger


def _with_shams(ledger: Ledger, month: int, deals: int) -> Ledger:
    bought = ledger.at(month * MONTH)
    for _ in range(deals):
        _sham(bought, month)
    return bought


def _shams_to(ledger: Ledger, month: int, target: int) -> int:
    """The least number of sham deals that reaches a score."""
    scores = ((deals, _with_shams(ledger, month, deals).score(month * MONTH)) for deals in count())
    return next(deals for deals, score in scores if score >= target)


def _points(score: int) -> str:
    return f"{score / 10_000:.1f} of 100"
