"""Models' keys handed over on-chain, and the delivery keys to which they are delivered.

Nothing is stored locally: a customer's delivery keys are derived from its wallet, one for each of its deals,
and what was delivered is in the events of the contract Deliveries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assay.chain import Receipt
from assay.deal.delivery_keys import DeliveryKeys
from assay.deal.in_time import require_in_time
from assay.errors import SealError
from assay.manifests import SealedArtifact
from assay.seal import ContentKey
from assay.seal.delivery import (
    Delivery,
    DeliveryContext,
    DeliveryKey,
    Possession,
    check_delivery,
    deliver,
    open_delivery,
    refute,
)
from assay.session import Session
from assay.structs import State
from assay.wallet.secp256k1 import Point

CONTRACT, MARKET = "Deliveries", "CommissionMarket"
_MAX_TRIED = 1_000


@dataclass(frozen=True)
class Delivered:
    """What was delivered for a deal.

    Attributes:
        proof: the proof that the sender made the delivery itself.
        key_hash: hash of the content key on which the panel agreed.
        ciphertext: the digest in the sealed model's CID on which the panel agreed.
    """

    delivery: Delivery
    proof: Possession
    key_hash: str
    ciphertext: str


@dataclass(frozen=True)
class DeliveringMarket:
    """A market whose panels agree on deliveries.

    Attributes:
        contract: its name.
        opened, recipient: the event that opens a deal, and its argument that names who gets the key.
        deal: what a deal is called.
        delivering: the state in which a deal waits for its delivery.
    """

    contract: str
    opened: str
    recipient: str
    deal: str
    delivering: int


COMMISSIONS = DeliveringMarket(MARKET, "CommissionOpened", "customer", "commission", State.DELIVERING)


class Deliveries:
    """Deliveries in one market's deals, made, opened or refuted by one account."""

    def __init__(self, session: Session, market: DeliveringMarket = COMMISSIONS) -> None:
        self._session, self._of = session, market
        self._keys = DeliveryKeys(session, market.contract)

    def next_key(self) -> DeliveryKey:
        """The delivery key of the deal that this account is about to open.

        Raises:
            WalletError: the wallet signs differently every time and there is no backup.
        """
        return self._keys.key(self._opened_before(None))

    def key_of(self, deal_id: int, recipient: Point) -> DeliveryKey:
        """Derive the key whose point is *recipient* again, trying the deal's own number first.

        Raises:
            SealError: this wallet did not make it.
        """
        last = self._opened_before(deal_id)  # other deals may have been opened since the draft
        key = self._keys.find(recipient, range(last, max(-1, last - _MAX_TRIED), -1))
        if key is not None:
            return key
        raise SealError(
            f"This wallet has not made the delivery key of {self._of.deal} {deal_id}.",
            hint=f"Use the wallet that has opened the {self._of.deal}.",
        )

    def find(self, deal_id: int) -> Delivered | None:
        """What was delivered for a deal, or None if nothing was."""
        found = self._session.events.find(CONTRACT, "Delivered", market=self._market, dealId=deal_id)
        event = next(found, None)
        if event is None:
            return None
        said = event.arguments
        ephemeral, masked = said["delivery"]["ephemeral"], bytes(said["delivery"]["masked"])
        return Delivered(
            Delivery(Point(ephemeral["x"], ephemeral["y"]), masked),
            Possession(said["proof"]["challenge"], said["proof"]["response"]),
            bytes(said["keyHash"]).hex(),
            bytes(said["ciphertext"]).hex(),
        )

    def deliver(self, deal_id: int, recipient: Point, artifact: SealedArtifact, key: ContentKey) -> Receipt:
        """Hand over *key*, the key of *artifact*, to a deal's delivery key; any holder of the key may.

        Raises:
            InvalidInput: so little time is left that the recipient might get both its money back and the key.
            SealError: nothing can be delivered to that point.
            ContractError: not the right time, or the panel agreed on something else.
        """
        self._require_in_time(deal_id)
        delivery, proof = deliver(key, self._keys.context(deal_id, recipient))
        hashes = bytes.fromhex(artifact.key_hash), bytes.fromhex(artifact.ciphertext)
        arguments = (self._market, deal_id, recipient, *hashes, delivery, proof)
        return self._session.send(CONTRACT, "deliverAgreed", *arguments, purpose=self._purpose(deal_id))

    def _require_in_time(self, deal_id: int) -> None:
        found = self._session.events.find(
            self._of.contract, "StateChanged", id=deal_id, state=self._of.delivering, newest_first=True
        )
        began = next(found, None)
        if began is None:  # the contract will say why
            return
        deadline = began.arguments["deadline"]
        window = deadline - self._session.connection.block_time(began.block)
        require_in_time(f"{self._of.deal} {deal_id}", self._session.now(), deadline, window)

    def resume(self, deal_id: int) -> Receipt | None:
        """The outcome of a delivery sent by a command that did not finish, or None if there is none."""
        return self._session.resume(CONTRACT, "deliverAgreed", self._purpose(deal_id))

    def _purpose(self, deal_id: int) -> str:
        return f"delivery for {deal_id} in {self._market}"

    def open(self, deal_id: int, recipient: Point, artifact: SealedArtifact, found: Delivered) -> ContentKey:
        """As the customer, the key that was delivered.

        Raises:
            WrongKeyDelivered: it is not the key agreed on, so refute it in time.
            SealError: this wallet cannot open it, or it is about another artifact than *artifact*.
        """
        context = self._checked(deal_id, recipient, artifact, found)
        return open_delivery(found.delivery, self.key_of(deal_id, recipient), context, artifact.key_hash)

    def refute(self, deal_id: int, recipient: Point, artifact: SealedArtifact, found: Delivered) -> Receipt:
        """As the customer, prove to the contract that a wrong key was delivered.

        The proof makes the delivered key public, so it is made only if that is not the key of *artifact*.

        Raises:
            SealError: the right key was delivered, this wallet cannot open it, or it is about another
                artifact.
            ContractError: it is too late.
        """
        context, own = self._checked(deal_id, recipient, artifact, found), self.key_of(deal_id, recipient)
        proof = refute(found.delivery, found.proof, own, context, artifact.key_hash)
        hashes = bytes.fromhex(artifact.key_hash), bytes.fromhex(artifact.ciphertext)
        return self._session.send(
            CONTRACT, "refute", self._market, deal_id, recipient, *hashes, found.delivery, proof
        )

    def _checked(
        self, deal_id: int, recipient: Point, artifact: SealedArtifact, found: Delivered
    ) -> DeliveryContext:
        """What the delivery is for; raises :class:`SealError` if the node cannot have reported it truly."""
        context = self._keys.context(deal_id, recipient)
        check_delivery(found.delivery, found.proof, context)
        if (found.key_hash, found.ciphertext) != (artifact.key_hash, artifact.ciphertext):
            raise SealError(
                f"What was delivered for {self._of.deal} {deal_id} is not the model of its manifest.",
                hint=f"Look at another node of the chain; if it says the same, "
                f"contest it: `assay dispute open {deal_id} delivery CLAIM.json`.",
            )
        return context

    @property
    def _market(self) -> str:
        return self._keys.address

    def _opened_before(self, deal_id: int | None) -> int:
        """How many deals this account has opened, counting only those before *deal_id* if one is given."""
        of = self._of
        filters: dict[str, Any] = {of.recipient: self._session.address}
        opened = self._session.events.find(of.contract, of.opened, **filters)
        return sum(1 for event in opened if deal_id is None or event.arguments["id"] < deal_id)
