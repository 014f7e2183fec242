"""Documents that people write: JSON files, checked against their kind before anything is done with them."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from assay.errors import InvalidInput
from assay.manifests.base import problems

_MAX_BYTES = 1024 * 1024
D = TypeVar("D", bound=BaseModel)


def load_document(path: Path, kind: type[D]) -> D:
    """Read a document of *kind* from the JSON file *path*; raises :class:`InvalidInput` with its faults."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"Cannot read {path}: {error.strerror or error}.") from error
    if len(content) > _MAX_BYTES:
        raise InvalidInput(f"{path} is larger than 1 MiB.")
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise InvalidInput(f"{path} is no valid {kind.__name__}: {problems(error)}.") from None
