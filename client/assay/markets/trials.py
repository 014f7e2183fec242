"""`market.trials`: licences that are bought only if the model passes on the buyer's own hidden data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from assay.chain import Receipt
from assay.deal.deliveries import Delivered, Deliveries, DeliveringMarket
from assay.deal.keys import Keys
from assay.deal.metric import metric_of
from assay.deal.round_step import NextStep, round_step
from assay.deal.rounds import Rounds
from assay.errors import InvalidInput
from assay.escrow import Escrow
from assay.governance.policy import Policy
from assay.manifests import CommissionSpec, DatasetManifest, ModelManifest, SealedArtifact
from assay.markets.checks import check_data, refuse
from assay.markets.local_node import LocalNode
from assay.markets.models import MAX_MODEL_BYTES, Models
from assay.markets.order import Order
from assay.markets.sales import OfferRecord, Sales
from assay.seal import open_artifact
from assay.session import Session
from assay.store.file_digest import sha256_of
from assay.structs import MAX_UINT96, Trial, TrialAllowance, TrialRequest, TrialState, views
from assay.wallet.secp256k1 import Point

CONTRACT = "Trials"
_MARKET = DeliveringMarket(CONTRACT, "TrialOpened", "buyer", "trial", TrialState.DELIVERING)
_DATA, _MODEL = 0, 1
_ANY_DIGEST = b"\x01" * 32


@dataclass(frozen=True)
class OpenedTrial:
    """A trial that has been opened.

    Attributes:
        total: what was charged, base units.
    """

    trial_id: int
    total: int
    receipt: Receipt


class Trials:
    """Trials of one account, as buyer or seller. Amounts are base units of the offer's token."""

    def __init__(
        self,
        session: Session,
        policy: Policy,
        escrow: Escrow,
        keys: Keys,
        rounds: Rounds,
        models: Models,
        *,
        unchecked: bool = False,
    ) -> None:
        self._session, self._policy, self._escrow = session, policy, escrow
        self._keys, self._rounds, self._models = keys, rounds, models
        self._deliveries, self._sales = Deliveries(session, _MARKET), Sales(session)
        self._unchecked = unchecked

    # SELLERS

    def allow(self, offer_id: int, allowance: TrialAllowance) -> Receipt:
        """As its seller, allow trials of an offer; a quota of 0 allows none.

        The bonds come from the escrow balance, which this call lets the contract use.

        Raises:
            InvalidInput: there is no such offer.
            ContractError: not the seller, or the offer was changed meanwhile.
        """
        offer = self._sales.offer(offer_id)
        arguments = offer_id, offer.terms.to_abi(), allowance.to_abi()
        call = self._session.contract(CONTRACT).call("allow", *arguments)
        self._session.simulate(call)  # so that nothing is deposited if it is refused
        self._escrow.top_up(allowance.bond * allowance.quota, token=offer.terms.offer.token)
        return self._session.send_call(call)

    def allowance(self, offer_id: int) -> TrialAllowance:
        """What the seller of an offer allows now."""
        return self._session.view(views.trials.allowance_of(offer_id))

    # BUYERS

    def quote(self, offer_id: int, order: Order, *, seats: int = 1) -> int:
        """The most that opening a trial can cost; what is not spent is returned. Nothing is sent.

        Raises:
            InvalidInput: there is no such offer, or its seller allows no trial.
            ContractError: the market's rules do not allow it.
        """
        offer, allowance = self._offer(offer_id)
        request = self._request(offer, allowance, order, seats, _ANY_DIGEST, _ANY_DIGEST)
        return self._session.view(views.trials.quote(request))

    def open(
        self,
        offer_id: int,
        order: Order,
        data: Path,
        *,
        seats: int = 1,
        allowance: TrialAllowance | None = None,
        at_most: int | None = None,
    ) -> OpenedTrial:
        """Seal the data and open a trial: the price is held, and a panel will be asked for one score.

        Only the order's fields on data and score are used: evaluation, threshold, tolerance, evaluation fee.
        *allowance* is what the seller allowed when last checked; by default, what it allows now. No trial is
        opened if the seller has since lowered its bond or changed whether the good is reserved. *at_most*, in
        base units, limits the total charge, because the seller may have raised its fee meanwhile.

        Raises:
            InvalidInput: as for :meth:`quote`, more than *at_most*, or data that a panel would refuse.
            CheckUnavailable: a panel's check cannot be run on this machine.
            SealError, StoreError, ManifestError: the data or a manifest cannot be stored.
            ContractError: the model may not be sold to this account now, the account has too little, or the
                seller's terms differ from *allowance*.
        """
        earlier = self.resume(offer_id, data)
        if earlier is not None:
            return earlier
        offer, allowed = self._offer(offer_id)
        allowance = allowance or allowed
        total = self.quote(offer_id, order, seats=seats)
        if at_most is not None and total > at_most:
            costs = self._escrow.token(offer.terms.offer.token).format(total)
            raise InvalidInput(f"The trial costs up to {costs} now, which is more than was agreed to.")
        if not self._unchecked:
            found = check_data(order, data, LocalNode(), self._session.store)
            refuse("data", found.reasons, order.evaluation.metric)
        artifact, _ = self._keys.seal(data)
        dataset = self._session.publish(order.dataset_manifest(artifact))
        own_key = self._session.encryption_key().public_key().public_bytes_raw()
        spec = order.spec(dataset, own_key, self._deliveries.next_key().point)
        request = self._request(offer, allowance, order, seats, self._session.publish(spec), dataset)
        request = request.model_copy(update={"max_total": total})
        call = self._session.contract(CONTRACT).call("open", request.to_abi())
        call = replace(call, purpose=_purpose(offer_id, artifact.plaintext_sha256))
        receipt, _ = self._escrow.send_funded(call, total, token=offer.terms.offer.token)
        return _opened(receipt)

    def resume(self, offer_id: int, data: Path) -> OpenedTrial | None:
        """The trial that an interrupted command opened, or None if there is none.

        Raises:
            InvalidInput: the data cannot be read.
        """
        receipt = self._session.resume(CONTRACT, "open", _purpose(offer_id, sha256_of(data)))
        return None if receipt is None else _opened(receipt)

    def request(
        self, offer_id: int, order: Order, spec: bytes, dataset: bytes, *, seats: int = 1
    ) -> TrialRequest:
        """The request that :meth:`open` would send now for published manifests, including the maximum cost.

        Raises:
            InvalidInput, ContractError: as for :meth:`quote`.
        """
        offer, allowance = self._offer(offer_id)
        request = self._request(offer, allowance, order, seats, spec, dataset)
        total = self._session.view(views.trials.quote(request))
        return request.model_copy(update={"max_total": total})

    def _offer(self, offer_id: int) -> tuple[OfferRecord, TrialAllowance]:
        offer = self._sales.offer(offer_id)
        if offer.withdrawn:
            raise InvalidInput(f"Offer {offer_id} is withdrawn.")
        allowance = self.allowance(offer_id)
        if allowance.quota == 0:
            raise InvalidInput(
                f"The seller of offer {offer_id} allows no trial now.", hint="Ask it, or buy without one."
            )
        return offer, allowance

    def _request(
        self,
        offer: OfferRecord,
        allowance: TrialAllowance,
        order: Order,
        seats: int,
        spec: bytes,
        dataset: bytes,
    ) -> TrialRequest:
        token = self._escrow.token(offer.terms.offer.token)
        return TrialRequest(
            offer_id=offer.offer_id,
            terms=offer.terms,
            seats=seats,
            spec=spec,
            dataset=dataset,
            evaluation_fee=token.parse(order.evaluation_fee),
            max_total=MAX_UINT96,
            threshold=order.threshold,
            tolerance=order.tolerance,
            required_criteria=order.criteria_bitmap(),
            exclusive=allowance.exclusive,
            min_bond=allowance.bond,
        )

    # BOTH

    def get(self, trial_id: int) -> Trial:
        """A trial as it stands; raises :class:`ContractError` if there is none."""
        return self._session.view(views.trials.trial(trial_id))

    def list(self, *, buyer: str | None = None) -> Iterator[tuple[int, Trial]]:
        """Trials, newest first, each with its number."""
        events = self._session.events.find(CONTRACT, "TrialOpened", newest_first=True, buyer=buyer)
        numbers = (event.arguments["id"] for event in events)
        return self._session.each(lambda number: (number, self.get(number)), numbers)

    def spec(self, trial_id: int) -> CommissionSpec:
        """What the panel was asked, from its event and the store."""
        event = next(self._session.events.find(CONTRACT, "TrialOpened", id=trial_id))
        return self._session.fetch(bytes(event.arguments["request"]["spec"]), CommissionSpec)

    def grant(self, trial_id: int) -> Receipt:
        """Grant the panel a key: as the buyer, the data's; as the seller, the model's.

        Raises:
            InvalidInput: the account is neither of them, or the panel is not drawn yet.
            ContractError: not the right time.
        """
        trial = self.get(trial_id)
        if trial.seller == self._session.address:
            return self._rounds.grant(trial.panel_id, _MODEL, self._models.key_of(trial.good))
        if trial.buyer != self._session.address:
            raise InvalidInput(f"{self._session.address} is neither buyer nor seller of trial {trial_id}.")
        dataset = bytes.fromhex(self.spec(trial_id).dataset)
        key = self._keys.own(self._session.fetch(dataset, DatasetManifest).artifact)
        return self._rounds.grant(trial.panel_id, _DATA, key)

    def advance(self, trial_id: int) -> Receipt:
        """Take the next step that is due; anyone may call this.

        Raises:
            ContractError: ``NothingDue``: the present step has time left, or somebody else has to act.
        """
        return self._session.send(CONTRACT, "advance", trial_id)

    def deliver(self, trial_id: int) -> Receipt:
        """Hand over the key of a model that has passed, as its seller or another account granted it.

        Raises:
            InvalidInput: the trial is not waiting for a delivery, or so little time is left that the buyer
                might get both its money back and the key.
            SealError: this wallet does not have the key.
        """
        earlier = self._deliveries.resume(trial_id)
        if earlier is not None:
            return earlier
        trial = self.get(trial_id)
        if trial.state != TrialState.DELIVERING:
            raise InvalidInput(
                f"Trial {trial_id} is {trial.state.words}: nothing is to be delivered.",
                hint=f"`assay trial show {trial_id}` says what it waits for.",
            )
        artifact, recipient = self._sold(trial_id, trial)
        key = (
            self._models.key_of(trial.good)
            if trial.seller == self._session.address
            else self._rounds.key(trial.panel_id, _MODEL, artifact)
        )
        return self._deliveries.deliver(trial_id, recipient, artifact, key)

    def fetch(self, trial_id: int, dest: Path) -> ModelManifest:
        """As the buyer, decrypt the model that has passed into *dest*.

        Raises:
            InvalidInput: nothing has been delivered yet.
            WrongKeyDelivered: a wrong key was delivered; :meth:`refute` it in time.
            SealError, StoreError: this wallet cannot open it, or it cannot be fetched.
        """
        artifact, recipient, found = self._delivered(trial_id)
        key = self._deliveries.open(trial_id, recipient, artifact, found)
        open_artifact(artifact, key, self._session.store, dest, max_bytes=MAX_MODEL_BYTES)
        return self._session.fetch(self.get(trial_id).good, ModelManifest)

    def refute(self, trial_id: int) -> Receipt:
        """As the buyer, prove that a wrong key was delivered.

        Raises:
            InvalidInput: nothing has been delivered yet.
            SealError: the right key was delivered.
            ContractError: it is too late.
        """
        artifact, recipient, found = self._delivered(trial_id)
        return self._deliveries.refute(trial_id, recipient, artifact, found)

    def next_step(self, trial_id: int) -> NextStep:
        """Who has to do what by when, in words, from the chain."""
        trial, now = self.get(trial_id), self._session.now()
        advance = f"`assay trial advance {trial_id}`"
        match trial.state:
            case TrialState.SOLD:
                return NextStep("nobody", f"sold; `assay trial fetch {trial_id} FILE` opens the model", 0)
            case TrialState.REFUNDED:
                return NextStep("nobody", f"not sold: {trial.cause.words}", 0)
            case TrialState.JUDGING:
                grant = f"assay trial grant {trial_id}"
                event = next(self._session.events.find(CONTRACT, "TrialOpened", id=trial_id))
                spec = bytes(event.arguments["request"]["spec"])
                metric = partial(metric_of, self._session, spec, CommissionSpec)
                grants = {_DATA: ("buyer", grant), _MODEL: ("seller", grant)}
                return round_step(self._session, trial.panel_id, advance, metric, grants)
        if now >= trial.deadline:
            return NextStep("anyone", f"the time is over: {advance}", 0)
        if trial.state == TrialState.DELIVERING:
            return NextStep("seller", f"deliver the key: `assay trial deliver {trial_id}`", trial.deadline)
        what = f"open the model: `assay trial fetch {trial_id} FILE`; a wrong key is refuted by it"
        return NextStep("buyer", what, trial.deadline)

    def _sold(self, trial_id: int, trial: Trial) -> tuple[SealedArtifact, Point]:
        artifact = self._session.fetch(trial.good, ModelManifest).artifact
        return artifact, self.spec(trial_id).recipient

    def _delivered(self, trial_id: int) -> tuple[SealedArtifact, Point, Delivered]:
        found = self._deliveries.find(trial_id)
        if found is None:
            raise InvalidInput(
                f"Nothing was delivered for trial {trial_id}.",
                hint=f"`assay trial show {trial_id}` says what it waits for.",
            )
        return (*self._sold(trial_id, self.get(trial_id)), found)


def _purpose(offer_id: int, data_sha256: str) -> str:
    return f"trial of offer {offer_id} with {data_sha256}"


def _opened(receipt: Receipt) -> OpenedTrial:
    said = receipt.event("TrialOpened").arguments
    return OpenedTrial(said["id"], said["total"], receipt)
