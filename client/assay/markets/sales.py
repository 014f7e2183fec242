"""Offers and sales of licences, read from the events of the contract Licences.

The contract stores only a hash of each; the contents are in its events, and callers supply them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from eth_abi.abi import encode

from assay.chain import Event
from assay.errors import ChainError, InvalidInput
from assay.seal.delivery import Delivery, DeliveryContext, Possession, commitment
from assay.session import Session
from assay.structs import LicenceSale, LicenceTerms, SaleState, views
from assay.wallet.secp256k1 import Point

CONTRACT = "Licences"
_OF_AN_OFFER = ("Offered", "OfferWithdrawn")
_TRIES = 3
"""How often to re-read a sale whose events and state do not match."""
_OF_A_SALE = ("Bought", "Delivered", "Refunded")


@dataclass(frozen=True)
class OfferRecord:
    """An offer as it stands.

    Attributes:
        block: number of the block in which it was last made or changed.
        withdrawn: whether it no longer accepts buyers.
    """

    offer_id: int
    terms: LicenceTerms
    block: int
    withdrawn: bool = False


@dataclass(frozen=True)
class Handover:
    """What was delivered for a sale, and in which block."""

    delivery: Delivery
    proof: Possession
    block: int


@dataclass(frozen=True)
class SaleRecord:
    """A sale as it stands.

    Attributes:
        sale: the sale whose hash the contract stores.
        recipient: the delivery key that the buyer named.
        handover: what was delivered; None while nothing has been.
        refuted: whether a wrong key was delivered and the buyer has proven it.
        block: number of the block of the purchase.
    """

    sale_id: int
    offer_id: int
    sale: LicenceSale
    recipient: Point
    block: int
    handover: Handover | None = None
    refuted: bool = False

    @property
    def state(self) -> SaleState:
        """What it is waiting for."""
        return self.sale.state

    @property
    def is_licence(self) -> bool:
        """Whether it was delivered and not refunded."""
        return self.state in (SaleState.DELIVERED, SaleState.COLLECTED)

    def expires(self, terms: LicenceTerms) -> int:
        """When the licence ends (Unix seconds); 0 for never, and while nothing has been delivered."""
        if not self.is_licence or terms.offer.term == 0:
            return 0
        return self.sale.deadline - self.sale.challenge_window + terms.offer.term


class Sales:
    """Reads offers and sales."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def offer(self, offer_id: int) -> OfferRecord:
        """An offer as it stands.

        Raises:
            InvalidInput: there is no such offer.
        """
        found = None
        for event in self._about(offer_id, _OF_AN_OFFER):
            found = _offer_after(found, event)
        if found is None:
            raise InvalidInput(f"There is no offer {offer_id}.", hint="`assay licence offers` lists them.")
        return found

    def offers(self, *, good: bytes | None = None, seller: str | None = None) -> Iterator[OfferRecord]:
        """The offers that accept buyers, newest first: all, or those of a good or a seller."""
        events = self._session.events.find(CONTRACT, "Offered", newest_first=True, good=good, seller=seller)
        numbers = dict.fromkeys(event.arguments["offerId"] for event in events)
        yield from (one for one in self._session.each(self.offer, numbers) if not one.withdrawn)

    def terms_of(self, record: SaleRecord) -> LicenceTerms:
        """The terms under which a sale was made; the offer may have changed since."""
        wanted = record.sale.terms
        for event in self._session.events.find(CONTRACT, "Offered", offerId=record.offer_id):
            terms = LicenceTerms.model_validate(event.arguments["terms"])
            if terms.hash == wanted:
                return terms
        raise InvalidInput(
            f"The RPC endpoint does not show the offer under which sale {record.sale_id} was made.",
            hint="Try another endpoint.",
        )

    def get(self, sale_id: int) -> SaleRecord:
        """A sale as it stands.

        Raises:
            InvalidInput: there is no such sale.
            ChainError: events and state do not match, because the endpoint is behind.
        """
        for _ in range(_TRIES):
            found = self._as_kept(sale_id)
            if found is not None:
                return found
        raise ChainError(
            f"The RPC endpoint does not show all events of sale {sale_id}.", hint="Try again, or another one."
        )

    def _as_kept(self, sale_id: int) -> SaleRecord | None:
        """A sale by its events, or None if the state differs, as when a block came between the two reads."""
        events, kept = self._session.together(
            lambda: list(self._about(sale_id, _OF_A_SALE)),
            lambda: self._session.view(views.licences.sale_hash(sale_id)),
        )
        found = None
        for event in events:
            found = sale_after(found, event, self._session)
        if found is None:
            raise InvalidInput(f"There is no sale {sale_id}.", hint="`assay licence list` lists yours.")
        collected = replace(found, sale=found.sale.entered(SaleState.COLLECTED, found.sale.deadline))
        return next((one for one in (found, collected) if one.sale.hash == kept), None)

    def held_by(self, holder: str, *, offer_id: int | None = None) -> Iterator[SaleRecord]:
        """The purchases of an account, newest first."""
        yield from self._records(self.bought(holder=holder, offer_id=offer_id))

    def sold_by(self, seller: str) -> Iterator[SaleRecord]:
        """The sales of a seller, newest first, whatever has become of its offers."""
        offers = self._session.events.find(CONTRACT, "Offered", newest_first=True, seller=seller)
        numbers = dict.fromkeys(event.arguments["offerId"] for event in offers)
        for found in self._session.each(lambda number: list(self.bought(offer_id=number)), numbers):
            yield from self._records(found)

    def sold_of(self, good: bytes) -> Iterator[SaleRecord]:
        """The sales of a good under any offer, those of the newest offer first."""
        offers = self._session.events.find(CONTRACT, "Offered", newest_first=True, good=good)
        for offer_id in dict.fromkeys(event.arguments["offerId"] for event in offers):
            yield from self._records(self.bought(offer_id=offer_id))

    def bought(self, *, holder: str | None = None, offer_id: int | None = None) -> Iterator[int]:
        """Numbers of sales, newest first."""
        events = self._session.events.find(
            CONTRACT, "Bought", newest_first=True, holder=holder, offerId=offer_id
        )
        return (event.arguments["saleId"] for event in events)

    def _records(self, numbers: Iterable[int]) -> Iterator[SaleRecord]:
        return self._session.each(self.get, numbers)

    def _about(self, number: int, names: tuple[str, ...]) -> Iterator[Event]:
        """The events *names* of an offer or sale, found by their first argument."""
        events = self._session.events.about(CONTRACT, encode(["uint256"], [number]))
        return (event for event in events if event.name in names)


