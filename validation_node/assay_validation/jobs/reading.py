"""Reads the columns that a test needs from a data file, a batch of rows at a time."""

import ctypes
import mmap
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import pyarrow as pa

from assay_validation.jobs import RefusalError
from assay_validation.jobs.csv_files import DEFAULT, CsvFile

_M_MMAP_THRESHOLD = -3
_MAPPED_BYTES = 1 << 22
"""Blocks of this size and above get memory of their own, which is returned when they are freed."""


class Source(Protocol):
    """A file with named columns."""

    names: list[str]
    row_labels: Collection[str]
    """The columns that hold pandas's row labels, which are not data."""
    unlisted: Collection[str]
    """Names that occur only further down, known once the whole file was read; they have no columns."""

    def told_rows(self, wanted: list[str]) -> int:
        """How many rows the columns *wanted* have according to the file; 0 if it does not say."""
        ...

    def batches(self, wanted: list[str]) -> Iterator[dict[str, Any]]:
        """The columns *wanted*, batch by batch, as Arrow or numpy arrays with the same number of rows."""
        ...


def spare_memory() -> None:
    """Make Arrow use only this thread, and return the memory that it frees.

    Otherwise the C library would keep freed blocks of many megabytes in its heap, at ten times the memory.
    """
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # only glibc has it
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _MAPPED_BYTES)


def open_source(file: Any, form: str, dialect: dict[str, Any] | None = None) -> Source:
    """The data in *file*, in the format *form*; raises whatever its library raises.

    *dialect* is the dialect of a CSV file, or of an archive's index.
    """
    match form:
        case "npz":
            from assay_validation.jobs.npz_files import NpzFile

            return NpzFile(file)
        case "csv" | "archive":
            return CsvFile(csv_content(file, form), {**DEFAULT, **(dialect or {})})
        case "jsonl":
            from assay_validation.jobs.json_lines import JsonLines

            return JsonLines(file)
        case _:
            from assay_validation.jobs.parquet_files import ParquetFile  # CSV does not need its imports

            return ParquetFile(mapped(file))


def csv_content(file: Any, form: str) -> bytes | mmap.mmap:
    """The table in a CSV file or an archive; raises :class:`RefusalError` if there is none."""
    if form == "csv":
        return mapped(file)
    from assay_validation.jobs.archives import index_of

    return index_of(file)


@contextmanager
def refusing(form: str) -> Iterator[None]:
    """Turn whatever a library raises about a file into a refusal: it all means the same."""
    try:
        yield
    except (RefusalError, MemoryError):
        raise
    except pa.ArrowCapacityError as error:  # more than 2 GiB of text in a batch of rows
        raise RefusalError(f"the data cannot be held in memory: {str(error)[:200]}", "too_costly") from None
    except OSError as error:
        if error.errno is not None:  # the machine's fault, not raised by the library
            raise
        raise _unreadable(form, error) from None
    except Exception as error:
        raise _unreadable(form, error) from None


def _unreadable(form: str, error: Exception) -> RefusalError:
    message = f"the data cannot be read as {form}: {str(error)[:200]}"
    return RefusalError(message, "data_unreadable", name=form)


def refuse_missing(names: list[str], wanted: list[str]) -> None:
    """Refuse columns that are not among *names* exactly once."""
    refusals = []
    for name in wanted:
        number = names.count(name)
        if number > 1:
            message = f"the data has {number} columns named {name!r}"
            refusals.append(RefusalError(message, "column_repeated", name=name, found=number))
        elif not number:
            refusals.append(
                RefusalError(f"the data has no column named {name!r}", "column_missing", name=name)
            )
    if refusals:
        raise RefusalError.of(refusals)


def mapped(file: Any) -> mmap.mmap:
    """The file mapped into memory."""
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
