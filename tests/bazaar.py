"""A tested model for sale: by licence, after a trial, by sealed bids; signed texts, breach bonds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from patients import CARD, order_for
from shop import Shop
from stage import DAY, UNIT

from assay import Market
from assay.chain import Receipt
from assay.manifests import Agreement
from assay.markets.offer_plan import OfferPlan
from assay.structs import Role, TrialAllowance
from assay.wallet import eip712
from assay.wallet.secp256k1 import times_base

NDA = Agreement(
    title="Non-disclosure",
    text="# What is agreed\n\n<script>window.stolen=1</script> The recipient keeps the model to itself.",
)
BOND = 50 * UNIT


class Bazaar:
    """What goes on around a model that the hospital owns; "newcomer" and "collector" buy.

    Attributes:
        stage: where everybody is.
        good: digest of the model's manifest.
    """

    def __init__(self, stage: Shop, good: bytes) -> None:
        self.stage, self.chain, self.good = stage, stage.chain, good

    def __getitem__(self, name: str) -> Market:
        return self.stage[name]

    def open_for_all(self) -> None:
        """Buyers join, and the hospital makes an offer."""
        for name in ("newcomer", "collector"):
            self.chain.wallet(name)
            self[name].participants.register(Role.CUSTOMER, jurisdiction="CH")
        token = self.chain.deployment.tokens.payment
        for name in ("hospital", "newcomer", "collector"):
            for module in ("Sales", "Pledges"):
                self[name].session.send("Escrow", "setOperator", self.chain.at(module), token, True)
            self[name].escrow.deposit(1000 * UNIT)
        plan = OfferPlan(price=120 * UNIT, purposes=("use", "derive"))
        offers = self["hospital"].offers
        self.offer_id = offers.make(offers.draft(self.good, plan)).offer_id

    def buy(self, name: str) -> int:
        """Somebody buys a licence; its number."""
        licences = self[name].licences
        return licences.buy(licences.quote(self.offer_id)).sale_id

    def deliver(self, sale_id: int) -> Receipt:
        """The hospital delivers the key of a licence."""
        licences = self["hospital"].licences
        return licences.deliver(licences.get(sale_id))

    def try_out(self, patients: Path, *, risk_class: int = 1) -> int:
        """The newcomer opens a trial; its panel is drawn and waits for the keys."""
        allowance = TrialAllowance(exposure_fee=2 * UNIT, bond=20 * UNIT, quota=2, exclusive=False)
        self["hospital"].trials.allow(self.offer_id, allowance)
        order = order_for(patients, labels="output_label", risk_class=risk_class)
        number = self["newcomer"].trials.open(self.offer_id, order, patients).trial_id
        self.chain.anvil.mine(3)
        self["anyone"].trials.advance(number)
        return number

    # SEALED SALES

    def put_to_auction(self, *, exclusive: bool = False) -> int:
        """The hospital puts two licences to auction; the sale's number."""
        hospital, now = self["hospital"], self.chain.anvil.now()
        offer = hospital.offers.offer(self.offer_id)
        self.lot: dict[str, Any] = {
            "offerId": self.offer_id,
            "terms": offer.terms.to_abi(),
            "seats": 1,
            "licences": 2,
            "exclusive": exclusive,
            "deposit": 400 * UNIT,
            "commitEnds": now + 600,
            "revealEnds": now + 1200,
        }
        call = hospital.session.contract("Sales").call("open", self.lot)
        receipt, _ = hospital.escrow.send_funded(call, 2 * offer.terms.offer.bond)
        return int(receipt.event("SaleOpened").arguments["id"])

    def bid(self, name: str, sale: int, price: int) -> None:
        """Somebody names a key and commits a bid."""
        session = self[name].session
        session.send("Sales", "nameKey", sale, times_base(self._secret(name)))
        call = session.contract("VickreyAuction").call(
            "commit", self._auction(sale), self._seal(name, sale, price)
        )
        self[name].escrow.send_funded(call, self.lot["deposit"])

    def reveal(self, name: str, sale: int, price: int) -> None:
        """The same reveals it."""
        self[name].session.send(
            "VickreyAuction", "reveal", self._auction(sale), price, self._salt(name, sale)
        )

    def close_sale(self, sale: int, *winners: str) -> None:
        """Anyone closes it, naming the winners' keys, the best first."""
        keys = [times_base(self._secret(name)) for name in winners]
        self["anyone"].session.send("Sales", "close", sale, self.lot, keys)

    def _secret(self, name: str) -> int:
        return 1000 + sum(name.encode())

    def _auction(self, sale: int) -> int:
        return int(self.chain.at("Sales"), 16) << 96 | sale

    def _salt(self, name: str, sale: int) -> bytes:
        session = self[name].session
        return session.wallet.bid_salt(
            session.deployment.chain_id, self.chain.at("VickreyAuction"), self._auction(sale)
        )

    def _seal(self, name: str, sale: int, price: int) -> bytes:
        chain_id, address = self.chain.deployment.chain_id, self.chain.at("VickreyAuction")
        bidder, salt = self[name].address, self._salt(name, sale)
        return eip712.sealed_bid_hash(chain_id, address, self._auction(sale), bidder, price, salt)

    # LINEAGE

    def list_child(self, order: Any, data: Path, model: Path) -> bytes:
        """The hospital sets its model's terms; the rival lists one that names no parent; its manifest."""
        self["hospital"].lineage_claims.set_terms(self.good, 50_000)
        self.chain.advance(1)
        rival = self["rival"]
        child = rival.models.publish(model, CARD)
        self.stage.assess("rival", child, self.stage.test_set(order, data))
        rival.offers.make(rival.offers.draft(child, OfferPlan(price=90 * UNIT)), risk_class=1)
        return child

    def claim_lineage(self, child: bytes) -> int:
        """The hospital claims that it was made from its own; the claim's number."""
        hospital = self["hospital"]
        call = hospital.session.contract("LineageClaims").call("claim", self.good, child, b"\x05" * 32)
        receipt, _ = hospital.escrow.send_funded(call, 200 * UNIT)
        return int(receipt.event("LineageClaimed").arguments["id"])

    # AGREEMENTS

    def sign(self, *names: str) -> bytes:
        """These sign a text; its digest."""
        text = self["hospital"].agreements.publish(NDA)
        for name in names:
            self[name].agreements.sign(text)
        return text

    def pledge(self, name: str) -> tuple[bytes, int]:
        """The hospital draws an agreement up, and somebody puts up its bond: the agreement, the pledge."""
        hospital, token = self["hospital"].session, self.chain.deployment.tokens.payment
        text = self["hospital"].agreements.publish(NDA)
        drawn = hospital.send("Pledges", "drawUp", text, token, BOND, 30 * DAY, 1)
        agreement = bytes(drawn.event("DrawnUp").arguments["agreement"])
        call = self[name].session.contract("Pledges").call("pledge", agreement)
        receipt, _ = self[name].escrow.send_funded(call, BOND)
        return agreement, int(receipt.event("Pledged").arguments["id"])
