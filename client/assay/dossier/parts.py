"""The parts of a dossier: facts from the chain, each with its place there.

Amounts are base units, times Unix seconds, rates and scores ppm.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, StringConstraints

from assay.manifests import (
    AuditReport,
    CommissionSpec,
    ConformitySpec,
    DatasetManifest,
    DisputeEvidence,
    ModelManifest,
    Part,
    ValidationReport,
)
from assay.manifests.fields import Address, Digest, Line, Prose, Uint256
from assay.structs import PanelTerms, Payee, Request, RiskClass, Timeouts

_EXACT = 2**53 - 1
Number = Annotated[int, Field(ge=0, le=_EXACT)]
Hash = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{64}$")]


def _decimal(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"0|-?[1-9][0-9]{0,77}", value):
        return int(value)
    return value


_DECIMAL = BeforeValidator(_decimal), PlainSerializer(str, return_type=str, when_used="json")
Movement = Annotated[int, Field(gt=-(2**255), lt=2**255), *_DECIMAL]
"""A signed amount in base units; a decimal string in JSON, whose numbers are not exact at this size."""

Score = Annotated[int, Field(ge=-(2**63), lt=2**63), *_DECIMAL]
"""Ppm from a validator, who may have reported anything; a decimal string in JSON."""


class Place(Part):
    """Where and when the chain recorded something."""

    block: Number
    at: Number
    transaction: Hash


class Block(Part):
    """The block at whose end the dossier was collected: nothing later is in it."""

    number: Number
    hash: Hash
    at: Number


class ContractCode(Part):
    """A contract of the market and what it runs."""

    name: Line
    address: Address
    code_sha256: Digest


class Owner(Part):
    """Who got the model's token, and when; the last is the owner."""

    account: Address
    since: Place


class Origin(Part):
    """One thing that a version was made from."""

    kind: Literal["model", "dataset", "training job"]
    ref: Digest


class ModelVersion(Part):
    """A version as it was registered; nothing of it can change."""

    manifest: Digest
    model: Number
    registered: Place
    module: Address
    deal: Number
    """The deal's number in the module."""
    developer: Address
    score: Score
    submission_hash: Digest
    lineage: Annotated[tuple[Origin, ...], Field(max_length=64)]


class Token(Part):
    """What a deal was paid in, or staked."""

    address: Address
    symbol: Annotated[str, Field(max_length=16)]
    decimals: Annotated[int, Field(ge=0, le=255)]


class Rules(Part):
    """The rules that applied to a deal, as they were when it opened."""

    fee_ppm: Number
    panel_size: Number
    audits: Number
    timeouts: Timeouts
    panel: PanelTerms
    risk_class: RiskClass
    conformity_set: Number
    """The third-party test set that models had to pass; 0 for none."""


class Bids(Part):
    """How the price came about: sealed bids, the lowest wins at the second-lowest price."""

    bidders: Annotated[tuple[Address, ...], Field(max_length=10_000)]
    revealed: Number
    price: Uint256


class Attempt(Part):
    """One submission, and how it was evaluated."""

    number: Number
    manifest: Digest
    submitted: Place
    score: Score | None
    criteria: Number
    passed: bool


class Said(Part):
    """What a member of the panel reported, and what it lost for it."""

    validator: Address
    status: Literal["silent", "answered", "cannot open", "unstable", "rejected"]
    score: Score
    criteria: Number
    manifest: Digest
    """Digest of its report; zeros if there is none."""
    slashed: Uint256


class Round(Part):
    """One request to a panel, every member's answer, and the panel's."""

    request: Number
    panel: Number
    kind: Literal["attestation", "evaluation"]
    artifacts: Annotated[tuple[Digest, ...], Field(max_length=8)]
    """Digests of the manifests of what was examined: the data, then the model."""
    asked: Place
    outcome: Line
    score: Score
    criteria: Number
    said: Annotated[tuple[Said, ...], Field(max_length=256)]


class Handover(Part):
    """The model's key as it was delivered: of which key and which sealed model, by their sha2-256."""

    key_hash: Digest
    ciphertext: Digest
    delivered: Place


class Step(Part):
    """One transaction of a deal."""

    place: Place
    what: Prose
    actor: Address
    state: Line | None


class Payment(Part):
    """One side of a movement of money: negative when paid."""

    place: Place
    account: Line
    part: Annotated[str, Field(max_length=40)]
    purpose: Line
    token: Address
    amount: Movement


class Deal(Part):
    """A commission from the order to payment."""

    number: Number
    opened: Place
    settled: Place
    customer: Address
    developer: Address
    payees: tuple[Payee, ...]
    domain: Line
    request: Request
    rules: Rules
    bids: Bids
    fee: Uint256
    returned: Uint256
    delivery: Handover
    attempts: Annotated[tuple[Attempt, ...], Field(max_length=255)]
    rounds: Annotated[tuple[Round, ...], Field(max_length=2_000)]
    timeline: Annotated[tuple[Step, ...], Field(max_length=20_000)]
    payments: Annotated[tuple[Payment, ...], Field(max_length=60_000)]


class Person(Part):
    """An account in one part of a deal, as the registry knew it when it took that part."""

    account: Address
    part: Line
    deal: Number
    as_of: Number
    """Block."""
    primary_role: Line
    jurisdiction: Line
    organisation: Digest
    """Hash of the organisation's identifier; zeros for none."""
    accredited_until: Number
    accreditor: Address | None


class Opined(Part):
    """A verdict and whether it counted when the dossier was collected."""

    audit: Number
    auditor: Address
    approved: bool
    expires: Number
    state: Literal["counts", "expired", "superseded"]


class ThirdPartyResult(Part):
    """The newest result on the third party's test set that the deal's rules name, by when it was asked."""

    test_set: Number
    spec: Digest
    """How the set tests; zeros where no set is named."""
    at: Number
    passed: bool
    score: Score


class Standing(Part):
    """How the newest version stood when the dossier was collected."""

    manifest: Digest
    score: Score
    verdicts: tuple[Opined, ...]
    tested: ThirdPartyResult | None
    """None if no test is required; its time is 0 if none was taken."""
    reverify_interval: Number
    verified_at: Number
    due_at: Number
    status: Literal["current", "due", "lapsed"]


class Changes(Part):
    """What happened after a version was registered."""

    later_versions: tuple[Digest, ...]
    later_audits: tuple[Number, ...]
    later_opinions: tuple[Number, ...]


class AnnexPoint(Part):
    """A point of Annex IV of Regulation (EU) 2024/1689: what answers it here, and what nothing here does."""

    point: Line
    asks: Line
    answer: Prose
    gap: Prose


Content = Annotated[
    ModelManifest
    | DatasetManifest
    | CommissionSpec
    | ConformitySpec
    | AuditReport
    | ValidationReport
    | DisputeEvidence,
    Field(discriminator="kind"),
]


class Enclosure(Part):
    """A manifest that the chain names by its digest."""

    digest: Digest
    state: Literal["enclosed", "not found", "malformed", "too large"]
    content: Content | None
