"""Rounds: what panels are asked for markets, and how far they are."""

from __future__ import annotations

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from assay.manifests.fields import Address
from assay.structs.base import Amount, Bytes32, Choice, Struct
from assay.structs.oracle import Kind, Outcome
from assay.structs.policy import Timeouts

_QUESTION = "(uint8,uint8,uint32,bool,uint8,bytes32,bool,bytes32[],address[],bytes32[])"


class RoundState(Choice):
    """What a panel waits for."""

    NONE = 0
    IDLE = 1
    DRAWING = 2
    GRANTING = 3
    VOTING = 4
    APPEAL_DRAWING = 5
    APPEAL_VOTING = 6


class RoundTerms(Struct):
    """For what and for whom a panel works."""

    customer: Address
    developer: Address
    token: Address
    fee: Amount
    """To each member for each question."""
    size: int
    rules: Address
    """Where Rulebook keeps the rules of the deal: stakes, windows, appeal bond."""


class Question(Struct):
    """What a panel is asked. Artifacts are named by their place in the question, from 0."""

    kind: Kind
    subjects: int
    """How many scores are asked for; 0 unless the kind is SCORE."""
    tolerance: int
    appealable: bool
    fresh: int
    """Bitmap over artifacts whose key the panel has not been granted before."""
    work: Bytes32
    """Digest of the manifest that says what is to be done."""
    delivers: bool
    """Whether the word delivers the last artifact's key to the delivery key that the work names."""
    artifacts: tuple[Bytes32, ...]
    """Digests of the manifests of what it is done on."""
    granters: tuple[Address, ...]
    """Of the artifacts' keys; the zero address where none is needed."""
    grants: tuple[Bytes32, ...]
    """Digests of KeyGrants that were there already; zero where they are to come."""

    def digest(self) -> bytes:
        """32 bytes by which two questions are told apart."""
        return keccak(encode([_QUESTION], [tuple(self.to_abi().values())]))


class Answer(Struct):
    """How a question ended."""

    outcome: Outcome
    moved: bool
    """Whether the round is in another state than before the step."""
    appealed: bool
    artifact: int
    """Whose key was not granted, where a granter was silent."""
    criteria: int
    word: Bytes32
    scores: tuple[int, ...]
    paid: tuple[Address, ...]
    """Who earned a fee by the last step."""


class Round(Struct):
    """A panel as it stands in Rounds."""

    market: Address
    deal_id: int
    state: RoundState
    deadline: int
    """Unix seconds, of the state; in VOTING of the votes."""
    needed: int
    """Bitmap over artifacts: whose keys are to be granted."""
    replaced: bool
    appealable: bool
    request_id: int
    """0 until the panel votes."""
    appeal_panel_id: int
    appeal_request_id: int
    granters: tuple[Address, ...]
    token: Address
    fee: Amount
    appeal_bond: Amount
    timeouts: Timeouts
    """Those that concern panels; the others are 0."""
