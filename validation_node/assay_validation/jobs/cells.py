"""The cells of one column in a batch of rows: converts them from a file format to plain numbers or texts."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assay_validation.jobs import RefusalError

NUMBER = r"^\s*([+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(?i:nan|inf|infinity))\s*$"
TRUTH = r"^\s*(?i:true|false)\s*$"
_ZONE = r" ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)"
_DAY, _HOUR = r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
TIME = rf"^\s*{_DAY}([ T]{_HOUR}{_ZONE}?)?\s*$"
"""ISO 8601, as it is most often written, with zones as databases write them: +00, or UTC after a space."""
_WITHIN = (
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([ T]([01][0-9]|2[0-3]):[0-5][0-9]"
    r"(:[0-5][0-9](\.[0-9]+)?)?(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?)?$"
)
"""Months, hours and so on that exist; a month may have fewer days."""
_EXACT = 2**53
Array = NDArray[Any]
_ADVICE = (
    (pa.types.is_duration, "write a number, such as of seconds"),
    (pa.types.is_time, "write a number, such as of seconds"),
    (pa.types.is_struct, "give each part a column of its own, and put images into an archive"),
    (pa.types.is_map, "give each key a column of its own"),
    (pa.types.is_binary, "put images, texts or arrays into an archive with an index.csv"),
    (pa.types.is_large_binary, "put images, texts or arrays into an archive with an index.csv"),
)
"""What can be done about types that cannot be fed."""


@dataclass(frozen=True)
class Cells:
    """Numbers of one column, with masks of the same shape.

    Attributes:
        values: in whatever number type was stored; meaningless for gaps and strange cells.
        gaps: cells without a value.
        strange: cells that are not numbers.
    """

    values: Array
    gaps: Array
    strange: Array

    @classmethod
    def of(cls, values: Array, gaps: Array | None = None, strange: Array | None = None) -> "Cells":
        """Cells from *values* and masks, which may be left out."""
        none = np.zeros(values.shape, bool)
        return cls(values, none if gaps is None else gaps, none if strange is None else strange)


def numbers_in(
    name: str, block: Any, decimal: str = ".", time: str | None = None, *, wide: bool = False
) -> Cells:
    """The numbers in *block*, a numpy array or one of Arrow's.

    Args:
        name: the name of the column.
        block: for each row a value, or a list of values, always of the same length.
        decimal: the decimal sign in numbers that are written as text.
        time: the unit in which dates and times are counted from 1970 on.
        wide: whether to keep whole numbers beyond 2**53 exactly, if all in the block are whole.

    Raises:
        RefusalError: the column holds something else altogether.
    """
    if isinstance(block, np.ndarray):
        if block.dtype.kind in "US":
            raise RefusalError(f"the column {name!r} is not numeric", "not_numeric", name=name)
        return Cells.of(block)
    block = plain(block)
    kind = block.type
    if is_list(kind):
        return _lists(name, block, decimal, wide=wide)
    if time is not None:
        return _times(block, time)
    if pa.types.is_string(kind):
        return _numbers_in_texts(block, decimal, wide=wide)
    return _stored_numbers(name, block)


def texts_in(name: str, block: Any) -> tuple[pa.Array, Array]:
    """The texts in *block*, and which of them are gaps; raises :class:`RefusalError` for something else."""
    from pyarrow import compute

    if isinstance(block, np.ndarray):
        if block.dtype.kind not in "US" or block.ndim != 1:
            raise unreadable(name, str(block.dtype))
        block = pa.array(block.astype(np.str_), pa.string())
    block = plain(block)
    if pa.types.is_boolean(block.type):
        block = block.cast(pa.int8())
    if pa.types.is_integer(block.type) or pa.types.is_null(block.type):
        block = block.cast(pa.string())
    if not pa.types.is_string(block.type):
        raise unreadable(name, str(block.type))
    empty = compute.equal(compute.utf8_trim_whitespace(block), "")
    return block, np.asarray(compute.fill_null(empty, True))


def plain(block: Any) -> pa.Array:
    """An Arrow array without forms of storage that have no meaning: dictionaries, extensions, views."""
    if isinstance(block, pa.ChunkedArray):
        block = block.combine_chunks()
    if isinstance(block.type, pa.BaseExtensionType):
        block = block.storage
    if pa.types.is_dictionary(block.type):
        block = block.cast(block.type.value_type)
    if pa.types.is_large_string(block.type) or pa.types.is_string_view(block.type):
        block = block.cast(pa.string())
    return block


def is_list(kind: pa.DataType) -> bool:
    """Whether each cell of this type is a list."""
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def unreadable(name: str, kind: str) -> RefusalError:
    """The refusal of a column that holds neither numbers nor texts."""
    return RefusalError(f"the column {name!r} holds {kind[:100]}", "unreadable_type", name=name)


def unfed(kind: pa.DataType) -> str:
    """A message about a type that cannot be fed, and what can be done about it."""
    for is_kind, advice in _ADVICE:
        if is_kind(kind):
            return f"{str(kind)[:100]}: {advice}"
    return str(kind)[:100]


def _stored_numbers(name: str, block: pa.Array) -> Cells:
    kind = block.type
    if pa.types.is_null(kind):
        return Cells.of(np.zeros(len(block)), np.ones(len(block), bool))
    if pa.types.is_decimal(kind):  # exact, because it goes via the digits
        return _numbers_in_texts(block.cast(pa.string()), ".", wide=False)
    if pa.types.is_boolean(kind):
        block = block.cast(pa.uint8())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise unreadable(name, str(kind))
    gaps = np.asarray(block.is_null())
    zero = pa.scalar(0, block.type) if not pa.types.is_float16(kind) else pa.scalar(np.float16(0), kind)
    values = np.asarray((block.fill_null(zero) if block.null_count else block).to_numpy(zero_copy_only=False))
    return Cells.of(values.astype(bool) if pa.types.is_boolean(kind) else values, gaps)


def _lists(name: str, block: pa.Array, decimal: str, *, wide: bool) -> Cells:
    from pyarrow import compute

    filled = ~np.asarray(block.is_null())
    lengths = np.asarray(compute.list_value_length(block.drop_null()))
    told = block.type.list_size if pa.types.is_fixed_size_list(block.type) else 0
    size = int(lengths[0]) if len(lengths) else told
    if (lengths != size).any():
        raise RefusalError(f"the lists in the column {name!r} are not equally long", "row_shape", name=name)
    inner = plain(block.drop_null().flatten())
    if pa.types.is_nested(inner.type):
        raise unreadable(name, str(block.type))
    flat = numbers_in(name, inner, decimal, wide=wide)
    shape = (len(block), size)
    values, strange = np.zeros(shape, flat.values.dtype), np.zeros(shape, bool)
    gaps = np.ones(shape, bool)
    for whole, part in ((values, flat.values), (gaps, flat.gaps), (strange, flat.strange)):
        whole[filled] = part.reshape(-1, size) if size else part.reshape(len(lengths), 0)
    return Cells(values, gaps, strange)


def _times(block: pa.Array, unit: str) -> Cells:
    """Dates and times as numbers of *unit* since 1970; texts are read as ISO 8601."""
    from pyarrow import compute

    gaps = np.asarray(block.is_null())
    strange = np.zeros(len(block), bool)
    if pa.types.is_string(block.type):
        block, gaps, strange = _times_in_texts(block)
    if pa.types.is_date(block.type):
        block = block.cast(pa.timestamp("ms"))
    if not pa.types.is_timestamp(block.type):
        return Cells.of(np.zeros(len(block)), gaps, ~gaps)
    ticks = compute.fill_null(block.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    own, asked = _PER_SECOND[block.type.unit], _PER_SECOND[unit]
    if own <= asked:
        factor = asked // own
        beyond = np.abs(ticks.astype(np.float64)) * factor >= 2**63
        return Cells.of(np.where(beyond, 0, ticks) * factor, gaps, strange | beyond)
    whole, rest = np.divmod(ticks, own // asked)
    return Cells.of(whole if not rest.any() else ticks / (own // asked), gaps, strange)


_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def _times_in_texts(block: pa.Array) -> tuple[pa.Array, Array, Array]:
    from pyarrow import compute

    trimmed = compute.utf8_trim_whitespace(block)
    gaps = np.asarray(compute.fill_null(compute.equal(trimmed, ""), True))
    good = np.asarray(compute.fill_null(compute.match_substring_regex(trimmed, TIME), False))
    zoned = compute.fill_null(compute.match_substring_regex(trimmed, rf":.*{_ZONE}$"), False)
    trimmed = compute.replace_substring(trimmed, "UTC", "Z")
    trimmed = compute.replace_substring_regex(trimmed, " ([Z+-])", r"\1")
    own = compute.and_(compute.invert(zoned), pa.array(good & ~gaps))
    with_zone = _times_of(compute.if_else(zoned, trimmed, None), pa.timestamp("us", "UTC"))
    without = _times_of(compute.if_else(own, trimmed, None), pa.timestamp("us"))
    times = compute.coalesce(with_zone.cast(pa.timestamp("us")), without)
    return times, gaps, np.asarray(times.is_null()) & ~gaps


def _times_of(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """The instants that *texts* name; null for those that do not exist, such as 2024-02-30."""
    from pyarrow import compute

    try:
        return texts.cast(kind)
    except pa.ArrowInvalid:
        return compute.if_else(_exist(texts), texts, None).cast(kind)


def _exist(texts: pa.Array) -> pa.Array:
    """Which of *texts*, in the form of `TIME`, are times that exist."""
    from pyarrow import compute

    within = compute.fill_null(compute.match_substring_regex(texts, _WITHIN), False)
    days = compute.if_else(within, compute.utf8_slice_codeunits(texts, 0, 10), "2000-01-01")
    months = np.asarray(compute.utf8_slice_codeunits(days, 0, 7)).astype("datetime64[M]")
    number = np.asarray(compute.utf8_slice_codeunits(days, 8, 10).cast(pa.int64()))
    exact = months.astype("datetime64[D]") + (number - 1)  # the 30th of February is in March
    return compute.and_(within, pa.array(exact.astype("datetime64[M]") == months))


def _numbers_in_texts(block: pa.Array, decimal: str, *, wide: bool) -> Cells:
    from pyarrow import compute  # imported here because most data does not need it

    strange = np.zeros(len(block), bool)
    if decimal != ".":
        strange = np.asarray(compute.fill_null(compute.match_substring(block, "."), False))
        block = compute.replace_substring(block, decimal, ".")
    try:
        values = _parsed(block, wide=wide)
        return Cells.of(values, np.asarray(block.is_null()), strange)
    except pa.ArrowInvalid:
        pass
    trimmed = compute.utf8_trim_whitespace(block)
    gaps = np.asarray(compute.fill_null(compute.equal(trimmed, ""), True))
    truth = compute.match_substring_regex(trimmed, TRUTH)
    spelt = compute.if_else(compute.equal(compute.utf8_lower(trimmed), "true"), "1", "0")
    trimmed = compute.if_else(compute.fill_null(truth, False), spelt, trimmed)
    numeric = np.asarray(compute.fill_null(compute.match_substring_regex(trimmed, NUMBER), False))
    strange |= ~numeric & ~gaps
    kept = compute.if_else(pa.array(numeric), trimmed, pa.scalar(None, pa.string()))
    return Cells.of(_parsed(kept, wide=wide), gaps, strange)


def _parsed(block: pa.Array, *, wide: bool) -> Array:
    """Texts as numbers, nulls as NaN or 0; raises ArrowInvalid if a text is not a number."""
    values = np.asarray(block.cast(pa.float64()).to_numpy(zero_copy_only=False))
    if wide and len(values) and np.nanmax(np.abs(values), initial=0) > _EXACT:
        for kind in (pa.int64(), pa.uint64()):
            try:
                return np.asarray(block.cast(kind).fill_null(0).to_numpy(zero_copy_only=False))
            except pa.ArrowInvalid:
                continue
    return values
