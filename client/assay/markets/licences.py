"""`market.licences`: buying and opening models, refuting wrong keys, delivering, collecting."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from assay.chain import Receipt
from assay.deal.delivery_keys import DeliveryKeys
from assay.deal.round_step import NextStep
from assay.errors import ContractError, InvalidInput, SealError, WrongKeyDelivered
from assay.escrow import Escrow
from assay.governance.policy import Policy
from assay.manifests import ModelManifest, SealedArtifact
from assay.manifests.licence import Purpose
from assay.markets.deliverer import Deliverer
from assay.markets.goods import Goods
from assay.markets.models import MAX_MODEL_BYTES, Models
from assay.markets.permission import Permission, permission
from assay.markets.purchase import Purchase, is_new, look_at
from assay.markets.sale_step import sale_step
from assay.markets.sales import CONTRACT, SaleRecord, context_of
from assay.seal import ContentKey, open_artifact, open_sealed_file
from assay.seal.delivery import DeliveryKey, check_delivery, open_delivery, refute
from assay.session import Session
from assay.store.cid import Cid
from assay.store.file_digest import sha256_of
from assay.structs import CurvePoint, Joining, LicenceOrder

AUCTIONS = "Sales"
_MAX_TRIED = 1_000


@dataclass(frozen=True)
class Bought:
    """A purchase.

    Attributes:
        sale_id: its number, which is also the licence's.
    """

    sale_id: int
    receipt: Receipt


class Licences(Deliverer):
    """Licences that one account buys and sells."""

    def __init__(self, session: Session, escrow: Escrow, policy: Policy, models: Models) -> None:
        super().__init__(session, models)
        self._escrow, self._policy = escrow, policy
        self._keys = DeliveryKeys(session, CONTRACT)

    # BUYING

    def quote(self, offer_id: int, *, seats: int = 1) -> Purchase:
        """What a purchase would involve: costs, shares, rights, test. Nothing is sent.

        Raises:
            InvalidInput: it should not be bought; see :func:`assay.markets.purchase.look_at`.
            StoreError, ManifestError: what is being sold cannot be read.
        """
        return look_at(self._session, offer_id, seats)

    def fetch_sealed(self, purchase: Purchase, dest: Path, *, max_bytes: int = MAX_MODEL_BYTES) -> None:
        """Fetch the sealed model before buying it, checked against what a panel has attested.

        Raises:
            SealError: it is larger than *max_bytes*.
            StoreError: it cannot be fetched, so it should not be bought.
        """
        artifact = purchase.manifest.artifact
        if max(artifact.size, artifact.plaintext_size) > max_bytes:
            raise SealError(f"The model has {artifact.plaintext_size:,} bytes; {max_bytes:,} are allowed.")
        self._session.store.fetch_to(Cid.parse(artifact.cid), dest, max_bytes=artifact.size)

    def buy(self, purchase: Purchase, *, jurisdiction: str | None = None) -> Bought:
        """Buy in one transaction, which joins the market if needed, pays and completes the sale.

        The escrow balance is used if it covers the price, otherwise the account's own tokens.

        Args:
            purchase: as returned by :meth:`quote`; the chain refuses any other price or terms.
            jurisdiction: where the buyer is (ISO 3166-1 alpha-2), if it has not joined the market.

        Raises:
            InvalidInput: the account has not joined, and no jurisdiction is given.
            ContractError: the offer was changed, the buyer may not buy it, it may not be sold now, the
                seller's bond is in use, or the account has too little.
        """
        earlier = self.resume(purchase.offer.offer_id, purchase.seats)
        if earlier is not None:
            return earlier
        order, purpose = (
            self._order(purchase, jurisdiction),
            _purpose(purchase.offer.offer_id, purchase.seats),
        )
        call = self._session.contract(CONTRACT).call("buy", order.to_abi())
        token, price = purchase.terms.offer.token, purchase.price
        if price == 0 or self._escrow.balance(token=token) >= price:
            receipt, _ = self._escrow.send_funded(replace(call, purpose=purpose), price, token=token)
        else:
            receipt = self._pay(order, call.data, price, purpose=purpose, token=token)
        return _bought(receipt)

    def _pay(self, order: LicenceOrder, data: bytes, price: int, *, purpose: str, token: str) -> Receipt:
        """Pay for an order; if someone who saw it has presented it first, it is paid for all the same."""
        try:
            return self._escrow.pay(CONTRACT, data, price, purpose=purpose, token=token)
        except (ContractError, InvalidInput):
            receipt = self._presented(order)
            if receipt is None:
                raise
            return receipt

    def _presented(self, order: LicenceOrder) -> Receipt | None:
        """The receipt of this order if somebody else has presented it; its delivery key identifies it.

        The receipt shows no gas, because somebody else paid for it.
        """
        own = order.delivery_key.to_abi()
        bought = self._session.events.find(
            CONTRACT, "Bought", newest_first=True, holder=self._session.address, offerId=order.offer_id
        )
        for event in bought:
            if CurvePoint.model_validate(event.arguments["deliveryKey"]).to_abi() == own:
                return Receipt(event.tx_hash, event.block, 0, 0, (event,))
        return None

    def resume(self, offer_id: int, seats: int) -> Bought | None:
        """The outcome of a purchase sent by an interrupted command, or None if there is none."""
        for contract, function in ((CONTRACT, "buy"), ("Escrow", "pay")):
            receipt = self._session.resume(contract, function, _purpose(offer_id, seats))
            if receipt is not None:
                return _bought(receipt)
        return None

    def _order(self, purchase: Purchase, jurisdiction: str | None) -> LicenceOrder:
        offer_id = purchase.offer.offer_id
        point = self._keys.key(_number(offer_id, self._count(offer_id))).point
        return LicenceOrder(
            offer_id=offer_id,
            terms=purchase.terms,
            delivery_key=CurvePoint(x=point.x, y=point.y),
            seats=purchase.seats,
            joining=self.joining(jurisdiction),
        )

    def joining(self, jurisdiction: str | None) -> Joining:
        """How the account joins the market with its next order; empty if it has already joined.

        Raises:
            InvalidInput: it has not joined, and no jurisdiction is given.
        """
        if not is_new(self._session, self._session.address):
            return Joining()
        if jurisdiction is None:
            raise InvalidInput(
                f"{self._session.address} is new to the market.",
                hint="Say where you are, for the rules that apply: `--jurisdiction CH`.",
            )
        key = self._session.encryption_key().public_key().public_bytes_raw()
        return Joining(jurisdiction=self._policy.jurisdiction_id(jurisdiction), encryption_key=key)

    # WHAT WAS BOUGHT

    def next_step(self, sale_id: int) -> NextStep:
        """Who has to do what by when, in words."""
        return sale_step(self.get(sale_id), self._session.now())

    def open(self, record: SaleRecord, dest: Path, *, sealed: Path | None = None) -> ModelManifest:
        """As the holder, decrypt the bought model into *dest*, which appears only if verified.

        Args:
            sealed: the file fetched by :meth:`fetch_sealed`; by default it is fetched now.

        Raises:
            InvalidInput: nothing has been delivered yet.
            WrongKeyDelivered: the key delivered is not the attested one; :meth:`refute` it in time.
            SealError: this wallet did not buy it, or the model cannot be opened.
            StoreError: it cannot be fetched.
        """
        manifest = self.manifest(record)
        key = self.key(record, manifest.artifact)
        if sealed is not None:
            open_sealed_file(manifest.artifact, key, sealed, dest)
        else:
            open_artifact(manifest.artifact, key, self._session.store, dest, max_bytes=MAX_MODEL_BYTES)
        return manifest

    def manifest(self, record: SaleRecord) -> ModelManifest:
        """The manifest of what was sold, checked against what a panel has attested.

        Raises:
            InvalidInput: it names another sealed file.
            StoreError, ManifestError: it cannot be read.
        """
        good = self.terms_of(record).offer.good
        manifest = self._session.fetch(good, ModelManifest)
        Goods(self._session).get(good).require_same(manifest.artifact)
        return manifest

    def key(self, record: SaleRecord, artifact: SealedArtifact) -> ContentKey:
        """As the holder, the content key that was delivered; raises as :meth:`open` does."""
        handover = record.handover
        if handover is None:
            raise InvalidInput(
                f"The key of sale {record.sale_id} has not been delivered.",
                hint=f"`assay licence show {record.sale_id}` says what it waits for.",
            )
        context, own = context_of(self._session, record), self._own_key(record)
        check_delivery(handover.delivery, handover.proof, context)
        try:
            return open_delivery(handover.delivery, own, context, artifact.key_hash)
        except WrongKeyDelivered as error:
            hint = f"Refute the delivery in time: `assay licence refute {record.sale_id}`"
            raise WrongKeyDelivered(error.message, hint=hint) from error

    def check(
        self, record: SaleRecord, account: str, purpose: Purpose, model: Path | None = None
    ) -> Permission:
        """Whether a sale is a licence of *account* for a purpose that is valid now.

        Args:
            model: a file that should be the licensed model.

        Raises:
            InvalidInput: the file cannot be read.
        """
        terms = self.terms_of(record)
        licensed = None
        if model is not None:
            artifact = self._session.fetch(terms.offer.good, ModelManifest).artifact
            licensed = sha256_of(model) == artifact.plaintext_sha256
        return permission(record, terms, account, purpose, now=self._session.now(), licensed=licensed)

    def refute(self, record: SaleRecord) -> Receipt:
        """As the holder, prove to the contract that a wrong key was delivered, which returns price and bond.

        The proof makes the delivered key public, so it is made only if that is not the attested key.

        Raises:
            InvalidInput: nothing has been delivered yet.
            SealError: the right key was delivered, or this wallet did not buy it.
            ContractError: it is too late.
        """
        artifact, terms = self.manifest(record).artifact, self.terms_of(record)
        handover = record.handover
        if handover is None:
            raise InvalidInput(f"The key of sale {record.sale_id} has not been delivered.")
        own, context = self._own_key(record), context_of(self._session, record)
        proof = refute(handover.delivery, handover.proof, own, context, artifact.key_hash)
        arguments = record.sale.to_abi(), terms.to_abi(), record.recipient, handover.delivery, proof
        return self._session.send(CONTRACT, "refute", record.sale_id, *arguments)

    def refund(self, record: SaleRecord) -> Receipt:
        """Return price and bond to the buyer if nothing was delivered in time; anyone may call this.

        Raises:
            ContractError: not the right time.
        """
        terms = self.terms_of(record)
        return self._session.send(CONTRACT, "refund", record.sale_id, record.sale.to_abi(), terms.to_abi())

    def _own_key(self, record: SaleRecord) -> DeliveryKey:
        count = self._count(record.offer_id)
        numbers = (_number(record.offer_id, place) for place in range(count, max(-1, count - _MAX_TRIED), -1))
        key = self._keys.find(record.recipient, numbers) or self._key_of_auction(record)
        if key is None:
            raise SealError(
                f"This wallet has not made the delivery key of sale {record.sale_id}.",
                hint="Use the wallet that has bought it.",
            )
        return key

    def _key_of_auction(self, record: SaleRecord) -> DeliveryKey | None:
        """The key that was named before the bid, if the licence was won in an auction."""
        won = next(self._session.events.find(AUCTIONS, "LicenceSold", saleId=record.sale_id), None)
        if won is None:
            return None
        return DeliveryKeys(self._session, AUCTIONS).find(record.recipient, [won.arguments["id"]])

    def _count(self, offer_id: int) -> int:
        """How many times the account has bought under an offer."""
        return sum(1 for _ in self.bought(holder=self._session.address, offer_id=offer_id))


def _number(offer_id: int, place: int) -> int:
    """The number of a delivery key; two sales never share one."""
    return offer_id << 64 | place


def _purpose(offer_id: int, seats: int) -> str:
    return f"{seats} seats under offer {offer_id}"


def _bought(receipt: Receipt) -> Bought:
    return Bought(receipt.event("Bought").arguments["saleId"], receipt)
