"""What a sale is waiting for: who has to do what, and by when."""

from __future__ import annotations

from assay.deal.round_step import NextStep
from assay.markets.sales import SaleRecord
from assay.structs import SaleState


def sale_step(record: SaleRecord, now: int) -> NextStep:
    """What is due at the time *now* (Unix seconds)."""
    number, deadline, is_over = record.sale_id, record.sale.deadline, now >= record.sale.deadline
    match record.state:
        case SaleState.BOUGHT if is_over:
            return NextStep(
                "anyone", f"return price and bond to the buyer: `assay licence refund {number}`", 0
            )
        case SaleState.BOUGHT:
            return NextStep("seller", f"deliver the key: `assay sell deliver {number}`", deadline)
        case SaleState.DELIVERED if is_over:
            return NextStep("anyone", f"pay the seller: `assay licence collect {number}`", 0)
        case SaleState.DELIVERED:
            what = f"open the model: `assay licence open {number} FILE`; a wrong key is refuted by it"
            return NextStep("buyer", what, deadline)
        case SaleState.REFUNDED:
            why = "a wrong key was delivered" if record.refuted else "nothing was delivered in time"
            return NextStep("nobody", f"refunded: {why}", 0)
    return NextStep("nobody", "sold and paid", 0)
