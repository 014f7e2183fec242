"""Images as rows of pixels. Nothing is changed unless the order declares it.

Pillow is pinned by the lock, so every node decodes with the same code. PNG and BMP store pixels exactly. JPEG
is decoded by libjpeg-turbo's accurate integer transform, whose results do not depend on the processor.
"""

import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "BMP")
_MODES = {1: ("L", "1"), 3: ("RGB",), 4: ("RGBA",)}
_PALETTE = {3: "RGB", 4: "RGBA"}
_MASKS = ("L", "P", "1")
_DEEP, _DEEP_GREY, _DEEP_BITS = ("I", "F"), "I;16", 16
_STORED_DEEP = ";16B"
"""The end of Pillow's name for how a PNG file stores 16 bits a channel, of which it keeps 8 in colours."""
_STEPS = {"L;2": 85, "L;4": 17}
"""How far apart Pillow places the greys of PNG files that store fewer than 8 bits."""
_ORIENTATION, _UPRIGHT = 0x0112, 1
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns an image upright, by its EXIF orientation; other numbers mean nothing."""
_ACROSS = [_TURNS[orientation] for orientation in (5, 6, 7, 8)]
"""The turns that exchange width and height."""
_UNREADABLE = (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError)
_MAX_PIXELS = 100_000_000
_CHANNELS = {"L": 1, "1": 1, "I;16": 1, "RGB": 3, "RGBA": 4}

Array = NDArray[Any]


class ImageFault(Exception):
    """The image cannot be fed; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def pixels(content: bytes, files: dict[str, Any]) -> Array:
    """The pixels [height, width, channels] of an image, as declared by *files*, an ImageFiles in JSON.

    Raises:
        ImageFault: it is not such an image.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                return _decoded(image, files)
    except (ImageFault, MemoryError):
        raise
    except _UNREADABLE as error:
        large = isinstance(error, Image.DecompressionBombError)
        raise ImageFault("file_too_large" if large else "file_unreadable") from None


def _decoded(image: Image.Image, files: dict[str, Any]) -> Array:
    size = (files["width"], files["height"])
    is_deep = _is_deep(image)
    orientation = image.getexif().get(_ORIENTATION, _UPRIGHT)
    turn = _TURNS.get(orientation) if files.get("upright") else None
    own = image.size[::-1] if turn in _ACROSS else image.size
    if own != size and not files["resize"]:
        raise ImageFault("file_shape")
    if image.width * image.height > _MAX_PIXELS:
        raise ImageFault("file_too_large")
    if getattr(image, "n_frames", 1) > 1:
        raise ImageFault("image_animated")
    deep = files.get("depth") == _DEEP_BITS
    if is_deep != deep:
        raise ImageFault("image_depth")
    if orientation != _UPRIGHT and not files.get("upright"):
        raise ImageFault("image_turned")
    plain = image if image.mode == _DEEP_GREY and deep else _of_mode(image, files["channels"])
    if turn is not None:
        plain = plain.transpose(turn)
    if plain.size != size:
        plain = plain.resize(size, Image.Resampling.BILINEAR)
    array = np.asarray(plain, np.uint16 if deep else np.uint8)
    return array.reshape(files["height"], files["width"], files["channels"])


def mask(content: bytes, files: dict[str, Any]) -> NDArray[np.uint8]:
    """The indices of classes [height, width] in a mask, as declared by *files*, a MaskFiles in JSON.

    Raises:
        ImageFault: it is not such a mask.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            if image.size != (files["width"], files["height"]):
                raise ImageFault("file_shape")
            if getattr(image, "n_frames", 1) > 1:
                raise ImageFault("image_animated")
            if image.mode not in _MASKS:
                raise ImageFault("image_depth" if image.mode.startswith(_DEEP) else "image_colours")
            step = _STEPS.get(_stored(image), 1)
            return np.asarray(image).astype(np.uint8) // np.uint8(step)
    except (ImageFault, MemoryError):
        raise
    except _UNREADABLE:
        raise ImageFault("file_unreadable") from None


def _stored(image: Image.Image) -> str:
    """Pillow's name for how a PNG file stores a pixel, such as "RGB;16B"; empty for other formats.

    Pillow forgets it when it reads the pixels, and it reads them for the orientation.
    """
    tiles = getattr(image, "tile", ())
    return str(tiles[0].args) if image.format == "PNG" and tiles else ""


def _is_deep(image: Image.Image) -> bool:
    return image.mode.startswith(_DEEP) or _stored(image).endswith(_STORED_DEEP)


def _of_mode(image: Image.Image, channels: int) -> Image.Image:
    """*image* with that many *channels*, if it already has them."""
    transparent = "transparency" in image.info
    if image.mode in _MODES[channels] and not transparent:
        return image.convert("L") if image.mode == "1" else image
    if image.mode == "P" and channels == (4 if transparent else 3):
        return image.convert(_PALETTE[channels])
    raise ImageFault("image_colours")


def describe_image(content: bytes) -> dict[str, Any]:
    """Kind, height, width, channels and depth of an image, and whether it has to be turned (height and width
    are those after turning); empty for other files."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            palette = 4 if "transparency" in image.info else 3
            channels = palette if image.mode == "P" else _CHANNELS.get(image.mode, 0)
            turn = _TURNS.get(image.getexif().get(_ORIENTATION, _UPRIGHT))
            width, height = image.size[::-1] if turn in _ACROSS else image.size
            found = {"kind": "image", "height": height, "width": width, "channels": channels}
            depth = _DEEP_BITS if image.mode == _DEEP_GREY else 8
            return {**found, "depth": depth, "turned": turn is not None}
    except _UNREADABLE:
        return {}
