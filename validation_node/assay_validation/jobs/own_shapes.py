"""Output shapes of ONNX Runtime's own operators for which no ONNX operator can stand in. An unknown length is
None.
"""

from collections.abc import Sequence

from onnx import TensorProto, numpy_helper

from assay_validation.jobs.shapes import Context, Rule, Shape


def _product(context: Context, given: list[Shape]) -> list[Shape]:
    left, right = given[0], given[1]
    turned = [context.get_attribute(name) for name in ("transA", "transB")]
    if any(flag.i for name in ("transBatchA", "transBatchB") if (flag := context.get_attribute(name))):
        raise IndexError
    rows = left[-1] if turned[0] is not None and turned[0].i else left[-2]
    columns = right[-2] if turned[1] is not None and turned[1].i else right[-1]
    if len(right) > 2 and right[:-2] != left[:-2]:
        raise IndexError
    return [[*left[:-2], rows, columns]]


def _taken_in_blocks(context: Context, given: list[Shape]) -> list[Shape]:
    """Rows of a table of numbers with few bits. If the table holds bytes, several numbers share one byte."""
    table, axis = given[0], _number(context, "gather_axis", 0) % len(given[0])
    if context.get_input_type(0).tensor_type.elem_type == TensorProto.UINT8 and table[-1] is not None:
        table = [*table[:-1], table[-1] * (8 // _number(context, "bits", 4))]
    return [[*table[:axis], *given[1], *table[axis + 1 :]]]


def _cropped(context: Context, given: list[Shape]) -> list[Shape]:
    return [[given[1][0], given[0][1], *_constant(context, 3)]]


def _with_an_axis(context: Context, given: list[Shape]) -> list[Shape]:
    place = _constant(context, 1)[0] % (len(given[0]) + 1)
    return [[*given[0][:place], 1, *given[0][place:]]]


def _sampled(_: Context, given: list[Shape]) -> list[Shape]:
    return [[*given[0][:2], *given[1][1:-1]]]


def _same(_: Context, given: list[Shape]) -> list[Shape]:
    return [given[0]]


def _parted(_: Context, given: list[Shape]) -> list[Shape]:
    return [[*given[0], None]]  # as many words as the longest text has


def _unfolded(context: Context, given: list[Shape]) -> list[Shape]:
    size, step = _number(context, "size", 0), _number(context, "step", 1)
    place = _number(context, "dim", -1) % len(given[0])
    length = given[0][place]
    windows = None if length is None else (length - size) // step + 1
    return [[*given[0][:place], windows, *given[0][place + 1 :], size]]


def _convolved(context: Context, given: list[Shape]) -> list[Shape]:
    images, kernel = given[0], given[3]
    return [_slid(context, images, kernel[0], [length or 1 for length in kernel[2:]])]


def _pooled(context: Context, given: list[Shape]) -> list[Shape]:
    return [_slid(context, given[0], given[0][-1], _numbers(context, "kernel_shape"))]


def _pooled_whole(_: Context, given: list[Shape]) -> list[Shape]:
    images = given[0]
    return [[images[0], *[1] * (len(images) - 2), images[-1]]]


def _slid(context: Context, images: Shape, channels: int | None, kernel: Sequence[int]) -> Shape:
    """The shape that windows of size *kernel* make, sliding over *images* with their channels last."""
    count = len(kernel)
    strides = _numbers(context, "strides") or [1] * count
    spread = _numbers(context, "dilations") or [1] * count
    pads = _numbers(context, "pads") or [0] * (2 * count)
    found = context.get_attribute("auto_pad")
    padding = found.s.decode() if found is not None else "NOTSET"
    up = _number(context, "ceil_mode", 0)
    made: Shape = []
    for place, length in enumerate(images[1:-1]):
        stride, reach = strides[place], spread[place] * (kernel[place] - 1) + 1
        if length is None:
            made.append(None)
        elif padding.startswith("SAME"):
            made.append(-(-length // stride))
        else:
            before, after = (0, 0) if padding == "VALID" else (pads[place], pads[place + count])
            free = length + before + after - reach
            windows = (-(-free // stride) if up else free // stride) + 1
            made.append(windows - (up and (windows - 1) * stride >= length + before))
    return [images[0], *made, channels]


def _number(context: Context, name: str, default: int) -> int:
    found = context.get_attribute(name)
    return default if found is None else int(found.i)


def _numbers(context: Context, name: str) -> list[int]:
    found = context.get_attribute(name)
    return [] if found is None else [int(one) for one in found.ints]


def _constant(context: Context, place: int) -> list[int]:
    """The whole numbers of an input that is a constant; raises AttributeError if it is not."""
    return [int(one) for one in numpy_helper.to_array(context.get_input_data(place)).reshape(-1)]


RULES: dict[str, Rule] = {
    "CropAndResize": _cropped,
    "ExpandDims": _with_an_axis,
    "FusedMatMul": _product,
    "GatherBlockQuantized": _taken_in_blocks,
    "GridSample": _sampled,
    "Inverse": _same,
    "MurmurHash3": _same,
    "NhwcMaxPool": _pooled,
    "Tokenizer": _parted,
    "TransposeMatMul": _product,
    "UnfoldTensor": _unfolded,
}
"""The rules by operator."""
CHANNELS_LAST: dict[str, Rule] = {
    "QLinearAveragePool": _pooled,
    "QLinearConv": _convolved,
    "QLinearGlobalAveragePool": _pooled_whole,
}
"""Rules for operators that otherwise have a stand-in."""
