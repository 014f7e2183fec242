"""Trials: licences that are bought only if the model passes on the buyer's own hidden data."""

from __future__ import annotations

from assay.manifests.fields import Address
from assay.structs.base import Amount, Bytes32, Choice, Struct
from assay.structs.licence import LicenceTerms

_STATE_BITS = 8


class TrialState(Choice):
    """What a trial is waiting for."""

    NONE = 0
    JUDGING = 1
    DELIVERING = 2
    CHALLENGE = 3
    SOLD = 4
    REFUNDED = 5


class TrialCause(Choice):
    """Why a trial ended without a sale."""

    NONE = 0
    FAILED = 1
    PANEL_NOT_SEATED = 2
    BUYER_SILENT = 3
    SELLER_SILENT = 4
    PANEL_SILENT = 5
    UNDECIDED = 6
    CANNOT_OPEN = 7
    UNSTABLE = 8
    REJECTED = 9
    NOT_TESTED = 10
    DELIVERY_FAILED = 11
    DELIVERY_REFUTED = 12


class TrialAllowance(Struct):
    """What a seller allows for one of its offers."""

    exposure_fee: Amount
    """The seller's fee for each trial."""
    bond: Amount
    """The bond that the seller puts up for each trial from its escrow balance."""
    quota: int
    """Trials that may still be opened; each uses up one, however it ends."""
    exclusive: bool
    """Whether a buyer whose trial passes is the last buyer."""


class TrialRequest(Struct):
    """What a buyer requests."""

    offer_id: int
    terms: LicenceTerms
    seats: int
    spec: Bytes32
    dataset: Bytes32
    evaluation_fee: Amount
    """Fee for each member of the panel."""
    max_total: Amount
    threshold: int
    tolerance: int
    required_criteria: int
    exclusive: bool
    """As allowed by the seller."""
    min_bond: Amount
    """The least that the seller must put up."""


class Trial(Struct):
    """A trial as it stands."""

    buyer: Address
    at: int
    """A state and its deadline, as packed by the contract."""
    cause: TrialCause
    steps: int
    exclusive: bool
    seller: Address
    price: Amount
    """Price of all seats."""
    token: Address
    evaluation_fee: Amount
    exposure_fee: Amount
    bond: Amount
    """The seller's bond."""
    offer_id: int
    seats: int
    rules: Address
    spent: Amount
    """Spent on the panel and on steps."""
    royalties: Address
    fee_ppm: int
    threshold: int
    treasury: Address
    panel_id: int
    required_criteria: int
    good: Bytes32
    terms: Bytes32
    word: Bytes32

    @property
    def state(self) -> TrialState:
        """What it is waiting for."""
        return TrialState(self.at & ((1 << _STATE_BITS) - 1))

    @property
    def deadline(self) -> int:
        """Deadline of the state, Unix seconds."""
        return self.at >> _STATE_BITS
