"""What the documentation claims, each with the figure that bears it out or not."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Z = 2.576  # 99 %, two-sided


@dataclass(frozen=True)
class Claim:
    """A sentence of docs/mechanism.md, whether it held in this run, and the figures."""

    claim: str
    holds: bool
    evidence: str


@dataclass
class Findings:
    """What a part of the simulation leaves: rows for the JSON, and claims."""

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)

    def check(self, claim: str, holds: bool, evidence: str) -> None:
        """Note whether a claim held."""
        self.claims.append(Claim(claim, bool(holds), evidence))

    def take(self, other: "Findings") -> None:
        """Add what another part has found."""
        self.tables |= other.tables
        self.claims += other.claims


def mean_and_error(values: NDArray[np.float64]) -> tuple[float, float]:
    """The mean of independent samples and half the width of its 99 % confidence interval."""
    return float(values.mean()), Z * float(values.std(ddof=1)) / math.sqrt(len(values))


def upper_bound(successes: int, tries: int) -> float:
    """A one-sided 99 % bound (Clopper-Pearson) of a probability that was met *successes* times in *tries*."""
    from scipy.stats import beta

    return 1.0 if successes == tries else float(beta.ppf(0.99, successes + 1, tries - successes))
