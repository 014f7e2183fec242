"""Policy: the market-wide rules."""

from __future__ import annotations

from assay.manifests.fields import Address
from assay.structs.base import Amount, Struct


class Timeouts(Struct):
    """How long each step of a deal may take, seconds."""

    draw: int
    grant: int
    commit: int
    reveal: int
    appeal: int
    audit: int
    delivery: int
    challenge: int


class RiskClass(Struct):
    """What a risk class requires."""

    defined: bool
    audits: int
    regulator: bool
    explainability: bool
    reverify_interval: int
    """Seconds; 0 for never."""
    third_party: bool
    """Whether models must pass a conformity body's own test set."""


class Stakes(Struct):
    """Stakes and bonds, base units of the staking token; the lesser offences in ppm of the seat stake."""

    seat: Amount
    auditor: Amount
    silence_ppm: int
    withhold_ppm: int


class ShareCap(Struct):
    """How much of a domain's awarded value one developer may take in a period, or how much of an auditor's
    fees one party may provide."""

    cap_ppm: int
    period: int
    min_volume: Amount


class DataRule(Struct):
    """What data deals in a domain must specify."""

    max_lifetime: int
    """Seconds after which access must end; 0 for no limit."""
    purposes: int
    """Bitmap over purposes; 0 for all."""


class TokenRule(Struct):
    """Whether deals may be paid in a token, and its minimum amounts."""

    allowed: bool
    min_evaluation_fee: Amount
    appeal_bond: Amount
    step_fee: Amount
    """Paid to whoever takes a step that anyone may take; at most `min_evaluation_fee`, 0 for none."""


class CommissionTerms(Struct):
    """All rules that apply to a commission opened now."""

    treasury: Address
    fee_ppm: int
    bid_bond_ppm: int
    panel_size: int
    audits: int
    regulator: bool
    explainability: bool
    conformity_set: int
    """The third-party test set that models must have passed; 0 for none."""
    reverify_interval: int
    min_evaluation_fee: Amount
    appeal_bond: Amount
    step_fee: Amount
    timeouts: Timeouts
    stakes: Stakes
    share_cap: ShareCap
    fee_share_cap: ShareCap
    cooling_off: int
    blocked_jurisdictions: int


class PanelTier(Struct):
    """The panel's size for reserve prices below a bound."""

    below: Amount
    size: int
