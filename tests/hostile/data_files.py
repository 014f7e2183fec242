"""Data files of customers. The mapping asks for a number x and a class y, 0 or 1."""

from __future__ import annotations

import io
import lzma
import pickle
import struct
import zipfile
import zlib
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from assay.manifests.reason import Code
from hostile.catalogue import LIMITS, collector

cases, hostile = collector("data")


# CSV


@hostile(Code.DATA_UNREADABLE)
def empty_csv() -> bytes:
    """An empty file."""
    return b""


@hostile(Code.NUL_CHARACTERS)
def binary_csv() -> bytes:
    """No text at all."""
    return b"\x00\xff" * 100


@hostile(Code.ROWS_NOT_ALLOWED)
def csv_without_rows() -> bytes:
    """Names of columns and nothing below."""
    return b"x,y\n"


@hostile(Code.ROWS_NOT_ALLOWED)
def csv_with_too_many_rows() -> bytes:
    """One row more than the order allows."""
    return b"x,y\n" + b"1,0\n" * 1001


@hostile(Code.COLUMN_MISSING)
def csv_without_labels() -> bytes:
    """A column that the order names is not there."""
    return b"x\n1\n"


@hostile(Code.COLUMN_REPEATED)
def csv_with_two_columns_of_one_name() -> bytes:
    """Two columns, between which each validator would have to choose."""
    return b"x,y,x\n1,0,2\n"


@hostile(Code.RAGGED_ROW)
def ragged_csv() -> bytes:
    """A row with more cells than there are columns."""
    return b"x,y\n1,0\n1,0,5\n"


@hostile(Code.RAGGED_ROW)
def csv_with_an_open_quote() -> bytes:
    """A quote that never ends."""
    return b'x,y\n1,0\n"1,0\n1,1\n'


@hostile(Code.NOT_FINITE)
def csv_with_nan() -> bytes:
    """No number where one is due."""
    return b"x,y\nnan,0\n1,1\n"


@hostile(Code.NOT_FINITE)
def csv_with_infinity() -> bytes:
    """An infinite number."""
    return b"x,y\n-inf,0\n1,1\n"


@hostile(Code.NOT_FINITE)
def csv_beyond_float32() -> bytes:
    """A number that becomes infinite only as the model is fed it."""
    return b"x,y\n1e300,0\n1,1\n"


@hostile(Code.EMPTY_CELLS)
def csv_with_a_gap() -> bytes:
    """A cell without a value."""
    return b"x,y\n,0\n1,1\n"


@hostile(Code.EMPTY_CELLS)
def csv_with_blanks() -> bytes:
    """A cell of spaces."""
    return b"x,y\n   ,0\n1,1\n"


@hostile(Code.NOT_NUMERIC)
def csv_with_a_formula() -> bytes:
    """A cell that a spreadsheet would run."""
    return b"x,y\n\"=cmd|' /C calc'!A0\",0\n1,1\n"


@hostile(Code.NOT_NUMERIC)
def csv_with_numbers_of_other_scripts() -> bytes:
    """Digits that some parsers read and others do not."""
    return "x,y\n\u0661\u0662,0\n1,1\n".encode()


@hostile(Code.NOT_NUMERIC)
def csv_with_a_path() -> bytes:
    """A cell that names a file."""
    return b"x,y\n/etc/passwd,0\n1,1\n"


@hostile(Code.UNKNOWN_CLASS)
def csv_with_another_class() -> bytes:
    """A class that the order does not have."""
    return b"x,y\n1,0\n1,2\n"


@hostile(Code.UNKNOWN_CLASS)
def csv_with_a_class_that_looks_alike() -> bytes:
    """A class with a space before it."""
    return b"x,y\n1,0\n1, 1\n"


@hostile(Code.NOT_NUMERIC)
def csv_with_an_endless_cell() -> bytes:
    """A cell of eight megabytes."""
    return b"x,y\n" + b"A" * (8 << 20) + b",0\n"


@hostile(Code.NOT_FINITE)
def csv_with_an_endless_number() -> bytes:
    """A number of a hundred thousand digits."""
    return b"x,y\n" + b"9" * 100_000 + b",0\n1,1\n"


@hostile(Code.DATA_TOO_LARGE)
def oversized_csv() -> bytes:
    """A file one byte larger than the order allows."""
    return b"x,y\n" + b" " * (LIMITS.data_bytes - 3)


