"""What a transaction offers for its gas (EIP-1559), all in wei per gas."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import NamedTuple

from assay.chain.connection import Connection
from assay.errors import ChainError

GWEI = 10**9
_TIP_JITTER = 2**20  # a thousandth of a gwei
_BUMP_PERMILLE = 1_125  # nodes replace a transaction by one that offers a tenth more


class Fees(NamedTuple):
    """The tip for the block's producer, and the most that is paid including the base fee."""

    tip: int
    most: int


def market_fees(connection: Connection, *, limit: int) -> Fees:
    """The usual fees now; raises :class:`ChainError` if they are above *limit*."""
    # slightly random, else two machines that send the same call at once would share one transaction
    tip = connection.priority_fee() + secrets.randbelow(_TIP_JITTER)
    return _within(Fees(tip, 2 * connection.base_fee() + tip), limit)


def raised_fees(connection: Connection, earlier: Iterable[Fees], *, limit: int) -> Fees:
    """Fees high enough to replace the *earlier* ones; raises as :func:`market_fees` does."""
    usual, offers = market_fees(connection, limit=limit), list(earlier)
    tip = max(usual.tip, *(offer.tip * _BUMP_PERMILLE // 1000 + 1 for offer in offers))
    most = max(usual.most, tip, *(offer.most * _BUMP_PERMILLE // 1000 + 1 for offer in offers))
    return _within(Fees(tip, most), limit)


def _within(fees: Fees, limit: int) -> Fees:
    if fees.most > limit:
        raise ChainError(
            f"{fees.most / GWEI:,.0f} gwei would have to be offered for a unit of gas, above the limit of "
            f"{limit / GWEI:,.0f}.",
            hint="Wait for a quieter time, or use another RPC endpoint.",
        )
    return fees
