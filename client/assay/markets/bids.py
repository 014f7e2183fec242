"""`market.bids`: sealed bids on commissions."""

from __future__ import annotations

from assay.chain import Receipt
from assay.errors import InvalidInput
from assay.escrow import Escrow
from assay.markets.sealed_bids import Committed, SealedBids
from assay.session import Session
from assay.structs import Auction, Bid, Commission, views
from assay.words.amounts import check_amount


class Bids:
    """Commit, reveal and reclaim, as in :class:`~assay.markets.sealed_bids.SealedBids`, by commission.

    Prices are base units of the commission's token.
    """

    def __init__(self, session: Session, escrow: Escrow) -> None:
        self._session, self._escrow = session, escrow
        self._sealed = SealedBids(session, escrow)

    def commit(self, commission_id: int, price: int) -> Committed:
        """Commit to *price*; its bond is taken from the escrow balance, which is topped up if too small.

        The price is stored for :meth:`reveal` before anything is sent.

        Raises:
            InvalidInput: the price is negative, above the reserve, or 2^96 or more.
            WalletError: the price cannot be stored; nothing was sent.
            ContractError: not eligible, too late, already committed, or too little money.
        """
        check_amount(price)
        commission = self._commission(commission_id)
        token = self._escrow.token(commission.request.token)
        if price > commission.request.reserve:
            raise InvalidInput(
                f"The price is above the reserve of {token.format(commission.request.reserve)} "
                "and could not win.",
                hint="Bid at most the reserve.",
            )
        return self._sealed.commit(commission.auction_id, price)

    def price(self, commission_id: int) -> int | None:
        """The price of the account's bid, if it was stored here and committed to, else None.

        Raises:
            WalletError: it was stored but cannot be read.
        """
        return self._sealed.price(self._auction_id(commission_id))

    def reveal(self, commission_id: int, price: int | None = None) -> Receipt:
        """Reveal the bid.

        Args:
            price: the price committed to; by default the one that :meth:`commit` stored.

        Raises:
            InvalidInput: bids are still being accepted, the price is out of range, or none was stored here.
            ContractError: not the price committed to, too late, or nothing to reveal. Nothing was sent.
        """
        auction_id = self._auction_id(commission_id)
        return self._sealed.reveal(auction_id, price, what=f"commission {commission_id}")

    def reclaim(self, commission_id: int, bidder: str | None = None) -> Receipt:
        """Return the bond of *bidder* (the account by default), who led and was then outbid."""
        return self._sealed.reclaim(self._auction_id(commission_id), bidder)

    def get(self, commission_id: int, bidder: str | None = None) -> Bid:
        """What the chain shows about the bid of *bidder* (the account by default)."""
        return self._sealed.get(self._auction_id(commission_id), bidder)

    def auction(self, commission_id: int) -> Auction:
        """The auction as it stands: bond, deadlines, leading price."""
        return self._sealed.auction(self._auction_id(commission_id))

    def _auction_id(self, commission_id: int) -> int:
        return self._commission(commission_id).auction_id

    def _commission(self, commission_id: int) -> Commission:
        return self._session.view(views.commission_lens.commission(commission_id))
