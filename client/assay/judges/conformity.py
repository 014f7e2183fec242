"""`market.conformity`: third-party test sets, assessments on them, and models' results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from assay.chain import Event, Receipt
from assay.deal.keys import Keys
from assay.deal.metric import metric_of
from assay.deal.round_step import NextStep
from assay.deal.rounds import Rounds
from assay.escrow import Escrow
from assay.governance.policy import Policy
from assay.judges.conformity_step import conformity_step
from assay.manifests import ConformitySpec, DatasetManifest
from assay.manifests.evaluation import Metric
from assay.markets.checks import check_test_set, refuse
from assay.markets.local_node import LocalNode
from assay.markets.models import Models
from assay.markets.order import Amount, HiddenTest
from assay.session import Session
from assay.structs import ConformityAssessment, Standing, TestSet, views

CONTRACT = "Conformity"
DATA, MODEL = 0, 1
"""Indices of the artifacts in the question."""


class TestSetPlan(HiddenTest):
    """What a conformity body writes down to register a test set of its own."""

    __test__ = False  # not a pytest class

    panel_size: Annotated[int, Field(ge=3, le=31)] = 5
    """Number of validators for an assessment; must be odd."""
    body_fee: Amount = "0"
    """The body's fee for an assessment that passes or fails."""


@dataclass(frozen=True)
class Registered:
    """A test set that is on-chain."""

    set_id: int
    receipt: Receipt


@dataclass(frozen=True)
class Applied:
    """An assessment that was opened.

    Attributes:
        total: base units that it can cost.
        deposit: receipt of the preceding deposit (or approval), if one was needed.
    """

    assessment_id: int
    total: int
    receipt: Receipt
    deposit: Receipt | None


@dataclass(frozen=True)
class Finding:
    """What an assessment that passed or failed found; *score* in ppm."""

    passed: bool
    score: int
    criteria: int


