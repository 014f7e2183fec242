"""The contents of a dossier: facts from the chain, each with its place there, and the manifests they name.

A dossier is canonical JSON (RFC 8785) like a manifest, but it is not a manifest: it is larger, nothing
on-chain points to it, and its issuer signs it. Amounts are in base units, times in Unix seconds, rates and
scores in ppm.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

import rfc8785
from pydantic import Field, ValidationError

from assay.dossier.judgements import AuditRecord, DisputeRecord, OpinionRecord
from assay.dossier.parts import (
    AnnexPoint,
    Block,
    Changes,
    Content,
    ContractCode,
    Deal,
    Enclosure,
    ModelVersion,
    Number,
    Owner,
    Person,
    Standing,
    Token,
)
from assay.errors import InvalidInput
from assay.manifests import CommissionSpec, ConformitySpec, Part
from assay.manifests.base import problems
from assay.manifests.evaluation import Metric
from assay.manifests.fields import Address, ChainId, Line
from assay.manifests.validation_report import Signature
from assay.wallet import eip712

MAX_BYTES = 16 * 1024 * 1024
"""Size limit of a dossier, in bytes."""


class Dossier(Part):
    """The whole dossier."""

    kind: Literal["Dossier"] = "Dossier"
    version: Literal[1] = 1
    chain_id: ChainId
    block: Block
    contracts: Annotated[tuple[ContractCode, ...], Field(max_length=64)]
    tokens: Annotated[tuple[Token, ...], Field(max_length=64)]
    model: Number
    token_uri: Line
    owners: Annotated[tuple[Owner, ...], Field(min_length=1, max_length=10_000)]
    standing: Standing
    versions: Annotated[tuple[ModelVersion, ...], Field(min_length=1, max_length=256)]
    ancestry: Annotated[tuple[ModelVersion, ...], Field(max_length=256)]
    """Versions, of this and other models, from which the versions above descend."""
    ancestry_complete: bool
    deals: Annotated[tuple[Deal, ...], Field(max_length=256)]
    audits: Annotated[tuple[AuditRecord, ...], Field(max_length=1_000)]
    opinions: Annotated[tuple[OpinionRecord, ...], Field(max_length=1_000)]
    disputes: Annotated[tuple[DisputeRecord, ...], Field(max_length=256)]
    people: Annotated[tuple[Person, ...], Field(max_length=10_000)]
    changes: Changes
    annex_iv: Annotated[tuple[AnnexPoint, ...], Field(max_length=64)]
    documents: Annotated[tuple[Enclosure, ...], Field(max_length=10_000)]

    @property
    def judged(self) -> tuple[AuditRecord | OpinionRecord, ...]:
        """Everything on which auditors reported."""
        return (*self.audits, *self.opinions)

    def digest(self) -> bytes:
        """sha2-256 of the canonical JSON (32 bytes): what the issuer signs."""
        return hashlib.sha256(_canonical(self)).digest()

    def document(self, digest: str) -> Content | None:
        """The manifest with this digest, if it is enclosed."""
        return next((one.content for one in self.documents if one.digest == digest), None)

    def deal_of(self, version: ModelVersion) -> Deal | None:
        """The commission that a version comes from; None if it comes from another module."""
        if version.module != self.contract("CommissionMarket"):
            return None
        return next((one for one in self.deals if one.number == version.deal), None)

    def metric(self, spec: str) -> Metric | None:
        """What scores measure according to the spec with this digest, if it is enclosed."""
        content = self.document(spec)
        return content.evaluation.metric if isinstance(content, CommissionSpec | ConformitySpec) else None

    def metric_of(self, version: ModelVersion) -> Metric | None:
        """What a version's score measures, if that is on record."""
        deal = self.deal_of(version)
        return self.metric(deal.request.spec.hex()) if deal else None

    def contract(self, name: str) -> str:
        """The address of the market's contract *name*; the zero address if there is none."""
        found = (one.address for one in self.contracts if one.name == name)
        return next(found, "0x" + "00" * 20)


class Bundle(Part):
    """The file: a dossier and who issued it. The signature says who vouches, not that it is true."""

    dossier: Dossier
    issuer: Address | None = None
    signature: Signature | None = None
    """EIP-712 ``Dossier`` by the issuer."""

    def to_bytes(self) -> bytes:
        """The file's content, canonical JSON; raises :class:`InvalidInput` if it is too large."""
        content = _canonical(self)
        if len(content) >= MAX_BYTES:
            raise InvalidInput(f"This dossier has {len(content):,} bytes; at most 16 MiB can be checked.")
        return content

    def typed_data(self) -> eip712.TypedData:
        """What the issuer signs; raises :class:`InvalidInput` if none is named."""
        if self.issuer is None:
            raise InvalidInput("This dossier names no issuer.")
        dossier = self.dossier
        registry = dossier.contract("ModelRegistry")
        return eip712.dossier(
            dossier.chain_id, registry, digest=dossier.digest(), model=dossier.model, issuer=self.issuer
        )


def read_bundle(content: bytes) -> Bundle:
    """Read an untrusted file; unknown fields and nesting beyond 200 levels are refused.

    Raises:
        InvalidInput: too large, or not a dossier.
    """
    if len(content) >= MAX_BYTES:
        raise InvalidInput("This file is larger than 16 MiB and is not read.")
    try:
        return Bundle.model_validate_json(content)
    except ValidationError as error:
        raise InvalidInput(f"This is not a dossier: {problems(error)}.") from None


def _canonical(part: Part) -> bytes:
    try:
        return rfc8785.dumps(part.model_dump(mode="json"))
    except rfc8785.CanonicalizationError as error:
        raise InvalidInput(f"This dossier has no canonical form: {error}.") from error
