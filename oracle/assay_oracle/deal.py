"""The deals for which panels work, whichever contract runs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from assay.conformity import CONTRACT as CONFORMITY
from assay.keys import MARKET
from assay.manifests import CommissionSpec, ConformitySpec
from assay.manifests.evaluation import EvaluationSpec
from assay.market import Market
from assay.session import Session
from assay.structs import Commission, ConformityAssessment


class Deal(NamedTuple):
    """A commission, or an assessment on a third-party test set: its contract's name, and its number there."""

    contract: str
    number: int

    def __str__(self) -> str:
        return f"{'assessment' if self.contract == CONFORMITY else 'commission'} {self.number}"


@dataclass(frozen=True)
class Case:
    """A deal as it stands.

    Attributes:
        record: as its contract has it.
        spec: digest of the manifest that says how models are tested.
        dataset: digest of the DatasetManifest of the hidden data.
    """

    deal: Deal
    record: Commission | ConformityAssessment
    spec: bytes
    dataset: bytes

    @property
    def newcomers(self) -> bool:
        """Whether members were drawn later than the first ones."""
        return isinstance(self.record, Commission) and (self.record.replaced or self.record.redelivering)


def read_case(market: Market, deal: Deal) -> Case:
    """Raises :class:`ContractError` when there is no such deal."""
    if deal.contract == CONFORMITY:
        assessment = market.conformity.get(deal.number)
        test_set = market.conformity.test_set(assessment.set_id)
        return Case(deal, assessment, test_set.spec, test_set.dataset)
    commission = market.commissions.get(deal.number)
    return Case(deal, commission, commission.request.spec, commission.request.dataset)


def read_test(session: Session, case: Case) -> tuple[EvaluationSpec, bytes]:
    """How models are tested in a deal, and the X25519 key of who may read the details.

    Raises:
        StoreError, ManifestError: the spec cannot be had, or is none.
    """
    if case.deal.contract == CONFORMITY:
        conformity = session.fetch(case.spec, ConformitySpec)
        return conformity.evaluation, bytes.fromhex(conformity.body_key)
    commission = session.fetch(case.spec, CommissionSpec)
    return commission.evaluation, bytes.fromhex(commission.customer_key)


__all__ = ["CONFORMITY", "MARKET", "Case", "Deal", "read_case", "read_test"]
