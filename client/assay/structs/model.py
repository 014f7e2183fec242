"""ModelRegistry: models, versions, lineage."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from assay.manifests.fields import Address
from assay.structs.base import Bytes32, Choice, Struct


class LineageKind(Choice):
    """What a model was made from."""

    MODEL = 0
    DATASET = 1
    TRAINING_JOB = 2


class LineageEdge(Struct):
    """One thing that a model was made from, by its on-chain id."""

    kind: LineageKind
    ref: Bytes32


class Payee(Struct):
    """A share of the developer's price."""

    account: Address
    ppm: Annotated[int, Field(gt=0, le=1_000_000)]


class Submission(Struct):
    """What a developer submits; its hash is stored on-chain, its content in the event."""

    manifest: Bytes32
    grants: Bytes32
    lineage: tuple[LineageEdge, ...] = ()
    payees: tuple[Payee, ...] = ()


class Version(Struct):
    """What a version of a model belongs to, written once."""

    module: Address
    deal_id: int
    """The deal's number in the module."""
    model_id: int
