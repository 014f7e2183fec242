"""Conformity: third-party test sets and how models stand on them."""

from __future__ import annotations

from typing import ClassVar

from assay.manifests.fields import Address
from assay.structs.base import Amount, Bytes32, Choice, Struct


class Stage(Choice):
    """Where an assessment stands; the table of all exits is in docs/protocol.md."""

    NONE = 0
    DRAWING = 1
    GRANTING = 2
    EVALUATING = 3
    APPEALING = 4
    PASSED = 5
    FAILED = 6
    VOID = 7


class VoidCause(Choice):
    """Why an assessment says nothing of the model."""

    NONE = 0
    PANEL_NOT_SEATED = 1
    BODY_SILENT = 2
    APPLICANT_SILENT = 3
    PANEL_SILENT = 4
    INCONCLUSIVE = 5
    CANNOT_OPEN = 6
    UNSTABLE = 7
    REJECTED = 8


class TestSet(Struct):
    """A conformity body's test; nothing of it changes but that it can be retired."""

    __test__: ClassVar[bool] = False  # no test of ours

    body: Address
    body_fee: Amount
    """For an assessment that passed or failed."""
    token: Address
    threshold: int
    tolerance: int
    spec: Bytes32
    dataset: Bytes32
    domain: int
    panel_size: int
    required_criteria: int
    """Bitmap over the spec's criteria."""
    retired: bool


class ConformityAssessment(Struct):
    """A model's test on such a set, as it stands; windows are seconds."""

    applicant: Address
    evaluation_fee: Amount
    """To each validator."""
    manifest: Bytes32
    set_id: int
    deadline: int
    """Of the present stage."""
    stage: Stage
    cause: VoidCause
    granted: int
    """Bitmap over :class:`Artifact`: whose key was granted."""
    panel_id: int
    request_id: int
    asked_at: int
    """Unix seconds, 0 until the panel is asked."""
    grant_window: int
    commit_window: int
    reveal_window: int
    appeal_window: int


class Standing(Struct):
    """What the newest assessment found that passed or failed."""

    at: int
    """When its panel was asked (Unix seconds), 0 when there is no result."""
    passed: bool
    score: int
