"""Conformity: third-party test sets and how models stand on them."""

from __future__ import annotations

from typing import ClassVar

from assay.manifests.fields import Address
from assay.structs.base import Amount, Bytes32, Choice, Struct


class AssessmentState(Choice):
    """Where an assessment stands; what its panel is waiting for is in Rounds."""

    NONE = 0
    JUDGING = 1
    PASSED = 2
    FAILED = 3
    VOID = 4


class VoidCause(Choice):
    """Why an assessment says nothing about the model."""

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
    """A conformity body's test, which cannot change, but can be retired."""

    __test__: ClassVar[bool] = False  # not a pytest class

    body: Address
    body_fee: Amount
    """Fee for an assessment that passed or failed."""
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
    """Fee for each validator."""
    manifest: Bytes32
    set_id: int
    state: AssessmentState
    cause: VoidCause
    opened_at: int
    """Unix seconds."""
    panel_id: int
    """The panel's number in Rounds."""
    steps: int
    """Steps that were paid for."""
    step_fee: Amount
    """Paid to whoever takes a step that anyone may take."""


class Standing(Struct):
    """The result of the newest assessment that passed or failed."""

    at: int
    """When it was opened (Unix seconds); 0 if there is no result."""
    passed: bool
    score: int