class Conformity:
    """Test sets, for their bodies and for applicants. Amounts are base units of the set's token."""

    def __init__(
        self,
        session: Session,
        policy: Policy,
        escrow: Escrow,
        keys: Keys,
        models: Models,
        rounds: Rounds,
        *,
        unchecked: bool = False,
    ) -> None:
        self._session, self._policy, self._escrow = session, policy, escrow
        self._keys, self._models, self._rounds = keys, models, rounds
        self._unchecked = unchecked

    # --- test sets -------------------------------------------------------------------------------------

    def register(self, plan: TestSetPlan, data: Path) -> Registered:
        """As a conformity body, seal the data and register the test, which cannot change later.

        Data that a panel would refuse is refused here already, unless the market was connected ``unchecked``.

        Args:
            plan: what is tested and how.
            data: the hidden data, in the format that the plan's evaluation names.

        Raises:
            InvalidInput: an invalid amount, domain, criterion or panel size, or data that a panel would
                refuse.
            CheckUnavailable: a panel's check cannot be run on this machine.
            ContractError: the account is not an accredited regulator of the domain, or the token not allowed.
            SealError, StoreError, ManifestError: the data or a manifest cannot be stored.
        """
        placeholder = b"\x01" * 32
        draft = self._test_set(plan, spec=placeholder, dataset=placeholder)
        # finds what the rules forbid before anything is uploaded
        self._session.simulate(self._session.contract(CONTRACT).call("register", draft.to_abi()))
        if not self._unchecked:
            refuse("data", check_test_set(plan, data, LocalNode()).reasons, plan.evaluation.metric)
        artifact, _ = self._keys.seal(data)
        own_key = self._session.encryption_key().public_key().public_bytes_raw()
        spec = ConformitySpec(
            title=plan.title,
            description=plan.description,
            evaluation=plan.evaluation,
            body_key=own_key.hex(),
        )
        dataset = self._session.publish(plan.dataset_manifest(artifact))
        test_set = draft.model_copy(update={"spec": self._session.publish(spec), "dataset": dataset})
        receipt = self._session.send(CONTRACT, "register", test_set.to_abi())
        return Registered(receipt.event("TestSetRegistered").arguments["setId"], receipt)

    def retire(self, set_id: int) -> Receipt:
        """As its body, accept no more assessments on a set; open ones continue, and results remain."""
        return self._session.send(CONTRACT, "retire", set_id)

    def test_set(self, set_id: int) -> TestSet:
        """A test set; raises :class:`ContractError` if there is none."""
        return self._session.view(views.conformity.test_set(set_id))

    def spec(self, set_id: int) -> ConformitySpec:
        """How a set tests, from storage; raises :class:`StoreError` or :class:`ManifestError`."""
        return self._session.fetch(self.test_set(set_id).spec, ConformitySpec)

    def metric(self, set_id: int) -> Metric | None:
        """What its scores measure, from storage, or None if the spec cannot be fetched."""
        return metric_of(self._session, self.test_set(set_id).spec, ConformitySpec)

    def test_sets(self, *, domain: int | None = None) -> Iterator[tuple[int, TestSet]]:
        """All sets, or those of one *domain*, each with its number."""
        registered = self._session.events.find(CONTRACT, "TestSetRegistered", domain=domain)
        numbers = (event.arguments["setId"] for event in registered)
        return self._session.each(lambda set_id: (set_id, self.test_set(set_id)), numbers)

    # --- assessments -----------------------------------------------------------------------------------

    def quote(self, set_id: int, evaluation_fee: int | None = None) -> int:
        """What :meth:`apply` takes: the panel's fees (the market's minimum by default) and the body's."""
        fee = self._minimum_fee(set_id) if evaluation_fee is None else evaluation_fee
        return self._session.view(views.conformity.quote(set_id, fee))

    def apply(self, set_id: int, manifest: bytes, *, evaluation_fee: int | None = None) -> Applied:
        """Have a model assessed, and pay for it; any shortfall in the escrow balance is deposited first.

        A model that a panel would refuse regardless of the rows is refused here already, unless the market
        was connected ``unchecked``.

        Args:
            set_id: the test set.
            manifest: digest of the model's manifest, whose key this wallet can grant.
            evaluation_fee: each validator's fee; the market's minimum by default.

        Raises:
            SealError: this wallet does not have the model's key.
            InvalidInput: a model that a panel would refuse.
            CheckUnavailable: a panel's check cannot be run on this machine.
            ContractError: the set is retired or the caller's own, its body is no longer accredited, or too
                little money.
        """
        self._models.key_of(manifest)
        if not self._unchecked:
            self._refuse(set_id, manifest)
        fee = self._minimum_fee(set_id) if evaluation_fee is None else evaluation_fee
        total, token = self.quote(set_id, fee), self.test_set(set_id).token
        call = self._session.contract(CONTRACT).call("open", set_id, manifest, fee)
        receipt, deposit = self._escrow.send_funded(call, total, token=token)
        assessment_id = receipt.event("AssessmentOpened").arguments["id"]
        return Applied(assessment_id, total, receipt, deposit)

    def _refuse(self, set_id: int, manifest: bytes) -> None:
        spec = self.spec(set_id)
        with self._models.opened(manifest) as model:
            report = LocalNode().try_out(model, spec.evaluation)
        refuse("model", report.reasons, spec.evaluation.metric)

    def grant_data(self, assessment_id: int) -> Receipt:
        """As the body, grant the set's key to the panel (and any appeal panel).

        Raises:
            SealError: this wallet did not seal the set.
            InvalidInput: the panel is not drawn yet.
            ContractError: not the body, or not the right time.
        """
        assessment = self.get(assessment_id)
        dataset = self.test_set(assessment.set_id).dataset
        key = self._keys.own(self._session.fetch(dataset, DatasetManifest).artifact)
        return self._rounds.grant(assessment.panel_id, DATA, key)

    def grant_model(self, assessment_id: int) -> Receipt:
        """As the applicant, grant the model's key to the panel (and any appeal panel).

        Raises:
            SealError: this wallet does not have the model's key.
            InvalidInput: the panel is not drawn yet.
            ContractError: not the applicant, or not the right time.
        """
        assessment = self.get(assessment_id)
        key = self._models.key_of(assessment.manifest)
        return self._rounds.grant(assessment.panel_id, MODEL, key)

    def advance(self, assessment_id: int) -> Receipt:
        """Take the next step that is due; anyone may call this. See :meth:`next_step`.

        Raises:
            ContractError: ``NothingDue``: the present step has time left, or somebody else has to act.
        """
        return self._session.send(CONTRACT, "advance", assessment_id)

    def get(self, assessment_id: int) -> ConformityAssessment:
        """An assessment as it stands; raises :class:`ContractError` if there is none."""
        return self._session.view(views.conformity.assessment(assessment_id))

    def list(
        self, *, set_id: int | None = None, manifest: bytes | None = None
    ) -> Iterator[tuple[int, ConformityAssessment]]:
        """All assessments, or those on one set or of one model, each with its number."""
        events = self._session.events.find(CONTRACT, "AssessmentOpened", setId=set_id, manifest=manifest)
        numbers = (event.arguments["id"] for event in events)
        return self._session.each(lambda number: (number, self.get(number)), numbers)

    def next_step(self, assessment_id: int) -> NextStep:
        """Who has to do what by when, in words, from the chain alone."""
        return conformity_step(self._session, assessment_id, self.get(assessment_id))

    def finding(self, assessment_id: int) -> Finding | None:
        """What an assessment found, or None while it is open or if it is void."""
        event = next(self._session.events.find(CONTRACT, "Assessed", id=assessment_id), None)
        return None if event is None else _finding(event)

    # --- standings -------------------------------------------------------------------------------------

    def standing(self, set_id: int, manifest: bytes) -> Standing:
        """A model's newest result on a set."""
        return self._session.view(views.conformity.standing_of(set_id, manifest))

    def is_current(self, set_id: int, manifest: bytes, interval: int = 0) -> bool:
        """Whether that result is a pass not older than *interval* seconds (0: it never lapses)."""
        return self._session.view(views.conformity.is_current(set_id, manifest, interval))

    def _minimum_fee(self, set_id: int) -> int:
        return self._policy.token_rule(self.test_set(set_id).token).min_evaluation_fee

    def _test_set(self, plan: TestSetPlan, *, spec: bytes, dataset: bytes) -> TestSet:
        token = self._escrow.token(plan.token)
        return TestSet(
            body=self._session.address,
            body_fee=token.parse(plan.body_fee),
            token=token.address,
            threshold=plan.threshold,
            tolerance=plan.tolerance,
            spec=spec,
            dataset=dataset,
            domain=self._policy.domain_id(plan.domain),
            panel_size=plan.panel_size,
            required_criteria=plan.criteria_bitmap(),
            retired=False,
        )


def _finding(event: Event) -> Finding:
    said = event.arguments
    return Finding(said["passed"], said["score"], said["criteria"])
