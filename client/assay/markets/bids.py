"""`market.bids`: sealed bids on commissions."""

from __future__ import annotations

from assay.chain import Receipt
from assay.errors import InvalidInput
from assay.escrow import Escrow
from assay.session import Session
from assay.structs import Auction, Bid, Commission, views
from assay.wallet import eip712
from assay.words.amounts import check_amount


class Bids:
    """Commit, reveal, reclaim. Prices are base units of the commission's token.

    The salt is derived from the wallet each time (`Wallet.bid_salt`): nothing is stored, and a bid can be
    revealed from any machine by whoever has the wallet and remembers the price.
    """

    def __init__(self, session: Session, escrow: Escrow) -> None:
        self._session, self._escrow = session, escrow

    def commit(self, commission_id: int, price: int) -> Receipt:
        """Commit to *price*; its bond is taken from the escrow balance, which is topped up when too small.

        Raises:
            InvalidInput: a price below zero or from 2^96 on.
            ContractError: not eligible, too late, committed already, or too little money.
        """
        check_amount(price)
        commission = self._commission(commission_id)
        auction_id, reserve = commission.auction_id, commission.request.reserve
        if price > reserve:
            raise InvalidInput(
                f"The price is above the reserve of {reserve} base units and could not win.",
                hint="Bid at most the reserve.",
            )
        auction = self._auction(auction_id)
        call = self._session.contract("VickreyAuction").call(
            "commit", auction_id, self._sealed(auction_id, price)
        )
        return self._escrow.send_funded(call, auction.bond, token=auction.token)[0]

    def reveal(self, commission_id: int, price: int) -> Receipt:
        """Reveal the bid, with the price that was committed to.

        Raises:
            InvalidInput: a price out of range, or another one than was committed to.
            ContractError: not the time for it, or nothing to reveal.
        """
        check_amount(price)
        auction_id = self._commission(commission_id).auction_id
        return self._session.send("VickreyAuction", "reveal", auction_id, price, self._salt(auction_id))

    def reclaim(self, commission_id: int, bidder: str | None = None) -> Receipt:
        """Return the bond of *bidder* (the account by default), who led and was overtaken."""
        auction_id = self._commission(commission_id).auction_id
        return self._session.send("VickreyAuction", "reclaim", auction_id, bidder or self._session.address)

    def get(self, commission_id: int, bidder: str | None = None) -> Bid:
        """What the chain shows of the bid of *bidder* (the account by default)."""
        auction_id = self._commission(commission_id).auction_id
        return self._session.view(views.vickrey_auction.bid_of(auction_id, bidder or self._session.address))

    def auction(self, commission_id: int) -> Auction:
        """The auction as it stands: bond, deadlines, leading price."""
        return self._auction(self._commission(commission_id).auction_id)

    def _commission(self, commission_id: int) -> Commission:
        return self._session.view(views.commission_lens.commission(commission_id))

    def _auction(self, auction_id: int) -> Auction:
        return self._session.view(views.vickrey_auction.auction(auction_id))

    def _sealed(self, auction_id: int, price: int) -> bytes:
        chain_id, address = self._session.deployment.chain_id, self._address
        salt = self._salt(auction_id)
        return eip712.sealed_bid_hash(chain_id, address, auction_id, self._session.address, price, salt)

    def _salt(self, auction_id: int) -> bytes:
        return self._session.wallet.bid_salt(self._session.deployment.chain_id, self._address, auction_id)

    @property
    def _address(self) -> str:
        return self._session.deployment.address("VickreyAuction")