@hostile(Code.COLUMN_MISSING)
def csv_with_deceiving_names() -> bytes:
    """Names of columns that look like the order's."""
    return "\u0445,\u0443\n1,0\n".encode()


@hostile(Code.NOT_ENCODED)
def csv_in_no_encoding() -> bytes:
    """A label that is no text in any encoding that the order names."""
    return b"x,y\n1,0\n1,\xff\xfe\xfa\n"


# PARQUET


def as_parquet(table: Any, **more: Any) -> bytes:
    file = io.BytesIO()
    parquet.write_table(table, file, **more)
    return file.getvalue()


LABELS = pa.array(["0", "1"])


@hostile(Code.DATA_UNREADABLE, form="parquet")
def empty_parquet() -> bytes:
    """An empty file."""
    return b""


@hostile(Code.DATA_UNREADABLE, form="parquet")
def parquet_by_name_alone() -> bytes:
    """The mark of the format, and nothing of it."""
    return b"PAR1 and so on PAR1"


@hostile(Code.DATA_UNREADABLE, form="parquet")
def parquet_with_a_lying_footer() -> bytes:
    """A description that claims to be longer than the file."""
    return as_parquet(pa.table({"x": [1.0, 2.0], "y": LABELS}))[:-8] + struct.pack("<I", 2**31 - 1) + b"PAR1"


@hostile(Code.DATA_UNREADABLE, form="parquet")
def parquet_with_garbled_pages() -> bytes:
    """Values that were written over; the description is whole."""
    content = bytearray(as_parquet(pa.table({"x": [1.0, 2.0] * 50, "y": ["0", "1"] * 50})))
    content[4:200] = b"\xff" * 196
    return bytes(content)


@hostile(Code.ROWS_NOT_ALLOWED, form="parquet")
def parquet_row_bomb() -> bytes:
    """Twenty million rows in kilobytes: all of them are alike."""
    rows = 20_000_000
    table = pa.table({"x": pa.array(np.zeros(rows, np.float32)), "y": pa.array(np.zeros(rows, np.int8))})
    return as_parquet(table, compression="zstd")


@hostile(Code.DATA_TOO_COSTLY, form="parquet")
def parquet_text_bomb() -> bytes:
    """A thousand labels of four megabytes each in kilobytes: all of them are alike."""
    labels = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1000, np.int32)), pa.array(["A" * (4 << 20)]))
    table = pa.table({"x": pa.array(np.zeros(1000, np.float32)), "y": labels})
    return as_parquet(table, compression="zstd")


@hostile(Code.ROW_SHAPE, form="parquet")
def parquet_of_lists() -> bytes:
    """Lists where numbers are due."""
    return as_parquet(pa.table({"x": [[1.0], [2.0, 3.0]], "y": LABELS}))


@hostile(Code.UNREADABLE_TYPE, form="parquet")
def parquet_of_structures() -> bytes:
    """Structures where numbers are due."""
    return as_parquet(pa.table({"x": [{"a": 1}, {"a": 2}], "y": LABELS}))


@hostile(Code.EMPTY_CELLS, form="parquet")
def parquet_with_a_gap() -> bytes:
    """A number that is not there."""
    return as_parquet(pa.table({"x": [1.0, None], "y": LABELS}))


@hostile(Code.COLUMN_REPEATED, form="parquet")
def parquet_with_two_columns_of_one_name() -> bytes:
    """Two columns, between which each validator would have to choose."""
    return as_parquet(pa.Table.from_arrays([pa.array([1.0, 2.0])] * 2 + [LABELS], names=["x", "x", "y"]))


@hostile(Code.DATA_UNREADABLE, form="parquet")
def truncated_parquet() -> bytes:
    """A file without its end."""
    return as_parquet(pa.table({"x": [1.0, 2.0], "y": LABELS}))[:-100]


# NPZ


def as_npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def archived(members: dict[str, bytes], **more: Any) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **more) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def array_file(header: str, content: bytes = b"") -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x02\x00" + struct.pack("<I", len(text)) + text + content


def described(shape: str, dtype: str = "'<f4'", content: bytes = b"") -> bytes:
    header = f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}"
    return archived({"x.npy": array_file(header, content), "y.npy": array_of(np.int64([0, 1]))})


