"""How data files are written, where that can vary: CSV dialects, and files named in an index."""

import codecs
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from assay.manifests.evaluation.units import Strict

MAX_SIDE = 16_384
"""Limit on the side of an image, in pixels."""

Encoding = Literal[
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "cp1250",
    "cp1251",
    "cp1252",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-15",
    "mac-roman",
    "koi8-r",
    "shift-jis",
    "gb18030",
    "big5",
    "euc-kr",
    "cp850",
    "cp932",
    "cp949",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp1257",
]
"""Named as in this list; :func:`encoding_named` knows other names."""
GapText = Annotated[str, StringConstraints(min_length=1, max_length=64)]


def encoding_named(written: str) -> str:
    """The name used in orders for an encoding, such as "cp1252" for "Windows-1252".

    Raises:
        ValueError: the encoding is unknown.
    """
    by_codec: dict[str, str] = {codecs.lookup(name).name: name for name in get_args(Encoding)}
    try:
        return by_codec[codecs.lookup(written.strip()).name.removesuffix("-sig")]
    except (LookupError, ValueError):
        raise ValueError(f"is none of the encodings {', '.join(sorted(by_codec.values()))}") from None


class CsvDialect(Strict):
    """How a CSV file is written. A cell in quotes may hold separators, line ends and, doubled, quotes.

    A byte order mark at the start is no part of the first name. Numbers have no thousands separators.
    """

    separator: Literal[",", ";", "\t", "|", " "] = ","
    decimal: Literal[".", ","] = "."
    quote: Literal['"', "'"] = '"'
    encoding: Encoding = "utf-8"
    header: bool = True
    """Whether the first row names the columns; otherwise they are called "1", "2" and so on."""
    gaps: Annotated[tuple[GapText, ...], Field(max_length=16)] = ()
    """Texts that mean a gap, as an empty cell does, such as "NA"."""
    skip_lines: Annotated[int, Field(ge=0, le=1_000, strict=True)] = Field(
        default=0, exclude_if=lambda number: number == 0
    )
    """Lines above the table, such as a title, or the ``sep=;`` line that tells Excel the separator."""


class ImageFiles(Strict):
    """Each cell names an image (PNG, JPEG or BMP), which becomes a row of pixels.

    Animated images, and those of another mode or depth than ``channels`` and ``depth`` say are refused.
    """

    kind: Literal["image"]
    height: Annotated[int, Field(ge=1, le=MAX_SIDE, strict=True)]
    width: Annotated[int, Field(ge=1, le=MAX_SIDE, strict=True)]
    channels: Literal[1, 3, 4] = 3
    """Grey, RGB or RGBA."""
    layout: Literal["nchw", "nhwc"] = "nchw"
    """Whether a row is [channels, height, width] or [height, width, channels]."""
    scale: Literal["1", "1/255", "1/65535"] = "1"
    """Whether pixels are from 0 to 255, of 16 bits to 65535, or from 0 to 1."""
    resize: bool = False
    """Whether images of another size are resized to this one (bilinear); otherwise they are refused."""
    depth: Literal[8, 16] = Field(default=8, exclude_if=lambda depth: depth == 8)
    """Bits per pixel; 16 only for grey images, as microscopes and scanners write them."""
    upright: bool = Field(default=False, exclude_if=lambda upright: not upright)
    """Whether images are rotated by their EXIF tag; otherwise images that need rotating are refused."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.depth == 16 and (self.channels != 1 or self.resize):
            raise ValueError("images of 16 bits are grey, and are not resized")
        if self.scale == ("1/255" if self.depth == 16 else "1/65535"):
            raise ValueError(f"pixels of {self.depth} bits are not scaled by {self.scale}")
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a row."""
        size = (self.height, self.width)
        return (self.channels, *size) if self.layout == "nchw" else (*size, self.channels)


class TextFiles(Strict):
    """Each cell names a text in UTF-8."""

    kind: Literal["text"]


class ArrayFiles(Strict):
    """Each cell names an array (.npy), which becomes a row of the input's ``shape``."""

    kind: Literal["array"]


class MaskFiles(Strict):
    """Each cell names a PNG of one channel, grey or with a palette, whose pixels are places of classes.

    Pixels are read as stored, also those of 1, 2 or 4 bits.
    """

    height: Annotated[int, Field(ge=1, le=MAX_SIDE, strict=True)]
    width: Annotated[int, Field(ge=1, le=MAX_SIDE, strict=True)]


NamedFiles = Annotated[ImageFiles | TextFiles | ArrayFiles, Field(discriminator="kind")]
