"""Decoys: deals that colluders open to fill honest seats before, or after, the panel they want is drawn.

The panel they want has five seats. They lie on it where they hold two thirds; it is appealed, and the lie
stands where no panel can be seated for the appeal or more than a third of that panel lies too. A decoy's
parties are the colluders' own, so that they may declare a tie to keep themselves out of its panel.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from reference import draw
from reference.panel import appeal_size
from scipy.stats import hypergeom

from simulation.claims import Findings
from simulation.market import SEATS, Accounts, Flags, Markets, Panels, Places
from simulation.panels import needed

TARGET = 5  # seats
MARKETS = 1_000
SHARES = (0.1, 0.2)
SMALLEST, LARGEST = 3, 31  # panels
FILLED = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)  # of what the honest can back by exclusive locks
SHARED = (0.0, 0.5, 1.0, 10.0)  # the same, where stake may back several seats
PATIENCE = 4.5  # standard errors, for 200 comparisons


@dataclass(frozen=True)
class Attack:
    """How colluders go about it.

    Attributes:
        exclusive: by the rule that a locked stake is passed over.
        seats_each: seats that each account's stake can back.
        size: of a decoy's panel; what is left over is filled with the smallest ones.
        kept_out: whether the colluders keep themselves out of the decoys.
        after: whether the decoys come after the panel's draw, so that they can strike the appeal only.
    """

    exclusive: bool
    share: float
    seats_each: int = 1
    size: int = LARGEST
    kept_out: bool = True
    after: bool = False


@dataclass(frozen=True)
class Outcome:
    """Of each market: both panels, is the first captured, the second not seated, the result false at last."""

    panels: Places
    judges: Places
    captured: Flags
    unheard: Flags
    false: Flags


def parts(rng: np.random.Generator) -> Iterator[tuple[str, Findings]]:
    """What the simulation finds, part by part."""
    yield "the draw", as_the_reference(rng)
    yield "decoys", decoys()


def as_the_reference(rng: np.random.Generator) -> Findings:
    """Accounts of several sizes, some barred: how often each is seated, by reference and by simulation."""
    found, furthest, compared = Findings(), 0.0, 0
    draws = 4_000
    for size, barred in itertools.product((3, 5, 11), ((), (0, 7, 19))):
        stakes = rng.integers(1, 12, size=30)
        flags = np.isin(np.arange(30), barred)
        markets = Markets(Accounts(stakes, flags), draws, exclusive=False)
        ours = _frequencies(markets.draw(rng, size, flags).members, 30)
        panels = [
            draw.seat(stakes.tolist(), lambda _, left: int(rng.integers(left)), size, 1, barred) or []
            for _ in range(draws)
        ]
        theirs = _frequencies(np.array(panels), 30)
        spread = np.sqrt(np.maximum(2 * theirs * (1 - theirs), 2 / draws) / draws)
        furthest, compared = max(furthest, float((abs(ours - theirs) / spread).max())), compared + 30
    found.check(
        "The simulation draws panels by stake as the reference does",
        furthest < PATIENCE,
        f"{compared} validators' chances of a seat from {draws:,} draws each, "
        f"the furthest {furthest:.1f} standard errors apart",
    )
    return found


def _frequencies(members: NDArray[np.int64], accounts: int) -> NDArray[np.float64]:
    return np.bincount(members.ravel(), minlength=accounts) / len(members)


def decoys() -> Findings:
    """Every kind of decoy by both rules."""
    found = Findings()
    moved = compared = 0
    for attack in _attacks():
        base: Outcome | None = None
        for filled, seats, outcome in _play(attack):
            base = base or outcome
            if not attack.exclusive:
                moved += int((outcome.panels != base.panels).any(axis=1).sum())
                moved += int((outcome.judges != base.judges).any(axis=1).sum())
                compared += 2 * MARKETS
            found.tables.setdefault("decoys", []).append(
                vars(attack)
                | {
                    "filled": filled,
                    "seats": seats,
                    "captured": float(outcome.captured.mean()),
                    "unheard": float(outcome.unheard.mean()),
                    "false": float(outcome.false.mean()),
                }
            )
    _claims(found, moved, compared)
    return found


def _attacks() -> Iterator[Attack]:
    for exclusive, share, seats_each in itertools.product((True, False), SHARES, (1, 5)):
        plain = Attack(exclusive, share, seats_each)
        yield plain
        yield replace(plain, kept_out=False)
        yield replace(plain, after=True)
        if exclusive:
            yield replace(plain, size=SMALLEST)


def _play(attack: Attack) -> Iterator[tuple[float, float, Outcome]]:
    """How far decoys fill the honest stake, in how many seats, and what comes of the panel that is wanted."""
    rng = np.random.default_rng([round(100 * attack.share), attack.seats_each])
    accounts = Accounts.of_size(attack.share, attack.seats_each)
    markets = Markets(accounts, MARKETS, attack.exclusive)
    barred = accounts.colluding if attack.kept_out else None
    honest = float(accounts.stakes[~accounts.colluding].sum())
    target = _target(markets) if attack.after else None
    for filled in FILLED if attack.exclusive else SHARED:
        size = attack.size
        while (seats := float(markets.seats[:, ~accounts.colluding].sum(axis=1).mean())) < filled * honest:
            panels = markets.draw(rng, size, barred)
            if not panels.seated.any() and size == SMALLEST:
                break
            if not panels.seated.any():
                size = SMALLEST
            markets.take(panels)
        yield filled, seats, _judge(markets, _target(markets) if target is None else target)


def _target(markets: Markets) -> Panels:
    """The panel that is wanted: its seed is the same whatever has been seated before."""
    return markets.draw(np.random.default_rng(TARGET), TARGET)


def _judge(markets: Markets, panels: Panels) -> Outcome:
    accounts, judges = markets.accounts, appeal_size(TARGET)
    captured = panels.seated & (panels.bad(accounts) >= needed(TARGET))
    appeal = markets.draw(np.random.default_rng(judges), judges, markets.members(panels))
    saved = ~appeal.seated | (appeal.bad(accounts) > judges - needed(judges))
    return Outcome(panels.members, appeal.members, captured, ~appeal.seated, captured & saved)


def _claims(found: Findings, moved: int, compared: int) -> None:
    rows = found.tables["decoys"]
    full = [row for row in rows if row["exclusive"] and row["kept_out"] and row["filled"] == 1]
    small = {
        float(str(row["share"])): float(str(row["captured"]))
        for row in full
        if not row["after"] and row["seats_each"] == 1 and row["size"] == SMALLEST
    }
    chance = {share: _hypergeometric(share) for share in SHARES}
    found.check(
        "Were locked stake passed over, decoys for gas would give a tenth of all stake every second panel, "
        "and a fifth nearly all",
        small[0.1] > 0.45 and small[0.2] > 0.95,
        ", ".join(
            f"{small[share]:.0%} with {share:.0%}, {chance[share]:.4f} without decoys" for share in SHARES
        ),
    )
    stands = [
        float(str(row["false"])) / float(str(row["captured"]))
        for row in full
        if float(str(row["captured"])) > 0
    ]
    found.check(
        "and no appeal would help, also where the decoys come after the panel's draw",
        min(stands) > 0.99,
        f"{min(stands):.0%} of the lies would stand",
    )
    found.check(
        "As stake weighs in full whatever it backs, decoys of any number and kind change no panel, no appeal "
        "panel and no result",
        moved == 0,
        f"{moved} of {compared:,} differ, with decoys on up to {SHARED[-1]:.0f} seats for each honest stake",
    )


def _hypergeometric(share: float) -> float:
    return float(hypergeom.sf(needed(TARGET) - 1, SEATS, round(share * SEATS), TARGET))
