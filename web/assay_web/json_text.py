"""Documents that pages send as JSON text, for their strict readers."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import Field, ValidationError

from assay.errors import InvalidInput
from assay.manifests import Part
from assay.manifests.base import problems
from assay.manifests.files import kind_words

P = TypeVar("P", bound=Part)
Document = Annotated[str, Field(max_length=1 << 20)]


def document_in(text: str, kind: type[P]) -> P:
    """The document of *kind*; raises :class:`InvalidInput` with what is wrong."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise InvalidInput(f"This is not a valid {kind_words(kind)}: {problems(error)}.") from None
