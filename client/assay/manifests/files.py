"""Documents in files that people name: read as JSON of their kind before anything is done, written in words.

What cannot be read or written is :class:`InvalidInput` with the system's own reason.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from assay.errors import InvalidInput
from assay.manifests.base import problems

_MAX_BYTES = 1024 * 1024
D = TypeVar("D", bound=BaseModel)


def read_document(path: Path) -> bytes:
    """The content of a file of at most 1 MiB; raises :class:`InvalidInput`."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"Cannot read {path}: {error.strerror or error}.") from error
    if len(content) > _MAX_BYTES:
        raise InvalidInput(f"{path} is larger than 1 MiB.")
    return content


def load_document(path: Path, kind: type[D]) -> D:
    """Read a document of *kind* from the JSON file *path*; raises :class:`InvalidInput` with its faults."""
    content = read_document(path)
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        if "evaluation" not in kind.model_fields and _looks_like_an_order(content):
            raise InvalidInput(f"{path} looks like an order, not a {kind_words(kind)}.") from None
        raise InvalidInput(f"{path} is not a valid {kind_words(kind)}: {problems(error)}.") from None


def _looks_like_an_order(content: bytes) -> bool:
    try:
        written = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(written, dict) and {"evaluation", "dataset"} <= written.keys()


def kind_words(kind: type[BaseModel]) -> str:
    """A kind of document as people call it: "model card"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).lower()


def prepare_folder(folder: Path) -> Path:
    """The folder, made where it is missing; raises :class:`InvalidInput` if nothing can be put there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "it is not a folder" if os.path.exists(folder) else error.strerror or error
        raise InvalidInput(f"Cannot write to {folder}: {reason}.") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InvalidInput(f"Cannot write to {folder}: that is not allowed.")
    return folder


def write_document(path: Path, content: bytes) -> None:
    """Write a file into a folder that exists, over what was there, whole or not at all.

    Raises:
        InvalidInput: it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe or a terminal
            path.write_bytes(content)
        else:
            _write_whole(path.resolve(), content)
    except OSError as error:
        raise InvalidInput(f"Cannot write {path}: {error.strerror or error}.") from error


def _write_whole(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