def array_of(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@hostile(Code.DATA_UNREADABLE, form="npz")
def empty_npz() -> bytes:
    """An empty file."""
    return b""


@hostile(Code.DATA_UNREADABLE, form="npz")
def npz_by_name_alone() -> bytes:
    """The mark of a zip archive, and nothing of it."""
    return b"PK\x03\x04 and so on"


@hostile(Code.DATA_UNREADABLE, form="npz")
def npz_that_is_a_pickle() -> bytes:
    """A pickle in place of an archive."""
    return pickle.dumps({"x": [1.0], "y": [0]})


@hostile(Code.UNREADABLE_TYPE, form="npz")
def npz_of_pickles() -> bytes:
    """An array of objects, which would run a program when they are opened."""
    file = io.BytesIO()
    np.savez(file, x=np.array([Bomb(), Bomb()], dtype=object), y=np.int64([0, 1]))
    return file.getvalue()


class Bomb:
    def __reduce__(self) -> Any:
        return exec, ("import os; os.abort()",)


@hostile(Code.DATA_UNREADABLE, form="npz")
def npz_header_that_is_a_program() -> bytes:
    """A description of an array that is a call."""
    return archived({"x.npy": array_file("__import__('os').abort()"), "y.npy": array_of(np.int64([0]))})


@hostile(Code.DATA_UNREADABLE, form="npz")
def npz_header_that_is_deep() -> bytes:
    """A description of an array with a hundred thousand brackets."""
    return archived({"x.npy": array_file("[" * 100_000), "y.npy": array_of(np.int64([0]))})


@hostile(Code.DATA_UNREADABLE, form="npz")
def npz_header_that_is_endless() -> bytes:
    """A description of an array of sixteen megabytes."""
    return archived({"x.npy": array_file(" " * (16 << 20)), "y.npy": array_of(np.int64([0]))})


@hostile(Code.ROWS_NOT_ALLOWED, form="npz", slow=True)
def npz_bomb() -> bytes:
    """Two and a half gigabytes of zeros in twelve megabytes."""
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (671088640,), }"
    return repeated(array_file(header), bytes(1 << 24), 160)


def repeated(start: bytes, piece: bytes, times: int, name: str = "x.npy") -> bytes:
    """An archive with a file, *start* and then *times* the same; it is compressed once."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open(name, "w", force_zip64=True) as member:
            member.write(start)
            for _ in range(times):
                member.write(piece)
        archive.writestr("y.npy", array_of(np.int64([0, 1])))
    return file.getvalue()


@hostile(Code.ROWS_NOT_ALLOWED, form="npz")
def npz_larger_than_memory() -> bytes:
    """An array of four terabytes, by its description alone."""
    return described("(1099511627776,)")


@hostile(Code.ROWS_NOT_ALLOWED, form="npz")
def npz_with_an_overflowing_shape() -> bytes:
    """Lengths whose product is a small number in 64 bits."""
    return described("(4611686018427387904, 8)")


@hostile(Code.UNREADABLE_TYPE, form="npz")
def npz_with_a_negative_shape() -> bytes:
    """A negative number of rows."""
    return described("(-2,)", content=bytes(8))


@hostile(Code.ROWS_UNEQUAL, form="npz")
def npz_shorter_than_its_shape() -> bytes:
    """An array of a hundred rows with the bytes of two."""
    return described("(100,)", content=bytes(8))


@hostile(Code.UNREADABLE_TYPE, form="npz")
def npz_of_structures() -> bytes:
    """Structures where numbers are due."""
    return as_npz(x=np.zeros(2, [("a", "f4"), ("b", "i4")]), y=np.int64([0, 1]))


@hostile(Code.UNREADABLE_TYPE, form="npz")
def npz_of_complex_numbers() -> bytes:
    """Complex numbers."""
    return as_npz(x=np.zeros(2, np.complex64), y=np.int64([0, 1]))


@hostile(Code.NOT_NUMERIC, form="npz")
def npz_of_texts() -> bytes:
    """Texts where numbers are due."""
    return as_npz(x=np.array(["1", "2"]), y=np.int64([0, 1]))


@hostile(Code.ROWS_UNEQUAL, form="npz")
def npz_with_unequal_rows() -> bytes:
    """More rows than labels."""
    return as_npz(x=np.zeros(3, np.float32), y=np.int64([0, 1]))


@hostile(Code.ROWS_MISSING, form="npz")
def npz_without_rows() -> bytes:
    """A single number where rows are due."""
    return as_npz(x=np.float32(0), y=np.int64([0, 1]))


@hostile(Code.NOT_FLAT, form="npz")
def npz_with_a_table_of_labels() -> bytes:
    """Two labels for each row."""
    return as_npz(x=np.zeros(2, np.float32), y=np.zeros((2, 2), np.int64))


@hostile(Code.NOT_FINITE, form="npz")
def npz_with_nan() -> bytes:
    """No number where one is due."""
    return as_npz(x=np.float32([1, np.nan]), y=np.int64([0, 1]))


@hostile(Code.COLUMN_MISSING, form="npz")
def npz_with_paths() -> bytes:
    """Members that would be written outside of a folder, and none of the order's."""
    return archived({"../../x.npy": array_of(np.zeros(2)), "/etc/y.npy": array_of(np.int64([0, 1]))})


