"""Parquet files, a batch of rows at a time, so that reading takes no more memory than one row group."""

import mmap
from collections.abc import Collection, Iterator

import pyarrow as pa
from pyarrow import parquet

_MOST_ROWS, _LEAST_ROWS = 16_384, 64
_BATCH_BYTES = 64 << 20


class ParquetFile:
    """A table; raises whatever Arrow raises if it is not one."""

    unlisted: Collection[str] = ()

    def __init__(self, content: bytes | mmap.mmap) -> None:
        self._file = parquet.ParquetFile(pa.BufferReader(pa.py_buffer(content)), pre_buffer=False)
        self.names = self._file.schema_arrow.names
        told = self._file.schema_arrow.pandas_metadata or {}
        self.row_labels: Collection[str] = frozenset(
            name for name in told.get("index_columns", ()) if isinstance(name, str)
        )

    def told_rows(self, wanted: list[str]) -> int:
        """The number of rows in the file's metadata."""
        return int(self._file.metadata.num_rows)

    def batches(self, wanted: list[str]) -> Iterator[dict[str, pa.Array]]:
        """The columns *wanted*, batch by batch."""
        for batch in self._file.iter_batches(self._batch_rows(), columns=wanted, use_threads=False):
            yield {name: batch.column(name) for name in wanted}

    def _batch_rows(self) -> int:
        """As many rows as make a batch of about _BATCH_BYTES."""
        metadata = self._file.metadata
        groups = (metadata.row_group(place) for place in range(metadata.num_row_groups))
        row_bytes = sum(group.total_byte_size for group in groups) // max(1, metadata.num_rows)
        return int(max(_LEAST_ROWS, min(_MOST_ROWS, _BATCH_BYTES // max(1, row_bytes))))
