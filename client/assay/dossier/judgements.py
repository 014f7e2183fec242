"""The parts of a dossier in which a model or its deal is judged: audits, opinions, disputes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from assay.dossier.parts import Number, Place
from assay.manifests import Part
from assay.manifests.fields import Address, Digest, Line, Uint256
from assay.structs import AuditTerms


class Seat(Part):
    """A seat of an audit: who was drawn, and whether in place of a silent one."""

    number: Number
    auditor: Address
    seated: Place
    sealed: Place | None = Field(default=None, exclude_if=lambda sealed: sealed is None)
    """Where its verdict was sealed, before any could be read; None if it was posted at once."""


class Refusal(Part):
    """A candidate that was drawn and then passed over."""

    candidate: Address
    party: Address
    conflict: Line


class Opinion(Part):
    """What one auditor says, drawn or asked; its report is among the documents."""

    auditor: Address
    approved: bool
    report: Digest
    expires: Number
    posted: Place


class AuditRecord(Part):
    """An audit from the request to its outcome."""

    number: Number
    subject: Digest
    opener: Address
    deal: Number
    requested: Place
    terms: AuditTerms
    seats: Annotated[tuple[Seat, ...], Field(max_length=256)]
    refused: Annotated[tuple[Refusal, ...], Field(max_length=1_000)]
    silent: Annotated[tuple[Address, ...], Field(max_length=256)]
    opinions: Annotated[tuple[Opinion, ...], Field(max_length=256)]
    outcome: Line
    decided: Place | None

    @property
    def name(self) -> str:
        """Its name."""
        return f"audit {self.number}"

    @property
    def said(self) -> tuple[Opinion, ...]:
        """What its auditors said."""
        return self.opinions


class Acceptance(Part):
    """An auditor that accepted an opinion."""

    auditor: Address
    accepted: Place


class OpinionRecord(Part):
    """An opinion that somebody ordered from an auditor of its choice; it decides nothing."""

    number: Number
    subject: Digest
    market: Address
    deal: Number
    asker: Address
    asked: Place
    token: Address
    fee: Uint256
    window: Number
    auditors: Annotated[tuple[Acceptance, ...], Field(max_length=256)]
    """In order; each auditor followed by another, or by a withdrawal, let its time pass."""
    state: Literal["offered", "accepted", "posted", "withdrawn"]
    posted: Opinion | None

    @property
    def name(self) -> str:
        """Its name."""
        return f"opinion {self.number}"

    @property
    def said(self) -> tuple[Opinion, ...]:
        """What its auditor said, if anything."""
        return (self.posted,) if self.posted else ()


class Exhibition(Part):
    """A party's evidence; what it says is among the documents."""

    party: Address
    evidence: Digest
    published: Place


class Juror(Part):
    """Somebody who was drawn for a jury."""

    account: Address
    drawn: Place
    accepted: bool
    vote: Literal["none", "customer", "developer"] | None
    """None if no vote was revealed; "none" is a vote for nobody."""


class JuryRound(Part):
    """One jury: the first is the claimant's, each later one an appeal."""

    number: Number
    """From 1."""
    asked: Place
    payer: Address
    fee: Uint256
    jurors: Annotated[tuple[Juror, ...], Field(max_length=1_000)]
    ruling: Literal["none", "customer", "developer"] | None
    """The ruling in force after this jury; if it was not filled, the previous jury's."""
    ended: Place | None
    """None, like the ruling, if the dispute's time ran out first."""


class DisputeRecord(Part):
    """A dispute over the announced end of a deal, from the claim to its effect."""

    number: Number
    deal: Number
    opened: Place
    claimant: Address
    side: Literal["customer", "developer"]
    question: Line
    arbitrator: Address
    arbitrator_dispute: Uint256
    outside: bool
    """Whether the arbitrator is outside the market; its own records then hold any juries."""
    deadline: Number
    evidence: Annotated[tuple[Exhibition, ...], Field(max_length=1_000)]
    rounds: Annotated[tuple[JuryRound, ...], Field(max_length=3)]
    ruling: Literal["none", "customer", "developer"]
    by_silence: bool
    """Whether no ruling came in time, which amounts to a ruling for nobody."""
    resolved: Place
    effect: Line
