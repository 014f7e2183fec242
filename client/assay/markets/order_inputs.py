"""How a file's columns would be fed to a model, as a starting point for an order."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

from assay.errors import InvalidInput
from assay.manifests.evaluation import (
    MAX_COLUMNS,
    MAX_INPUTS,
    ArrayFiles,
    ImageFiles,
    InputMapping,
    TextFiles,
)
from assay.manifests.node_report import DescribedColumn, FoundFiles
from assay.words.printable import printable, quoted

Size = tuple[int, int]
_DEEP = 16


@dataclass(frozen=True)
class Pictures:
    """How images are processed, as far as specified.

    Attributes:
        size: height and width to which they are resized; their own by default.
        upright: whether they are rotated according to their orientation tag.
    """

    size: Size | None = None
    upright: bool = False


AS_THEY_ARE = Pictures()


def inputs_of(
    form: str, features: list[DescribedColumn], pictures: Pictures = AS_THEY_ARE
) -> tuple[InputMapping, ...]:
    """How the columns *features* of a file in the format *form* are fed.

    If all columns are numbers, they form one input, X. If there are also texts, times, lists or files, each
    column is a separate input, named as scikit-learn's converter does.

    Args:
        form: csv, parquet, npz, jsonl or archive.
        features: all columns but the label.
        pictures: how images are processed.

    Raises:
        InvalidInput: images of different sizes or channels.
    """
    if form == "npz":
        return tuple(_array(one) for one in features)
    if all(_is_number(one) for one in features):
        return (_together("X", features),) if features else ()
    if len(features) <= MAX_INPUTS:
        names = _input_names([one.name for one in features])
        return tuple(
            _single(one, pictures).model_copy(update={"name": name})
            for one, name in zip(features, names, strict=True)
        )
    return tuple(_grouped(features, pictures))


def _input_names(columns: list[str]) -> list[str]:
    """What scikit-learn's converter calls the inputs for these columns: "monthly fee" is ``monthly_fee``."""
    names: list[str] = []
    for column in columns:
        name = re.sub(r"[^\w+]", "_", column)
        name = f"_{name}" if name[:1] in set("0123456789") else name
        ends = chain([""], count(1))
        names.append(next(unique for end in ends if (unique := f"{name}{end}") not in names))
    return names


def _grouped(features: list[DescribedColumn], pictures: Pictures) -> Iterator[InputMapping]:
    """One input for the numbers and one for the texts, when one per column would be too many."""
    numbers = [one for one in features if _is_number(one)]
    texts = [one for one in features if one.type == "text" and not one.files and not one.shape]
    if numbers:
        yield _together("numbers", numbers)
    if texts:
        gaps = "" if any(one.empty for one in texts) else None
        yield InputMapping(name="texts", columns=_names(texts), dtype="string", missing=gaps)
    for one in features:
        if one not in numbers and one not in texts:
            yield _single(one, pictures)


def _is_number(one: DescribedColumn) -> bool:
    return one.type in ("integer", "float", "boolean") and not one.shape and one.files is None


def _names(columns: list[DescribedColumn]) -> tuple[str, ...]:
    return tuple(one.name for one in columns)


def _together(name: str, columns: list[DescribedColumn]) -> InputMapping:
    gaps = "nan" if any(one.empty for one in columns) else None
    return InputMapping(name=name, columns=_names(columns), missing=gaps)


def _array(one: DescribedColumn) -> InputMapping:
    if one.type == "time":
        return _single(one, AS_THEY_ARE)
    missing = "nan" if one.empty else None
    dtype: Any = "string" if one.type == "text" else "float32"
    shape = one.shape if max(one.shape, default=0) <= MAX_COLUMNS else None  # else the data alone has it
    return InputMapping(name=one.name, columns=(one.name,), shape=shape or None, missing=missing, dtype=dtype)


def _single(one: DescribedColumn, pictures: Pictures) -> InputMapping:
    """A table column as a separate input."""
    named: dict[str, Any] = {"name": one.name, "columns": (one.name,)}
    if one.files is not None:
        return InputMapping(**named, **_files(one, pictures))
    if one.shape:
        return InputMapping(**named, shape=one.shape, missing="nan" if one.empty else None)
    if one.type == "time":
        gaps = "nan" if one.empty else None
        dtype: Any = "float64" if gaps or one.fine else "int64"
        return InputMapping(**named, dtype=dtype, time="s", missing=gaps)
    if one.type == "text":
        return InputMapping(**named, dtype="string", missing="" if one.empty else None)
    return _together(one.name, [one])


def _files(one: DescribedColumn, pictures: Pictures) -> dict[str, Any]:
    """The fields of an input whose rows are files."""
    found = one.files
    assert found is not None
    if found.kind == "text":
        return {"dtype": "string", "files": TextFiles(kind="text")}
    if found.kind == "array":
        if not found.shape or not math.prod(found.shape):
            raise InvalidInput(f"The arrays that {quoted(one.name)} names have no shape that a model takes.")
        return {"files": ArrayFiles(kind="array"), "shape": found.shape}
    return {"files": _images(one, found, pictures)}


def _images(one: DescribedColumn, found: FoundFiles, pictures: Pictures) -> ImageFiles:
    without = f"or leave them out: --without {printable(one.name)}"
    if not found.channels:
        raise InvalidInput(
            f"The images that {quoted(one.name)} names are not all grey, all RGB or all RGBA.",
            hint=f"Bring them to one mode, {without}",
        )
    if found.turned and not pictures.upright:
        raise InvalidInput(
            f"Some of the images that {quoted(one.name)} names are to be turned (EXIF).",
            hint=f"Say --upright to have them turned, save them upright, {without}",
        )
    if found.depth is None:
        raise InvalidInput(
            f"The images that {quoted(one.name)} names have different depths, of 8 and 16 bits.",
            hint=f"Bring them to one, {without}",
        )
    own, size = (found.height, found.width), pictures.size
    if found.depth == _DEEP and size not in (None, own):
        raise InvalidInput("Images of 16 bits are not resized.", hint=f"Bring them to one size, {without}")
    if size is None and (own[0] is None or own[1] is None):
        raise InvalidInput(
            f"The images that {quoted(one.name)} names have different sizes.",
            hint=f"Say to which one a test brings them, such as --size 224x224, {without}",
        )
    height, width = size or own
    fields = {"kind": "image", "height": height, "width": width, "channels": found.channels}
    fields |= {"scale": "1/65535" if found.depth == _DEEP else "1/255", "depth": found.depth}
    resize = size is not None and found.depth != _DEEP  # other images of the column may differ in size
    return ImageFiles.model_validate({**fields, "resize": resize, "upright": pictures.upright})
