"""JSON Lines: an object with the same names on each line, a batch of lines at a time."""

import json
from collections.abc import Collection, Iterator
from typing import IO, Any

import pyarrow as pa

from assay_validation.jobs import RefusalError

_BATCH_ROWS = 4_096
_MAX_LINE_BYTES = 16 << 20
_MAX_UNLISTED = 100


class JsonLines:
    """The objects in *file*; a missing name or ``null`` is a gap, and NaN is allowed."""

    row_labels: Collection[str] = ()

    def __init__(self, file: IO[bytes]) -> None:
        """Raises :class:`RefusalError` if the first line is not an object."""
        self._file = file
        self.unlisted: Collection[str] = frozenset()
        self.names = list(next(self._objects(), {}))

    def told_rows(self, wanted: list[str]) -> int:
        """Always 0: such a file does not state its number of rows."""
        return 0

    def batches(self, wanted: list[str]) -> Iterator[dict[str, pa.Array]]:
        """The columns *wanted*, batch by batch; raises :class:`RefusalError`."""
        batch: list[dict[str, Any]] = []
        listed = frozenset(self.names)
        for one in self._objects():
            if not one.keys() <= listed and len(self.unlisted) < _MAX_UNLISTED:
                self.unlisted = {*self.unlisted, *(one.keys() - listed)}
            batch.append(one)
            if len(batch) == _BATCH_ROWS:
                yield _columns(batch, wanted)
                batch = []
        if batch:
            yield _columns(batch, wanted)

    def _objects(self) -> Iterator[dict[str, Any]]:
        self._file.seek(0)
        number = 0
        while line := self._file.readline(_MAX_LINE_BYTES + 1):
            number += 1
            text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if not text.strip():
                continue
            try:
                if len(line) > _MAX_LINE_BYTES:
                    raise ValueError(f"it is longer than {_MAX_LINE_BYTES} bytes")
                one = json.loads(text.decode(), object_pairs_hook=_once, parse_constant=float)
                if not isinstance(one, dict):
                    raise ValueError("it is no object")
            except (ValueError, RecursionError) as error:
                message = f"line {number} cannot be read as JSON: {str(error)[:200]}"
                raise RefusalError(message, "bad_line", row=number) from None
            yield one


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is there twice")
    return found


def _columns(batch: list[dict[str, Any]], wanted: list[str]) -> dict[str, pa.Array]:
    return {name: _column(name, [one.get(name) for one in batch]) for name in wanted}


def _column(name: str, cells: list[Any]) -> pa.Array:
    try:
        return pa.array(cells)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        pass
    try:  # whole numbers mixed with others
        return pa.array(cells, pa.float64())
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        raise RefusalError(
            f"the column {name!r} holds values of different kinds", "unreadable_type", name=name
        ) from None
