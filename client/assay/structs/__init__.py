"""The contracts' enums and structs as Python types, one module a contract.

Amounts are base units of a token, times Unix seconds, rates and scores ppm, digests 32 bytes.
"""

from assay.structs.auction import Auction, Direction, Eligibility
from assay.structs.audit import Audit, AuditOutcome, AuditTerms, Verdict
from assay.structs.base import MAX_UINT96, ZERO_ADDRESS, ZERO_DIGEST, Choice, Struct
from assay.structs.commission import Artifact, Cause, Commission, Request, State
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
    PanelTier,
    RiskClass,
    ShareCap,
    Stakes,
    Timeouts,
    TokenRule,
)
from assay.structs.registry import Conflict, Credential, ParticipantRecord, Registration, Role
from assay.structs.staking import Stake

__all__ = [
    "MAX_UINT96",
    "ZERO_ADDRESS",
    "ZERO_DIGEST",
    "Artifact",
    "Auction",
    "Audit",
    "AuditOutcome",
    "AuditTerms",
    "Cause",
    "Choice",
    "Commission",
    "CommissionTerms",
    "Conflict",
    "Credential",
    "Direction",
    "Eligibility",
    "Kind",
    "LineageEdge",
    "LineageKind",
    "Opinion",
    "OpinionOffer",
    "OpinionState",
    "Outcome",
    "Panel",
    "PanelTerms",
    "PanelTier",
    "ParticipantRecord",
    "Payee",
    "Registration",
    "Report",
    "Request",
    "RequestTerms",
    "Result",
    "RiskClass",
    "Role",
    "ShareCap",
    "Stake",
    "Stakes",
    "State",
    "Struct",
    "Submission",
    "Timeouts",
    "TokenRule",
    "ValidationRequest",
    "Verdict",
    "Version",
    "Vote",
]
