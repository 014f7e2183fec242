"""The state of a claim of lineage, and what it is waiting for."""

from __future__ import annotations

from dataclasses import dataclass

from assay.deal.round_step import NOBODY, NextStep
from assay.structs import LineageClaim, LineageClaimState, LineageTerms


@dataclass(frozen=True)
class Added:
    """What an upheld claim has added to the child's royalties.

    Attributes:
        admitted: whether the child's owner admitted it; otherwise a jury ruled so.
        ppm, floor: what later sales owe; less than the terms if the caps were reached.
    """

    admitted: bool
    ppm: int
    floor: int


@dataclass(frozen=True)
class Standing:
    """A claim with its terms, evidence and outcome.

    Attributes:
        terms: what the parent demands.
        evidence: digests of LineageEvidence, the claimant's first.
        added: None unless it has been upheld.
        dispute_id: None unless it has gone to a jury.
    """

    claim_id: int
    claim: LineageClaim
    terms: LineageTerms
    evidence: tuple[bytes, ...]
    added: Added | None
    dispute_id: int | None

    def next_step(self, now: int) -> NextStep:
        """Who has to do what by when, at the time *now* (Unix seconds)."""
        number, deadline = self.claim_id, self.claim.deadline
        match self.claim.state:
            case LineageClaimState.CLAIMED:
                what = f"admit it (`assay lineage admit {number}`), or deny it with the same bond: "
                return NextStep("owner", f"{what}`assay lineage deny {number} CLAIM`", deadline)
            case LineageClaimState.CHALLENGE if now < deadline:
                what = f"have a jury judge it: `assay lineage pursue {number} CLAIM`"
                return NextStep("claimant", what, deadline)
            case LineageClaimState.CHALLENGE:
                return NextStep("anyone", f"nobody asked a jury: `assay lineage settle {number}`", 0)
            case LineageClaimState.DISPUTED:
                return NextStep("jurors", f"judge it: `assay dispute show {self.dispute_id}`", deadline)
            case LineageClaimState.UPHELD:
                return NextStep(NOBODY, "upheld: the child owes the parent from now on", 0)
            case LineageClaimState.UNDECIDED:
                return NextStep(NOBODY, "no ruling: it can be claimed again", 0)
        return NextStep(NOBODY, "refused", 0)
