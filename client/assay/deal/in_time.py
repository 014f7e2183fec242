"""No key is published so late that its recipient might have its money back and the key as well."""

from __future__ import annotations

from assay.errors import InvalidInput

_LATE_PART = 8  # of the delivery window: in its last eighth nothing is delivered any more


def require_in_time(what: str, now: int, deadline: int, window: int) -> None:
    """Raise :class:`InvalidInput` in the last part of a delivery window, and after it.

    Once a transaction is sent, everybody can read the key in it. If it is then mined too late, whoever pays
    may have taken the money back.

    Args:
        what: whose key it is, such as "sale 7".
        now, deadline: Unix seconds.
        window: seconds that the whole delivery has.
    """
    if now <= deadline - window // _LATE_PART:
        return
    raise InvalidInput(
        f"The time to deliver the key of {what} is nearly over. Whoever pays could have the money back and "
        "take the key from the transaction.",
        hint="Deliver sooner: `assay sell serve` does it at once for sales and trials.",
    )
