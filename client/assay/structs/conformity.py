"""Conformity: third-party test sets and how models stand on them."""

from __future__ import annotations

from typing import ClassVar

from assay.manifests.fields import Address
from assay.structs.base import Amount, Bytes32, Choice, Struct


class AssessmentState(Choice):
    """Where an assessment stands; what its panel waits for is in Rounds."""

    NONE = 0
    JUDGING = 1
    PASSED = 2
    FAILED = 3
    VOID = 4


class VoidCause(Choice):
    """Why an assessment says nothing of the model."""

    NONE = 0
    PANEL_NOT_SEATED = 1
    BODY_SILENT = 2
    APPLICANT_SILENT = 3
    PANEL_SILENT = 4
    UNDECIDED = 5
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
    """A model's test on such a set, as it stands."""

    applicant: Address
    evaluation_fee: Amount
    """To each validator."""
    manifest: Bytes32
    set_id: int
    state: AssessmentState
    cause: VoidCause
    opened_at: int
    """Unix seconds."""
    panel_id: int
    """In Rounds."""
    steps: int
    """That were paid."""
    step_fee: Amount
    """To whoever takes a step that anyone may take."""


class Standing(Struct):
    """What the newest assessment found that passed or failed."""

    at: int
    """When it was opened (Unix seconds), 0 when there is no result."""
    passed: bool
    score: int