def sale_after(record: SaleRecord | None, event: Event, session: Session) -> SaleRecord | None:
    """A sale after one more of the events ``Bought``, ``Delivered`` and ``Refunded`` about it."""
    said = event.arguments
    if event.name == "Bought":
        return SaleRecord(
            said["saleId"],
            said["offerId"],
            LicenceSale.model_validate(said["sale"]),
            Point(said["deliveryKey"]["x"], said["deliveryKey"]["y"]),
            event.block,
        )
    if record is None:
        return None
    if event.name == "Refunded":
        return replace(record, sale=record.sale.entered(SaleState.REFUNDED, 0), refuted=said["refuted"])
    handover = _handover(event)
    kept = commitment(handover.delivery, context_of(session, record))
    deadline = session.connection.block_time(event.block) + record.sale.challenge_window
    sale = record.sale.model_copy(update={"kept": kept}).entered(SaleState.DELIVERED, deadline)
    return replace(record, sale=sale, handover=handover)


def context_of(session: Session, record: SaleRecord) -> DeliveryContext:
    """The context that binds a delivery to the sale."""
    deployment = session.deployment
    address = deployment.address(CONTRACT)
    return DeliveryContext(deployment.chain_id, address, record.sale_id, record.recipient)


def _handover(event: Event) -> Handover:
    delivery, proof = event.arguments["delivery"], event.arguments["proof"]
    ephemeral = delivery["ephemeral"]
    return Handover(
        Delivery(Point(ephemeral["x"], ephemeral["y"]), bytes(delivery["masked"])),
        Possession(proof["challenge"], proof["response"]),
        event.block,
    )


def _offer_after(record: OfferRecord | None, event: Event) -> OfferRecord | None:
    if event.name == "Offered":
        terms = LicenceTerms.model_validate(event.arguments["terms"])
        return OfferRecord(event.arguments["offerId"], terms, event.block)
    return record and replace(record, withdrawn=True)
