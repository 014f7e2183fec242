"""ValidatorStaking: validators' stakes."""

from __future__ import annotations

from assay.structs.base import Amount, Struct


class Stake(Struct):
    """One validator's stake, base units of the staking token."""

    amount: Amount
    """The stake without exits."""
    locked: Amount
    """The part locked in panel seats."""
    exiting: Amount
    exit_at: int
    """Unix seconds from which the exit can be completed."""
