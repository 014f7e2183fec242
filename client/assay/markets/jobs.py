"""`market.jobs`: jobs of other contracts (ERC-8183) whose evaluator is Assay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from assay.chain import Contract, Receipt
from assay.deal.deliveries import Delivered, Deliveries, DeliveringMarket
from assay.deal.keys import Keys
from assay.deal.round_step import NextStep
from assay.deal.rounds import Rounds
from assay.errors import ContractError, InvalidInput
from assay.escrow import LACK_OF_MONEY, Escrow
from assay.manifests import CommissionSpec, DatasetManifest, ModelManifest, SealedArtifact
from assay.markets.checks import check_data, check_model, refuse
from assay.markets.job_contract import JobHead, read_job
from assay.markets.job_step import job_step
from assay.markets.local_node import LocalNode
from assay.markets.model_card import ModelCard
from assay.markets.models import MAX_MODEL_BYTES, Models
from assay.markets.onnx_file import one_file
from assay.markets.order import Order
from assay.seal import open_artifact
from assay.session import Session
from assay.store.file_digest import sha256_of
from assay.structs import MAX_UINT96, Job, JobState, JobTerms, views
from assay.wallet.secp256k1 import Point

CONTRACT = "JobEvaluator"
SEATS = 3
"""Seats of a panel, unless the client wants more."""
_MARKET = DeliveringMarket(CONTRACT, "Enrolled", "client", "job", JobState.DELIVERING)
_DATA, _MODEL = 0, 1
_ANY_DIGEST = b"\x01" * 32


@dataclass(frozen=True)
class EnrolledJob:
    """A job that has been enrolled.

    Attributes:
        number: its number at the evaluator.
        total: what was charged for the panel, base units.
    """

    number: int
    total: int
    receipt: Receipt


class Jobs:
    """Jobs of one account, as client or provider. Amounts are base units of the token in the terms.

    A job has two numbers: its own, in the contract where it was created, and the number of its enrolment
    here, which all methods use except :meth:`check`, :meth:`enrol`, :meth:`resume` and :meth:`find`.
    """

    def __init__(
        self,
        session: Session,
        escrow: Escrow,
        keys: Keys,
        rounds: Rounds,
        models: Models,
        *,
        unchecked: bool = False,
    ) -> None:
        self._session, self._escrow, self._keys = session, escrow, keys
        self._rounds, self._models, self._unchecked = rounds, models, unchecked
        self._deliveries = Deliveries(session, _MARKET)

    @property
    def evaluator(self) -> str:
        """The address that a job names as its evaluator; raises :class:`DeploymentError` if there is none."""
        return self._session.deployment.address(CONTRACT)

    def earliest_expiry(self) -> int:
        """The earliest allowed expiry (Unix seconds) of a job that is enrolled now."""
        return self._session.view(views.job_evaluator.earliest_expiry())

    # CLIENTS

    def quote(self, order: Order, *, seats: int = SEATS) -> int:
        """The most that enrolling can cost; what is not spent is returned. Nothing is sent.

        Raises:
            ContractError: the market's rules do not allow these terms.
        """
        return self.terms(order, seats=seats).max_total

    def terms(self, order: Order, *, seats: int = SEATS) -> JobTerms:
        """The terms for enrolling, including the maximum cost; the caller fills in spec and dataset.

        Raises:
            ContractError: as for :meth:`quote`.
        """
        asked = self._terms(order, seats)
        total = self._session.view(views.job_evaluator.quote(asked))
        return asked.model_copy(update={"max_total": total})

    def check(self, jobs: str, job_id: int, order: Order, *, seats: int = SEATS) -> None:
        """Raise if an enrolment would be refused now for any reason but lack of money. Costs nothing.

        Args:
            jobs: address of the job contract.
            job_id: the job's number there.

        Raises:
            ContractError: not this account's job, not open, expires too early, has a hook, ...
        """
        call = self._contract.call("enrol", jobs, job_id, self._terms(order, seats).to_abi())
        try:
            self._session.simulate(call)
        except ContractError as error:
            if error.name not in LACK_OF_MONEY:
                raise

    def enrol(
        self,
        jobs: str,
        job_id: int,
        order: Order,
        data: Path,
        *,
        seats: int = SEATS,
        at_most: int | None = None,
    ) -> EnrolledJob:
        """As a job's client, seal the data and have Assay evaluate the job; a panel first attests the data.

        Only the order's fields on data and score are used: evaluation, threshold, tolerance, criteria and
        evaluation fee. *at_most*, in base units, limits what is charged.

        Raises:
            InvalidInput: it costs more than *at_most*, or a panel would refuse the data.
            CheckUnavailable: a panel's check cannot be run on this machine.
            ContractError: as for :meth:`check`, or the account has too little.
            SealError, StoreError, ManifestError: the data or a manifest cannot be stored.
        """
        earlier = self.resume(jobs, job_id)
        if earlier is not None:
            return earlier
        self.check(jobs, job_id, order, seats=seats)
        total = self.quote(order, seats=seats)
        if at_most is not None and total > at_most:
            costs = self._escrow.token(order.token).format(total)
            raise InvalidInput(f"The panel costs up to {costs} now, which is more than was agreed to.")
        if not self._unchecked:
            found = check_data(order, data, LocalNode(), self._session.store)
            refuse("data", found.reasons, order.evaluation.metric)
        artifact, _ = self._keys.seal(data)
        dataset = self._session.publish(order.dataset_manifest(artifact))
        own_key = self._session.encryption_key().public_key().public_bytes_raw()
        spec = self._session.publish(order.spec(dataset, own_key, self._deliveries.next_key().point))
        terms = self._terms(order, seats).model_copy(
            update={"spec": spec, "dataset": dataset, "max_total": total}
        )
        call = self._contract.call("enrol", jobs, job_id, terms.to_abi())
        call = replace(call, purpose=_enrolment(jobs, job_id))
        receipt, _ = self._escrow.send_funded(call, total, token=terms.token)
        return _enrolled(receipt)

    def resume(self, jobs: str, job_id: int) -> EnrolledJob | None:
        """The enrolment that an interrupted command sent, or None if there is none."""
        receipt = self._session.resume(CONTRACT, "enrol", _enrolment(jobs, job_id))
        return None if receipt is None else _enrolled(receipt)

    def _terms(self, order: Order, seats: int) -> JobTerms:
        token = self._escrow.token(order.token)
        return JobTerms(
            spec=_ANY_DIGEST,
            dataset=_ANY_DIGEST,
            token=token.address,
            evaluation_fee=token.parse(order.evaluation_fee),
            max_total=MAX_UINT96,
            threshold=order.threshold,
            tolerance=order.tolerance,
            required_criteria=order.criteria_bitmap(),
            panel_size=seats,
        )

    # PROVIDERS

    def evaluate(self, number: int, model: Path, card: ModelCard) -> Receipt:
        """As the provider, after submitting in the job contract, seal the ONNX file and have it scored.

        Raises:
            InvalidInput: not an ONNX model, or one that the panel would refuse.
            CheckUnavailable: the panel's check cannot be run on this machine.
            ContractError: not the provider, not the right time, or nothing was submitted there.
            SealError, StoreError, ManifestError: the model or its manifest cannot be stored.
        """
        with one_file(model) as packed:
            purpose = f"model {sha256_of(packed)} for job {number}"
            earlier = self._session.resume(CONTRACT, "evaluate", purpose)
            if earlier is not None:
                return earlier
            self._session.simulate(self._contract.call("evaluate", number, _ANY_DIGEST, bytes(32)))
            job = self.get(number)
            if not self._unchecked:
                spec = self._session.fetch(job.spec, CommissionSpec)
                found = check_model(spec, job.required_criteria, packed, None, LocalNode())
                refuse("model", found.report.reasons, spec.evaluation.metric)
            manifest = self._models.publish(packed, card)
        key = self._models.key_of(manifest)
        context = self._keys.panel_context(job.panel_id, _MODEL)
        grants = self._keys.publish_grants(key, self._keys.members(job.panel_id), context)
        return self._session.send(CONTRACT, "evaluate", number, manifest, grants, purpose=purpose)

    # BOTH

    def get(self, number: int) -> Job:
        """An enrolled job as it stands; raises :class:`ContractError` if there is none."""
        return self._session.view(views.job_evaluator.enrolment(number))

    def find(self, jobs: str, job_id: int) -> int:
        """The enrolment's number, found by the job's number in the job contract; 0 if there is none."""
        return self._session.view(views.job_evaluator.enrolment_of(jobs, job_id))

    def told(self, number: int) -> JobHead:
        """What the job contract says about it now; raises :class:`InvalidInput` if that cannot be read."""
        job = self.get(number)
        return read_job(self._session, job.jobs, job.job_id)

    def list(self, *, client: str | None = None, provider: str | None = None) -> Iterator[tuple[int, Job]]:
        """Enrolled jobs, newest first, each with its number."""
        events = self._session.events.find(CONTRACT, "Enrolled", newest_first=True, client=client)
        numbers = (
            event.arguments["id"] for event in events if provider in (None, event.arguments["provider"])
        )
        return self._session.each(lambda number: (number, self.get(number)), numbers)

    def grant(self, number: int) -> Receipt:
        """Grant the panel a key: as the client, the data's; as the provider, the model's.

        Raises:
            InvalidInput: the account is neither of them, or the panel is not drawn yet.
            ContractError: not the right time.
        """
        job = self.get(number)
        if job.provider == self._session.address:
            return self._rounds.grant(job.panel_id, _MODEL, self._models.key_of(job.manifest))
        if job.client != self._session.address:
            raise InvalidInput(f"{self._session.address} is neither client nor provider of job {number}.")
        key = self._keys.own(self._session.fetch(job.dataset, DatasetManifest).artifact)
        return self._rounds.grant(job.panel_id, _DATA, key)

    def advance(self, number: int) -> Receipt:
        """Take the next step that is due; anyone may call this.

        Raises:
            ContractError: ``NothingDue``: the present step has time left, or somebody else has to act.
        """
        return self._session.send(CONTRACT, "advance", number)

    def deliver(self, number: int) -> Receipt:
        """Hand over the key of a model that has passed, as its provider or another account granted it."""
        earlier = self._deliveries.resume(number)
        if earlier is not None:
            return earlier
        job = self.get(number)
        artifact, recipient = self._judged(job)
        key = (
            self._models.key_of(job.manifest)
            if job.provider == self._session.address
            else self._rounds.key(job.panel_id, _MODEL, artifact)
        )
        return self._deliveries.deliver(number, recipient, artifact, key)

    def conclude(self, number: int) -> Receipt:
        """Report the outcome to the job contract, completed or rejected; anyone may call this.

        Raises:
            ContractError: nothing is decided yet, or the job contract does not accept the outcome.
        """
        return self._session.send(CONTRACT, "conclude", number)

    def fetch(self, number: int, dest: Path) -> ModelManifest:
        """As the client, decrypt the model that has passed into *dest*.

        Raises:
            InvalidInput: nothing has been delivered yet.
            WrongKeyDelivered: it is not the key agreed on.
            SealError, StoreError: this wallet cannot open it, or it cannot be fetched.
        """
        job, found = self.get(number), self._delivered(number)
        artifact, recipient = self._judged(job)
        key = self._deliveries.open(number, recipient, artifact, found)
        open_artifact(artifact, key, self._session.store, dest, max_bytes=MAX_MODEL_BYTES)
        return self._session.fetch(job.manifest, ModelManifest)

    def next_step(self, number: int) -> NextStep:
        """Who has to do what by when, in words, from the chain."""
        return job_step(self._session, number, self.get(number))

    def _judged(self, job: Job) -> tuple[SealedArtifact, Point]:
        artifact = self._session.fetch(job.manifest, ModelManifest).artifact
        return artifact, self._session.fetch(job.spec, CommissionSpec).recipient

    def _delivered(self, number: int) -> Delivered:
        found = self._deliveries.find(number)
        if found is None:
            raise InvalidInput(
                f"Nothing was delivered for job {number}.",
                hint=f"`assay job show {number}` says what it waits for.",
            )
        return found

    @property
    def _contract(self) -> Contract:
        return self._session.contract(CONTRACT)


def _enrolment(jobs: str, job_id: int) -> str:
    return f"job {job_id} of {jobs}"


def _enrolled(receipt: Receipt) -> EnrolledJob:
    said = receipt.event("Enrolled").arguments
    return EnrolledJob(said["id"], said["total"], receipt)
