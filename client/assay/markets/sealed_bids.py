"""Sealed bids in any kind of auction: committing, revealing, reclaiming bonds."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from assay.chain import Receipt
from assay.chain.journal import state_folder
from assay.errors import InvalidInput
from assay.escrow import Escrow
from assay.session import Session
from assay.structs import Auction, Bid, views
from assay.wallet import eip712
from assay.wallet.bid_prices import BidPrices, bids_folder
from assay.words import times
from assay.words.amounts import check_amount

_NAME = "VickreyAuction"
_PLACE = 25_000
"""Gas for each winner that an auction can have, beyond the estimate for revealing a bid.

Others may be revealed before it is mined. A bid that would have led may lose and get its bond back; one that
would have been alone may join others, in two new slots, or be compared with each of them.
"""


@dataclass(frozen=True)
class Committed:
    """A bid that was committed, and the transactions this took.

    Attributes:
        auction: says when to reveal; its ``bond`` is held until then.
        deposited: the balance's shortfall for the bond, base units.
        deposit: that deposit, or the approval for contracts to use the balance; None if neither was needed.
    """

    auction: Auction
    receipt: Receipt
    deposited: int
    deposit: Receipt | None


class SealedBids:
    """Commit, reveal and reclaim, by the auction's id. Prices are base units of the auction's token.

    The salt is derived from the wallet each time (`Wallet.bid_salt`), and the price is stored, encrypted,
    beside the keystore (:class:`~assay.wallet.bid_prices.BidPrices`). If that is lost, anyone with the
    wallet who remembers the price can still reveal the bid from any machine.
    """

    def __init__(self, session: Session, escrow: Escrow) -> None:
        self._session, self._escrow = session, escrow

    def commit(self, auction_id: int, price: int) -> Committed:
        """Commit to *price*; its bond is taken from the escrow balance, which is topped up if too small.

        The price is stored for :meth:`reveal` before anything is sent.

        Raises:
            InvalidInput: the price is negative, or 2^96 or more.
            WalletError: the price cannot be stored; nothing was sent.
            ContractError: not eligible, too late, already committed, or too little money.
        """
        check_amount(price)
        auction, seal = self.auction(auction_id), self._seal(auction_id, price)
        self._prices.store(seal, price)
        call = self._session.contract(_NAME).call("commit", auction_id, seal)
        receipt, deposit = self._escrow.send_funded(call, auction.bond, token=auction.token)
        said = deposit.events if deposit else ()
        deposited = sum(event.arguments["amount"] for event in said if event.name == "Deposited")
        return Committed(auction, receipt, deposited, deposit)

    def price(self, auction_id: int) -> int | None:
        """The price of the account's bid, if it was stored here and committed to, else None.

        Raises:
            WalletError: it was stored but cannot be read.
        """
        committed = self._session.events.find(
            _NAME, "BidCommitted", auctionId=auction_id, bidder=self._session.address, newest_first=True
        )
        return next((self._prices.get(event.arguments["sealedBid"]) for event in committed), None)

    def reveal(self, auction_id: int, price: int | None, *, what: str) -> Receipt:
        """Reveal the bid.

        Args:
            price: the price committed to; None for the one that :meth:`commit` stored.
            what: what the bid is on, such as "commission 7".

        Raises:
            InvalidInput: bids are still being accepted, the price is out of range, or none was stored here.
            ContractError: not the price committed to, too late, or nothing to reveal. Nothing was sent.
        """
        if price is None:
            price = self.price(auction_id)
        if price is None:
            raise InvalidInput(
                f"The price of your bid on {what} is not stored here.",
                hint="Give the price that you committed to.",
            )
        check_amount(price)
        spare = _PLACE * self._closed(auction_id, what).winners
        call = self._session.contract(_NAME).call("reveal", auction_id, price, self._salt(auction_id))
        return self._session.send_call(replace(call, spare_gas=spare))

    def _closed(self, auction_id: int, what: str) -> Auction:
        """Raise :class:`InvalidInput` while bids are accepted: simulating would show the endpoint the price.

        Goes by the later of two clocks, because an idle chain has no recent block.
        """
        auction: Auction
        auction, now = self._session.together(lambda: self.auction(auction_id), self._session.now)
        if max(now, time.time()) < auction.commit_ends:
            raise InvalidInput(
                f"Bids on {what} are still taken, until {times.local(auction.commit_ends)}.",
                hint="Reveal yours after that. Nobody was told its price.",
            )
        return auction

    def reclaim(self, auction_id: int, bidder: str | None) -> Receipt:
        """Return the bond of *bidder* (None for the account), who led and was then outbid."""
        return self._session.send(_NAME, "reclaim", auction_id, bidder or self._session.address)

    def get(self, auction_id: int, bidder: str | None) -> Bid:
        """What the chain shows about the bid of *bidder* (None for the account)."""
        return self._session.view(views.vickrey_auction.bid_of(auction_id, bidder or self._session.address))

    def auction(self, auction_id: int) -> Auction:
        """The auction as it stands: bond, deadlines, leading price."""
        return self._session.view(views.vickrey_auction.auction(auction_id))

    @property
    def _prices(self) -> BidPrices:
        keystore, account = self._session.wallet.keystore, self._session.address.lower()
        own = (self._session.state or state_folder()) / f"{account}.bids"
        secret = self._session.encryption_key().private_bytes_raw()
        return BidPrices(bids_folder(keystore) if keystore else own, secret)

    def _seal(self, auction_id: int, price: int) -> bytes:
        chain_id, address = self._session.deployment.chain_id, self._address
        salt = self._salt(auction_id)
        return eip712.sealed_bid_hash(chain_id, address, auction_id, self._session.address, price, salt)

    def _salt(self, auction_id: int) -> bytes:
        return self._session.wallet.bid_salt(self._session.deployment.chain_id, self._address, auction_id)

    @property
    def _address(self) -> str:
        return self._session.deployment.address(_NAME)
