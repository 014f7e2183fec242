"""Failures of training at home."""

from collections.abc import Iterator
from contextlib import contextmanager

from assay.errors import AssayError


class LearningError(AssayError):
    """The rows or models that were given do not allow what was asked."""


@contextmanager
def reading_models() -> Iterator[None]:
    """For work on graphs that somebody else wrote: libraries meet what is wrong in them with any exception.

    Raises:
        LearningError: in place of those.
    """
    try:
        yield
    except LearningError:
        raise
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        said = (str(error).splitlines() or [""])[0][:200]
        raise LearningError(f"A model's graph is not what it says it is: {said}") from None
