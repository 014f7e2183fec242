"""Ensures that no key is published so late that its recipient might get both money back and key."""

from __future__ import annotations

from assay.errors import InvalidInput

_LATE_PART = 8  # nothing is delivered in the last eighth of the delivery window


def require_in_time(what: str, now: int, deadline: int, window: int) -> None:
    """Raise :class:`InvalidInput` in the last part of a delivery window, and after it.

    Once a transaction is sent, the key in it can be read. If it is then mined too late, the payer may already
    have taken the money back.

    Args:
        what: whose key it is, such as "sale 7".
        now, deadline: Unix seconds.
        window: length of the whole delivery window in seconds.
    """
    if now <= deadline - window // _LATE_PART:
        return
    raise InvalidInput(
        f"The time to deliver the key of {what} is nearly over. Whoever pays could have the money back and "
        "take the key from the transaction.",
        hint="Deliver sooner: `assay sell serve` does it at once for sales and trials.",
    )
