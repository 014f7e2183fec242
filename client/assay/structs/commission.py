"""CommissionMarket: the state of a custom model's order."""

from __future__ import annotations

from assay.manifests.fields import Address
from assay.structs.base import Amount, Bytes32, Choice, Struct
from assay.structs.policy import Timeouts


class State(Choice):
    """Where a commission stands; the table of all exits is in docs/protocol.md."""

    NONE = 0
    BIDDING = 1
    REVEALING = 2
    ATTESTING = 3
    """The panel attests the data; the panel's own steps are in Rounds."""
    BUILDING = 4
    EVALUATING = 5
    """The panel evaluates the model."""
    AUDITING = 6
    DELIVERING = 7
    CHALLENGE = 8
    DISPUTED = 9
    SETTLED = 10
    REFUNDED = 11


class Cause(Choice):
    """Why a commission ended in a refund, or is going to."""

    NONE = 0
    NO_BIDS = 1
    PANEL_NOT_SEATED = 2
    CUSTOMER_SILENT = 3
    BAD_DATA = 4
    PANEL_SILENT = 5
    DEVELOPER_SILENT = 6
    ATTEMPTS_SPENT = 7
    AUDITORS_UNAVAILABLE = 8
    AUDIT_REJECTED = 9
    DELIVERY_FAILED = 10
    DISPUTE_LOST = 11
    OVERTURNED = 12
    DELIVERY_REFUTED = 13


class Artifact(Choice):
    """What a key grant opens."""

    DATASET = 0
    MODEL = 1


class Request(Struct):
    """What a customer requests; nothing in it changes after opening."""

    spec: Bytes32
    dataset: Bytes32
    token: Address
    reserve: Amount
    """The most to be paid for the model."""
    evaluation_fee: Amount
    """Fee for each validator per request."""
    audit_fee: Amount
    """Fee for each auditor."""
    effort_fee: Amount
    """Paid to the developer if the attempts are used up and the best reached the effort score."""
    kill_fee: Amount
    """Paid to the developer if the customer is at fault."""
    max_total: Amount
    """The most that opening may cost; not stored, so 0 when read back."""
    threshold: int
    effort_score: int
    tolerance: int
    required_criteria: int
    """Bitmap over the spec's criteria."""
    domain: int
    risk_class: int
    submission_cap: int
    commit_ends: int
    reveal_ends: int
    build_window: int
    """Seconds that the developer has."""


class Listing(Struct):
    """A commission in a list."""

    id: int
    state: State
    cause: Cause
    opened_at: int
    """Unix seconds."""
    deadline: int
    """Deadline of the present state."""
    customer: Address
    developer: Address
    """Zero before the award."""
    token: Address
    reserve: Amount
    price: Amount
    """0 before the award."""
    bond: Amount
    """Of a bid."""
    domain: int
    risk_class: int
    attempts: int
    submission_cap: int
    threshold: int
    """ppm."""
    spec: Bytes32


class Commission(Struct):
    """The whole of a deal as it stands."""

    state: State
    cause: Cause
    customer: Address
    developer: Address
    price: Amount
    deadline: int
    """Deadline of the present state."""
    build_deadline: int
    attempts: int
    best_score: int
    last_score: int
    panel_size: int
    audits: int
    fee_ppm: int
    spent: Amount
    bond: Amount
    step_fee: Amount
    """Paid to whoever takes a step that anyone may take."""
    steps: int
    """For which it was paid."""
    paid_steps: int
    """For which it is paid at most."""
    auction_id: int
    panel_id: int
    """The panel's number in Rounds; 0 before the award."""
    audit_id: int
    model_id: int
    submission_hash: Bytes32
    manifest: Bytes32
    word: Bytes32
    """What the panel agreed on about the accepted model; a refutation is checked against it."""
    request: Request
    timeouts: Timeouts


class Awarded(Struct):
    """The value awarded in a domain in the present period, base units."""

    own: Amount
    """Value awarded to one developer."""
    total: Amount