@hostile(Code.DATA_UNREADABLE, form="npz")
def npz_with_a_wrong_checksum() -> bytes:
    """An array whose bytes were changed after its checksum was made."""
    content = bytearray(as_npz(x=np.arange(2, dtype=np.float32), y=np.int64([0, 1])))
    checksum = struct.pack("<I", zlib.crc32(array_of(np.arange(2, dtype=np.float32))))
    place = content.find(checksum)
    while place >= 0:
        content[place] ^= 0xFF
        place = content.find(checksum)
    return bytes(content)


@hostile(Code.COLUMN_MISSING, form="npz")
def npz_with_twenty_thousand_members() -> bytes:
    """An archive of twenty thousand empty members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(20_000):
            archive.writestr(zipfile.ZipInfo(str(number)), b"")
    return file.getvalue()


# JSON Lines and archives


@hostile(Code.BAD_LINE, form="jsonl")
def lines_of_deep_lists() -> bytes:
    """A hundred thousand lists, each in the one before."""
    return b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b', "y": 0}\n'


@hostile(Code.BAD_LINE, form="jsonl")
def lines_with_a_name_twice() -> bytes:
    """Two values of one name, between which each validator would have to choose."""
    return b'{"x": 1, "x": 2, "y": 0}\n'


@hostile(Code.NOT_FINITE, form="jsonl")
def lines_with_NaN() -> bytes:  # noqa: N802 - it is a name
    """NaN where a number is due; JSON itself has no such value."""
    return b'{"x": NaN, "y": 0}\n'


@hostile(Code.UNREADABLE_TYPE, form="jsonl")
def lines_of_several_kinds() -> bytes:
    """A number in one line and a text in the next."""
    return b'{"x": 1, "y": 0}\n{"x": "1", "y": 0}\n'


@hostile(Code.NO_INDEX, form="archive")
def archive_without_an_index() -> bytes:
    """An archive with a table that is not at its top."""
    return packed({"in/index.csv": b"x,y\n1,0\n"})


@hostile(Code.UNSAFE_ARCHIVE, form="archive")
def archive_that_leads_out_of_itself() -> bytes:
    """A file whose name leads to a folder above."""
    return packed({"../index.csv": b"x,y\n1,0\n"})


@hostile(Code.FILE_TOO_LARGE, form="archive")
def archive_with_an_endless_index() -> bytes:
    """A table of a gigabyte of zeros in a megabyte."""
    return repeated(b"x,y\n", bytes(1 << 24), 64, name="index.csv")


@hostile(Code.DATA_TOO_COSTLY, form="archive")
def tar_xz_with_a_vast_dictionary() -> bytes:
    """A hundred bytes that ask for four gigabytes to be unpacked with."""
    content = bytearray(lzma.compress(b"x,y\n1,0\n"))
    header = 4 * (content[12] + 1)  # of the first block, with its checksum
    dictionary = content.index(b"\x21\x01", 12) + 2
    content[dictionary] = 40  # 4 GiB less a byte
    content[12 + header - 4 : 12 + header] = zlib.crc32(content[12 : 12 + header - 4]).to_bytes(4, "little")
    return bytes(content)


def packed(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()
