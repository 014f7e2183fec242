"""The contracts' enums and structs as Python types, one module a contract.

Amounts are base units of a token, times Unix seconds, rates and scores ppm, digests 32 bytes.
"""

from assay.structs.auction import Auction, Direction, Eligibility
from assay.structs.audit import Audit, AuditOutcome, AuditTerms, Enrolment, Verdict
from assay.structs.base import MAX_UINT96, ZERO_ADDRESS, ZERO_DIGEST, Choice, Struct
from assay.structs.commission import Artifact, Cause, Commission, Listing, Request, State
from assay.structs.conformity import AssessmentState, ConformityAssessment, Standing, TestSet, VoidCause
from assay.structs.dispute import (
    Case,
    CourtDispute,
    CourtState,
    DisputeStatus,
    Ground,
    Jury,
    JurySeat,
    Side,
)
from assay.structs.governance import (
    ChamberSeat,
    ChamberTally,
    GovernorSettings,
    ProposalState,
    SeatRecord,
    Support,
)
from assay.structs.model import LineageEdge, LineageKind, Payee, Submission, Version
from assay.structs.opinion import Opinion, OpinionOffer, OpinionState
from assay.structs.oracle import (
    Kind,
    Outcome,
    Panel,
    PanelTerms,
    Report,
    RequestTerms,
    Result,
    ValidationRequest,
    Vote,
)
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
from assay.structs.registry import Conflict, Credential, ParticipantRecord, Registration, Role
from assay.structs.reputation import Fact, FactKind
from assay.structs.rounds import Answer, Question, Round, RoundState, RoundTerms
from assay.structs.staking import Stake

__all__ = [
    "MAX_UINT96",
    "ZERO_ADDRESS",
    "ZERO_DIGEST",
    "Answer",
    "Artifact",
    "AssessmentState",
    "Auction",
    "Audit",
    "AuditOutcome",
    "AuditTerms",
    "Case",
    "Cause",
    "ChamberSeat",
    "ChamberTally",
    "Choice",
    "Commission",
    "CommissionTerms",
    "Conflict",
    "ConformityAssessment",
    "CourtDispute",
    "CourtState",
    "Credential",
    "DataRule",
    "Direction",
    "DisputeStatus",
    "Eligibility",
    "Enrolment",
    "Fact",
    "FactKind",
    "GovernorSettings",
    "Ground",
    "Jury",
    "JurySeat",
    "Kind",
    "LineageEdge",
    "LineageKind",
    "Listing",
    "Opinion",
    "OpinionOffer",
    "OpinionState",
    "Outcome",
    "Panel",
    "PanelTerms",
    "PanelTier",
    "ParticipantRecord",
    "Payee",
    "ProposalState",
    "Question",
    "Registration",
    "Report",
    "Request",
    "RequestTerms",
    "Result",
    "RiskClass",
    "Role",
    "Round",
    "RoundState",
    "RoundTerms",
    "SeatRecord",
    "ShareCap",
    "Side",
    "Stake",
    "Stakes",
    "Standing",
    "State",
    "Struct",
    "Submission",
    "Support",
    "TestSet",
    "Timeouts",
    "TokenRule",
    "ValidationRequest",
    "Verdict",
    "Version",
    "VoidCause",
    "Vote",
]
