"""One request as it concerns this validator: the question, the round behind it, and the time it has."""

from __future__ import annotations

from dataclasses import dataclass

from assay.structs import Question, ValidationRequest
from assay_oracle.journal import Task


@dataclass(frozen=True)
class Assignment:
    """What has to be answered.

    Attributes:
        task: what is asked, as the journal knows it.
        question: what is asked.
        request: the request as it stands.
        round_id: the panel that was asked first; the keys are granted under its number.
        asked: the block in which it was asked.
        market, deal_id: the deal that it is for.
        newcomer: whether keys may still arrive: members who join later get them from those who hold them.
    """

    task: Task
    question: Question
    request: ValidationRequest
    round_id: int
    asked: int
    market: str
    deal_id: int
    newcomer: bool

    def elapsed(self, now: int) -> float:
        """The share of the time for committing that is over at *now* (Unix seconds)."""
        window = self.request.terms.commit_window
        return 1.0 - (self.request.commit_ends - now) / window
