"""Failures of training at home."""

from assay.errors import AssayError


class LearningError(AssayError):
    """The rows or models that were given do not allow what was asked."""
