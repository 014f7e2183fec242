"""One request as it concerns this validator: the question, the deal behind it, and the time for it."""

from __future__ import annotations

from dataclasses import dataclass

from assay.structs import ValidationRequest
from assay_oracle.deal import Case
from assay_oracle.journal import Question


@dataclass(frozen=True)
class Assignment:
    """What has to be answered.

    Attributes:
        question: what is asked.
        request: the request as it stands.
        case: the deal that it belongs to, as it stands.
        customer: for whom the panel works.
        appeal: whether an earlier panel's result is reviewed.
    """

    question: Question
    request: ValidationRequest
    case: Case
    customer: str
    appeal: bool

    @property
    def newcomer(self) -> bool:
        """Whether keys may still come: members who join later get them from those who hold them."""
        return self.appeal or self.case.newcomers

    def elapsed(self, now: int) -> float:
        """The part of the time for committing that is over at *now* (Unix seconds)."""
        window = self.request.terms.commit_window
        return 1.0 - (self.request.commit_ends - now) / window
