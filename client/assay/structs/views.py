"""The contracts' views that answer with structs: contract, function and type of each, written once.

:meth:`assay.session.Session.view` asks them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from assay.errors import ChainError
from assay.structs.auction import Auction
from assay.structs.audit import Audit, Enrolment
from assay.structs.commission import Commission, Listing
from assay.structs.conformity import ConformityAssessment, Standing, TestSet
from assay.structs.dispute import Case, CourtDispute, JurySeat
from assay.structs.governance import ChamberTally, GovernorSettings, SeatRecord
from assay.structs.model import Version
from assay.structs.opinion import Opinion
from assay.structs.oracle import Panel, ValidationRequest, Vote
from assay.structs.policy import (
    CommissionTerms,
    DataRule,
    PanelTier,
    RiskClass,
    ShareCap,
    Stakes,
    Timeouts,
    TokenRule,
)
from assay.structs.registry import ParticipantRecord
from assay.structs.reputation import Fact
from assay.structs.rounds import Round
from assay.structs.staking import Stake

T = TypeVar("T")


@dataclass(frozen=True)
class View(Generic[T]):
    """A view of one of the market's contracts, and what it answers."""

    contract: str
    function: str
    answer: type[T]

    def typed(self, answer: Any) -> T:
        """What the contract answered, as its type.

        Raises:
            ChainError: it does not fit: the contract is another one, or the node made it up.
        """
        try:
            return self._adapter.validate_python(answer)
        except ValidationError as error:
            raise ChainError(
                f"What {self.contract}.{self.function} answers is not what it should be.",
                hint="Check deployment file and RPC endpoint; contracts and SDK may differ in version.",
            ) from error

    @cached_property
    def _adapter(self) -> TypeAdapter[T]:
        return TypeAdapter(self.answer)


COMMISSION = View("CommissionLens", "commission", Commission)
LISTINGS = View("CommissionLens", "listings", tuple[Listing, ...])
AUCTION = View("VickreyAuction", "auction", Auction)
VERSION = View("ModelRegistry", "versionOf", Version)

ROUND = View("Rounds", "roundOf", Round)
PANEL = View("ValidationOracle", "panel", Panel)
REQUEST = View("ValidationOracle", "requestOf", ValidationRequest)
VOTE = View("ValidationOracle", "voteOf", Vote)
STAKE = View("ValidatorStaking", "stakeOf", Stake)

AUDIT = View("AuditRegistry", "audit", Audit)
ENROLMENT = View("AuditRegistry", "enrolmentOf", Enrolment)
OPINION = View("Opinions", "opinion", Opinion)
TEST_SET = View("Conformity", "testSet", TestSet)
ASSESSMENT = View("Conformity", "assessment", ConformityAssessment)
STANDING = View("Conformity", "standingOf", Standing)
DISPUTE = View("Disputes", "disputeOf", Case)
CASE = View("Court", "dispute", CourtDispute)
JURY_SEATS = View("Court", "seatsOf", tuple[JurySeat, ...])
FACTS = View("CommissionFacts", "factsOf", tuple[Fact, ...])

PARTICIPANT = View("ParticipantRegistry", "participantOf", ParticipantRecord)
SEAT = View("Chambers", "seatOf", SeatRecord)
GOVERNOR_SETTINGS = View("MarketGovernor", "settings", GovernorSettings)
CHAMBER_VOTES = View("MarketGovernor", "chamberVotes", tuple[ChamberTally, ...])

COMMISSION_TERMS = View("Policy", "commissionTerms", CommissionTerms)
DATA_RULE = View("Policy", "dataRule", DataRule)
FEE_SHARE_CAP = View("Policy", "feeShareCap", ShareCap)
PANEL_TIERS = View("Policy", "panelTiers", tuple[PanelTier, ...])
RISK_CLASS = View("Policy", "riskClass", RiskClass)
SHARE_CAP = View("Policy", "shareCap", ShareCap)
STAKES = View("Policy", "stakes", Stakes)
TIMEOUTS = View("Policy", "timeouts", Timeouts)
TOKEN_RULE = View("Policy", "tokenRule", TokenRule)

ALL = tuple(one for one in list(globals().values()) if isinstance(one, View))
