"""`market.auctions`: licences, exclusive or not, sold to the highest sealed bid."""

from __future__ import annotations

from dataclasses import dataclass, replace

from assay.chain import Receipt
from assay.deal.delivery_keys import DeliveryKeys
from assay.errors import InvalidInput
from assay.escrow import Escrow, Token
from assay.markets.auction_records import CONTRACT, AuctionReader, LicenceAuction
from assay.markets.sales import CONTRACT as LICENCES
from assay.markets.sales import OfferRecord, Sales
from assay.markets.sealed_bids import Committed, SealedBids
from assay.session import Session
from assay.structs import Bid, CurvePoint, Lot, views
from assay.words import times
from assay.words.amounts import check_amount

_DAY = 86_400
MAX_LICENCES = 16
MAX_BIDDING, MIN_REVEALING, MAX_REVEALING = 30 * _DAY, 60, 7 * _DAY
"""Seconds, as in the contracts."""


@dataclass(frozen=True)
class AuctionPlan:
    """What a seller puts to auction.

    Attributes:
        deposit: each bidder's deposit, base units: the most that a licence can cost.
        licences: how many are sold.
        seats: seats of each licence.
        exclusive: whether nobody else may buy the model afterwards.
        bidding_seconds, revealing_seconds: how long bids are accepted, and can then be revealed.
    """

    deposit: int
    licences: int = 1
    seats: int = 1
    exclusive: bool = False
    bidding_seconds: int = 3 * _DAY
    revealing_seconds: int = _DAY


@dataclass(frozen=True)
class OpenedAuction:
    """An auction that has been opened."""

    number: int
    lot: Lot
    receipt: Receipt


class Auctions(AuctionReader):
    """Auctions of licences, for one account as seller or bidder.

    Amounts are base units of the offer's token. Every bidder deposits the most that a licence can cost, so
    the winner has already paid: the price is taken from the deposit, and the rest is returned.
    """

    def __init__(self, session: Session, escrow: Escrow) -> None:
        super().__init__(session)
        self._escrow, self._offers = escrow, Sales(session)
        self._bids, self._keys = SealedBids(session, escrow), DeliveryKeys(session, CONTRACT)

    # SELLING

    def draft(self, offer_id: int, plan: AuctionPlan) -> Lot:
        """What would be auctioned, with its times counted from now. Nothing is sent.

        Raises:
            InvalidInput: no such offer, it is withdrawn or not this account's, or the plan is not allowed.
        """
        offer, now = self._session.together(lambda: self._offers.offer(offer_id), self._session.now)
        if offer.withdrawn:
            raise InvalidInput(f"Offer {offer_id} is withdrawn.", hint="Make a new one: `assay sell offer`.")
        if offer.terms.seller != self._session.address:
            raise InvalidInput(
                f"Offer {offer_id} belongs to {offer.terms.seller}.",
                hint="Put an offer of your own to auction.",
            )
        _check(plan, offer, self._escrow.token(offer.terms.offer.token))
        commit_ends = now + plan.bidding_seconds
        return Lot(
            offer_id=offer_id,
            terms=offer.terms,
            seats=plan.seats,
            licences=plan.licences,
            exclusive=plan.exclusive,
            deposit=plan.deposit,
            commit_ends=commit_ends,
            reveal_ends=commit_ends + plan.revealing_seconds,
        )

    def open(self, offer_id: int, plan: AuctionPlan) -> OpenedAuction:
        """Auction licences on the terms of the account's own offer. Nobody can buy the model meanwhile.

        The seller's bond for each licence comes from the escrow balance, which is topped up if too small.

        Raises:
            InvalidInput: as for :meth:`draft`.
            ContractError: the offer was changed, the model is reserved or not the account's, or the account
                has too little money.
        """
        purpose = f"auction under offer {offer_id}: {plan}"
        earlier = self._session.resume(CONTRACT, "open", purpose)
        if earlier is not None:
            return _opened(earlier)
        lot = self.draft(offer_id, plan)
        token = lot.terms.offer.token
        if not self._session.view(views.licences.account_of(self._session.address, token)).open:
            self._session.send(LICENCES, "addBond", token, 0)
        call = self._session.contract(CONTRACT).call("open", lot.to_abi())
        receipt, _ = self._escrow.send_funded(replace(call, purpose=purpose), lot.bond, token=token)
        return _opened(receipt)

    # BIDDING

    def commit(self, number: int, price: int) -> Committed:
        """Commit to *price* for one licence with all its seats, and deposit the most that it can cost.

        The account first names its delivery key in a separate transaction. Whatever can be checked in advance
        is checked. The price is stored for :meth:`reveal` before the bid is sent.

        Raises:
            InvalidInput: too late, a price below the reserve, or too little money for the deposit.
            WalletError: the price cannot be stored; no bid was sent.
            ContractError: this account may not buy the model, has not signed what the offer requires, or has
                already bid.
        """
        check_amount(price)
        record = self.get(number)
        token = self._escrow.token(record.auction.token)
        if price < record.lot.reserve:
            raise InvalidInput(
                f"The price is below the reserve of {token.format(record.lot.reserve)} and could not win.",
                hint="Bid at least the reserve.",
            )
        if not self.bid(number).committed_at:
            self.require_open(record)
            self._require_admitted(record, token)
            self._name_key(number)
        return self._bids.commit(record.auction_id, price)

    def require_open(self, record: LicenceAuction) -> None:
        """Raise :class:`InvalidInput` if the bidding is over."""
        if self._session.now() >= record.lot.commit_ends:
            ended = times.local(record.lot.commit_ends)
            raise InvalidInput(
                f"Bidding in auction {record.number} ended at {ended}.",
                hint="`assay auction list` lists those that there are.",
            )

    def price(self, number: int) -> int | None:
        """The price of the account's bid, if it was stored here, else None.

        Raises:
            WalletError: it was stored but cannot be read.
        """
        return self._bids.price(self.get(number).auction_id)

    def reveal(self, number: int, price: int | None = None) -> Receipt:
        """Reveal the bid; a bid that is not revealed in time loses its deposit.

        Args:
            price: the price committed to; by default the one that :meth:`commit` stored.

        Raises:
            InvalidInput: bids are still being accepted, or no price was stored here.
            ContractError: not the price committed to, too late, or nothing to reveal.
        """
        return self._bids.reveal(self.get(number).auction_id, price, what=f"auction {number}")

    def reclaim(self, number: int, bidder: str | None = None) -> Receipt:
        """Return the deposit of *bidder* (the account by default), who led and was then outbid."""
        return self._bids.reclaim(self.get(number).auction_id, bidder)

    def bid(self, number: int, bidder: str | None = None) -> Bid:
        """What the chain shows about the bid of *bidder* (the account by default)."""
        return self._bids.get(self.get(number).auction_id, bidder)

    def close(self, number: int) -> Receipt:
        """End the auction after its reveals; anyone may. Winners get licences, the others their money back.

        Raises:
            InvalidInput: it is already over.
            ContractError: bids can still be revealed.
        """
        record = self.get(number)
        if record.is_over:
            raise InvalidInput(f"Auction {number} is closed.")
        winners = self._winners(record)
        keys = [self._key_of(number, one) for one in winners]
        return self._session.send(
            CONTRACT, "close", number, record.lot.to_abi(), [one.to_abi() for one in keys]
        )

    def _winners(self, record: LicenceAuction) -> list[str]:
        """The winners, best bid first, as the auction would report them to the contract that closes it."""
        sales = self._session.deployment.address(CONTRACT)
        hold = record.number.to_bytes(32)
        auctions = self._session.contract("VickreyAuction")
        return list(auctions.read("close", record.auction_id, hold, sender=sales)["winners"])

    def _require_admitted(self, record: LicenceAuction, token: Token) -> None:
        """Raise whatever would stop the bid, before the delivery key is named."""
        account, terms = self._session.address, record.lot.terms
        if terms.offer.agreement != bytes(32):
            self._session.view(views.agreements.require_signed(terms.offer.agreement, account))
        edition = self._session.view(views.goods.good_of(terms.offer.good)).edition  # as the contract does
        self._session.contract("Goods").read(
            "requireSellable", terms.offer.good, terms.seller, terms.jurisdiction, edition,
            account, terms.offer.audience, sender=self._session.deployment.address(CONTRACT),
        )  # fmt: skip
        inside, outside = self._session.together(
            lambda: self._escrow.balance(token=token.address),
            lambda: self._escrow.wallet_balance(token=token.address),
        )
        if inside + outside < record.lot.deposit:
            raise InvalidInput(
                f"A bid takes a deposit of {token.format(record.lot.deposit)}, and {account} has "
                f"{token.format(inside + outside)}.",
                hint=f"Get more {token.symbol}. What a licence does not cost comes back.",
            )

    def _name_key(self, number: int) -> None:
        """Name the account's delivery key for the auction, unless that has already been done."""
        point = self._keys.key(number).point
        named = self._named(number, self._session.address)
        if named is None or (named.x, named.y) != (point.x, point.y):
            self._session.send(CONTRACT, "nameKey", number, CurvePoint(x=point.x, y=point.y).to_abi())

    def _named(self, number: int, bidder: str) -> CurvePoint | None:
        named = self._session.events.find(
            CONTRACT, "BidderNamed", id=number, bidder=bidder, newest_first=True
        )
        event = next(named, None)
        return None if event is None else CurvePoint.model_validate(event.arguments["deliveryKey"])

    def _key_of(self, number: int, bidder: str) -> CurvePoint:
        named = self._named(number, bidder)
        if named is None:  # nobody can bid without naming one
            raise InvalidInput(
                f"The RPC endpoint does not show the delivery key of {bidder}.", hint="Try another endpoint."
            )
        return named


