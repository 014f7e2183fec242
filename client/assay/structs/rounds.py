"""Rounds: what panels are asked on behalf of markets, and their progress."""

from __future__ import annotations

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from assay.manifests.fields import Address
from assay.structs.base import Amount, Bytes32, Choice, Struct
from assay.structs.oracle import Kind, Outcome
from assay.structs.policy import Timeouts

_QUESTION = "(uint8,uint8,uint32,bool,uint8,bytes32,bool,bytes32[],address[],bytes32[])"


class RoundState(Choice):
    """What a panel is waiting for."""

    NONE = 0
    IDLE = 1
    DRAWING = 2
    GRANTING = 3
    VOTING = 4
    APPEAL_DRAWING = 5
    APPEAL_VOTING = 6


class RoundTerms(Struct):
    """What and whom a panel works for."""

    customer: Address
    developer: Address
    token: Address
    fee: Amount
    """Fee for each member per question."""
    size: int
    rules: Address
    """Where Rulebook stores the deal's rules: stakes, windows, appeal bond."""


class Question(Struct):
    """What a panel is asked. Artifacts are identified by their index in the question, from 0."""

    kind: Kind
    subjects: int
    """How many scores are asked for; 0 unless the kind is SCORE."""
    tolerance: int
    appealable: bool
    fresh: int
    """Bitmap over artifacts whose key has not yet been granted to the panel."""
    work: Bytes32
    """Digest of the manifest that says what to do."""
    delivers: bool
    """Whether the word delivers the last artifact's key to the delivery key named in the work."""
    artifacts: tuple[Bytes32, ...]
    """Digests of the manifests of the artifacts to work on."""
    granters: tuple[Address, ...]
    """Who grants each artifact's key; the zero address if no grant is needed."""
    grants: tuple[Bytes32, ...]
    """Digests of KeyGrants that already exist; zero for those still to come."""

    def digest(self) -> bytes:
        """32 bytes that identify the question."""
        return keccak(encode([_QUESTION], [tuple(self.to_abi().values())]))


class Answer(Struct):
    """How a question ended."""

    outcome: Outcome
    moved: bool
    """Whether the step has changed the round's state."""
    appealed: bool
    artifact: int
    """The artifact whose key was not granted, if a granter was silent."""
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
    """Deadline of the state, in VOTING of the votes; Unix seconds."""
    needed: int
    """Bitmap over artifacts whose keys are still to be granted."""
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
    """The timeouts that concern panels; the others are 0."""
