"""Lists what the market's index holds, in the same types as reads from the chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from assay.errors import IndexUnavailable
from assay.index import IndexReader
from assay.structs import ZERO_ADDRESS, Cause, Listing, State

_MARKET, _PAGE, _FURTHEST = "CommissionMarket", 200, 10_000


def listings(index: IndexReader, **equal: Any) -> Iterator[Listing]:
    """Commissions, newest first, read lazily.

    Args:
        equal: filters by the names of the index's API, such as ``buyer``.

    Raises:
        IndexUnavailable: as for :meth:`IndexReader.ask`, or an answer is not a valid commission.
    """
    for offset in range(0, _FURTHEST + 1, _PAGE):
        reply = index.ask("deals", market=_MARKET, offset=offset, limit=_PAGE, **equal)
        try:
            page = [_listing(one) for one in reply.data["items"]]
        except (LookupError, TypeError, ValueError, ValidationError) as error:
            raise IndexUnavailable("The index names a commission that cannot exist.") from error
        yield from page
        if len(page) < _PAGE:
            return


def _listing(one: Mapping[str, Any]) -> Listing:
    state = State[one["state"].upper()]
    return Listing(
        id=one["id"],
        state=state,
        cause=Cause[(one["cause"] or "none").upper().replace(" ", "_")],
        opened_at=one["opened_at"],
        deadline=one["commit_ends"] if state == State.BIDDING else one["deadline"],
        customer=one["buyer"],
        developer=one["seller"] or ZERO_ADDRESS,
        token=one["token"],
        reserve=int(one["reserve"]),
        price=int(one["price"] or 0),
        bond=int(one["bid_bond"] or 0),
        domain=one["domain"],
        risk_class=one["risk_class"],
        attempts=one["attempts"],
        submission_cap=one["submission_cap"],
        threshold=one["threshold"],
        spec=bytes.fromhex(one["spec"]),
    )