def _opened(receipt: Receipt) -> OpenedAuction:
    said = receipt.event("SaleOpened").arguments
    return OpenedAuction(said["id"], Lot.model_validate(said["lot"]), receipt)


def _check(plan: AuctionPlan, offer: OfferRecord, token: Token) -> None:
    """Raise :class:`InvalidInput` for a plan that the contracts would refuse."""
    terms = offer.terms.offer
    if not 0 < plan.licences <= MAX_LICENCES:
        raise InvalidInput(f"An auction sells 1 to {MAX_LICENCES} licences, not {plan.licences:,}.")
    if not 0 < plan.seats <= terms.seats:
        raise InvalidInput(
            f"A licence under offer {offer.offer_id} has 1 to {terms.seats:,} seats, not {plan.seats:,}."
        )
    if terms.price == 0:
        raise InvalidInput(
            f"Offer {offer.offer_id} costs nothing, and an auction needs a reserve.",
            hint="Make an offer whose price is the least that you would take for a seat.",
        )
    reserve = terms.price * plan.seats
    if plan.deposit < reserve:
        raise InvalidInput(
            f"A deposit of {token.format(plan.deposit)} is below the reserve of {token.format(reserve)}.",
            hint="Name the most that a licence can cost.",
        )
    if not 0 < plan.bidding_seconds <= MAX_BIDDING:
        raise InvalidInput(f"Bids are taken for {times.duration(MAX_BIDDING)} at most.")
    if not MIN_REVEALING <= plan.revealing_seconds <= MAX_REVEALING:
        least, most = times.duration(MIN_REVEALING), times.duration(MAX_REVEALING)
        raise InvalidInput(f"Bids are revealed for {least} to {most}.")
