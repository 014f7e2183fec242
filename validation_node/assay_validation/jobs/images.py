"""Images as rows of pixels. Nothing is changed that the order does not declare.

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
_DEEP = ("I", "F")
_ORIENTATION, _UPRIGHT = 0x0112, 1
_MAX_PIXELS = 100_000_000
_CHANNELS = {"L": 1, "1": 1, "RGB": 3, "RGBA": 4}


class ImageFault(Exception):
    """An image that is not fed; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def pixels(content: bytes, files: dict[str, Any]) -> NDArray[np.uint8]:
    """The pixels [height, width, channels] of an image as *files*, an ImageFiles in JSON, declares them.

    Raises:
        ImageFault: it is no such image.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                return _decoded(image, files)
    except (ImageFault, MemoryError):
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        large = isinstance(error, Image.DecompressionBombError)
        raise ImageFault("file_too_large" if large else "file_unreadable") from None


def _decoded(image: Image.Image, files: dict[str, Any]) -> NDArray[np.uint8]:
    size = (files["width"], files["height"])
    if image.size != size and not files["resize"]:
        raise ImageFault("file_shape")
    if image.width * image.height > _MAX_PIXELS:
        raise ImageFault("file_too_large")
    if getattr(image, "n_frames", 1) > 1:
        raise ImageFault("image_animated")
    if image.mode.startswith(_DEEP):
        raise ImageFault("image_depth")
    if image.getexif().get(_ORIENTATION, _UPRIGHT) != _UPRIGHT:
        raise ImageFault("image_turned")
    plain = _of_mode(image, files["channels"])
    if plain.size != size:
        plain = plain.resize(size, Image.Resampling.BILINEAR)
    array = np.asarray(plain, np.uint8)
    return array.reshape(files["height"], files["width"], files["channels"])


def _of_mode(image: Image.Image, channels: int) -> Image.Image:
    """*image* with so many channels, where it has them already."""
    transparent = "transparency" in image.info
    if image.mode in _MODES[channels] and not transparent:
        return image.convert("L") if image.mode == "1" else image
    if image.mode == "P" and channels == (4 if transparent else 3):
        return image.convert(_PALETTE[channels])
    raise ImageFault("image_colours")


def describe_image(content: bytes) -> dict[str, Any]:
    """Kind, height, width and channels of an image; nothing of another file."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            palette = 4 if "transparency" in image.info else 3
            channels = palette if image.mode == "P" else _CHANNELS.get(image.mode, 0)
            return {"kind": "image", "height": image.height, "width": image.width, "channels": channels}
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return {}
