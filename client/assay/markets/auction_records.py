"""Auctions of licences as the contracts Sales and VickreyAuction record them, and what bidders should see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assay.chain import Event
from assay.deal.round_step import NOBODY, NextStep
from assay.errors import InvalidInput
from assay.markets.key_holders import KeyHolders, key_holders
from assay.markets.purchase import Purchase, look_behind
from assay.markets.sales import OfferRecord, SaleRecord, Sales
from assay.session import Session
from assay.structs import Auction, Lot, SaleState, TrialState, views

CONTRACT = "Sales"


@dataclass(frozen=True)
class Sold:
    """A licence sold in an auction.

    Attributes:
        sale_id: its number in Licences, by which it is delivered and opened.
        price: for all its seats, base units.
    """

    bidder: str
    sale_id: int
    price: int


@dataclass(frozen=True)
class LicenceAuction:
    """An auction of licences as it stands.

    Attributes:
        auction: its bidding, in VickreyAuction.
        auction_id: its id in VickreyAuction.
        is_over: whether it has been closed.
        sold: the licences that were sold; empty before the close.
        refused: winners who could no longer be served and got their deposits back.
        block: number of the block in which it was opened.
    """

    number: int
    seller: str
    lot: Lot
    auction: Auction
    auction_id: int
    is_over: bool
    sold: tuple[Sold, ...]
    refused: tuple[str, ...]
    block: int

    @property
    def good(self) -> bytes:
        """The digest of the model's manifest."""
        return self.lot.terms.offer.good

    def next_step(self, now: int) -> NextStep:
        """Who has to do what by when, at the time *now* (Unix seconds)."""
        number = self.number
        if self.is_over:
            what = f"{len(self.sold)} licences were sold" if self.sold else "nobody has bought a licence"
            return NextStep(NOBODY, what, 0)
        if now < self.lot.commit_ends:
            what = f"commit sealed bids: `assay auction commit {number}`"
            return NextStep("bidders", what, self.lot.commit_ends)
        if now < self.lot.reveal_ends:
            what = f"reveal bids: `assay auction reveal {number}`; what is not revealed loses its deposit"
            return NextStep("bidders", what, self.lot.reveal_ends)
        return NextStep("anyone", f"close the auction: `assay auction close {number}`", 0)


@dataclass(frozen=True)
class Prospect:
    """What a bidder should see before bidding.

    Attributes:
        purchase: the purchase of one licence at its highest possible price.
        earlier: licences of the same model sold before, whether or not they have expired.
        open_trials: open trials of the same model, each of which may still end in a licence.
        key_holders: who else was meant to see the model's key.
    """

    record: LicenceAuction
    purchase: Purchase
    earlier: tuple[SaleRecord, ...]
    open_trials: tuple[int, ...]
    key_holders: tuple[KeyHolders, ...]


class AuctionReader:
    """Reads auctions of licences."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, number: int) -> LicenceAuction:
        """An auction as it stands.

        Raises:
            InvalidInput: there is no auction with this number.
        """
        opened = next(self._session.events.find(CONTRACT, "SaleOpened", id=number), None)
        if opened is None:
            raise InvalidInput(
                f"There is no auction {number}.", hint="`assay auction list` lists those that there are."
            )
        return self._record(opened)

    def list(self, *, good: bytes | None = None, seller: str | None = None) -> Iterator[LicenceAuction]:
        """Auctions, newest first: all, or those of a model or a seller."""
        opened = self._session.events.find(
            CONTRACT, "SaleOpened", newest_first=True, good=good, seller=seller
        )
        return self._session.each(self._record, opened)

    def next_step(self, number: int) -> NextStep:
        """Who has to do what by when, in words."""
        return self.get(number).next_step(self._session.now())

    def look(self, number: int) -> Prospect:
        """What a bidder should see before bidding: terms, costs, test, and who already has the model.

        Raises:
            InvalidInput: there is no such auction, or nobody should bid in it: see
                :func:`assay.markets.purchase.look_behind`.
            StoreError, ManifestError: what is being sold cannot be read.
        """
        record = self.get(number)
        lot = record.lot
        offer = OfferRecord(lot.offer_id, lot.terms, record.block)
        return Prospect(
            record,
            look_behind(self._session, offer, lot.seats, lot.deposit),
            self._earlier(record),
            self._open_trials(record.good),
            tuple(key_holders(self._session, record.good)),
        )

    def _earlier(self, record: LicenceAuction) -> tuple[SaleRecord, ...]:
        own = {one.sale_id for one in record.sold}
        sales = Sales(self._session).sold_of(record.good)
        return tuple(one for one in sales if one.sale_id not in own and one.state != SaleState.REFUNDED)

    def _open_trials(self, good: bytes) -> tuple[int, ...]:
        opened = self._session.events.find("Trials", "TrialOpened", good=good)
        numbers = [event.arguments["id"] for event in opened]
        trials = self._session.each(lambda number: self._session.view(views.trials.trial(number)), numbers)
        over = (TrialState.SOLD, TrialState.REFUNDED)
        return tuple(number for number, trial in zip(numbers, trials, strict=True) if trial.state not in over)

    def _record(self, opened: Event) -> LicenceAuction:
        said = opened.arguments
        number, auction_id = said["id"], said["auctionId"]
        auction, kept, sold, refused = self._session.together(
            lambda: self._session.view(views.vickrey_auction.auction(auction_id)),
            lambda: self._session.view(views.sales.lot_hash(number)),
            lambda: list(self._session.events.find(CONTRACT, "LicenceSold", id=number)),
            lambda: list(self._session.events.find(CONTRACT, "WinnerRefused", id=number)),
        )
        return LicenceAuction(
            number=number,
            seller=said["seller"],
            lot=Lot.model_validate(said["lot"]),
            auction=auction,
            auction_id=auction_id,
            is_over=kept == bytes(32),
            sold=tuple(_sold(one) for one in sold),
            refused=tuple(one.arguments["bidder"] for one in refused),
            block=opened.block,
        )


def _sold(event: Event) -> Sold:
    return Sold(event.arguments["bidder"], event.arguments["saleId"], event.arguments["price"])
