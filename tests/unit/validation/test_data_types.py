"""What a table or array stores, whatever its type, is fed as the order declares, or refused by name."""

import datetime
import io
import json
import os
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prepared import prepare
from pyarrow import parquet

from assay.manifests.evaluation import DataMapping, InputMapping
from assay_validation.jobs import RefusalError, describe_data, texts
from assay_validation.jobs.cells import numbers_in
from assay_validation.jobs.feeding import _bfloat16, _of_bfloat16
from assay_validation.jobs.nudging import Sample, noisy, nudged

ROWS = 6


def fed(folder: Path, column: Any, form: str = "parquet", **fields: Any) -> Any:
    """What an input that is declared by *fields* is fed of a *column*."""
    rows = len(column)
    data = folder / "data"
    if form == "parquet":
        parquet.write_table(pa.table({"x": column, "y": pa.array(np.arange(rows) % 2)}), data)
    else:
        with data.open("wb") as file:
            np.savez(file, x=column, y=np.arange(rows) % 2)
    one = InputMapping.model_validate({"name": "X", "columns": ["x"], **fields})
    mapping = DataMapping(format=form, inputs=(one,), label="y", classes=("0", "1"))
    counts, arrays = prepare(data, mapping)
    assert counts == {"rows": rows, "classes": {"0": (rows + 1) // 2, "1": rows // 2}, "groups": {}}
    return arrays["clean-0"]


def fault(folder: Path, column: Any, form: str = "parquet", **fields: Any) -> dict[str, Any]:
    """Why that is refused."""
    with pytest.raises(RefusalError) as refused:
        fed(folder, column, form, **fields)
    (only,) = refused.value.faults
    return only


NUMBERS = [0, 1, 2, 100, 5, 6]
WIDE = [2**53 + 1, -(2**62) - 1, 0, 1, 2, 3]
UTC = datetime.UTC
INSTANTS = [datetime.datetime(2024, 2, 29, 12, 30, second, tzinfo=UTC) for second in range(ROWS)]
SECONDS = [int(instant.timestamp()) for instant in INSTANTS]
GAPS = [1.5, None, 3.0, 4.0, None, 6.0]

NUMERIC: dict[str, pa.Array] = {
    **{
        str(kind): pa.array(NUMBERS, kind)
        for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32())
    },
    "uint64": pa.array(NUMBERS, pa.uint64()),
    "float16": pa.array(np.array(NUMBERS, np.float16)),
    "float32": pa.array(NUMBERS, pa.float32()),
    "float64": pa.array(NUMBERS, pa.float64()),
    "decimal128": pa.array([Decimal(n) for n in NUMBERS], pa.decimal128(20, 6)),
    "decimal256": pa.array([Decimal(n) for n in NUMBERS], pa.decimal256(60, 3)),
    "dictionary": pa.array(NUMBERS).dictionary_encode(),
    "texts": pa.array([str(n) for n in NUMBERS]),
    "large texts": pa.array([str(n) for n in NUMBERS], pa.large_string()),
    "text views": pa.array([str(n) for n in NUMBERS], pa.string_view()),
}


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int8", "uint8", "int64", "uint64"])
@pytest.mark.parametrize("kind", NUMERIC)
def test_numbers_of_every_type(kind, dtype, tmp_path):
    column = fed(tmp_path, NUMERIC[kind], dtype=dtype)
    assert column.dtype == dtype
    assert column.tolist() == [[n] for n in NUMBERS]


def test_decimals_are_read_exactly(tmp_path):
    digits = [Decimal("0.1"), Decimal("12345678901234.123456"), Decimal("-0.000001")]
    column = fed(tmp_path, pa.array(digits, pa.decimal128(20, 6)), dtype="float64")
    assert column[:, 0].tolist() == [0.1, 12345678901234.123456, -0.000001]


@pytest.mark.parametrize("column", [pa.array(WIDE), pa.array([str(n) for n in WIDE])])
def test_whole_numbers_beyond_floats_stay_exact(column, tmp_path):
    assert fed(tmp_path, column, dtype="int64")[:, 0].tolist() == WIDE


def test_a_uint64_of_texts(tmp_path):
    column = pa.array([str(2**64 - 1), "0"])
    assert fed(tmp_path, column, dtype="uint64")[:, 0].tolist() == [2**64 - 1, 0]


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("int8", 128),
        ("int8", -129),
        ("uint8", -1),
        ("uint8", 256),
        ("int32", 2**31),
        ("uint64", -1),
        ("bool", 2),
    ],
)
@pytest.mark.parametrize("kind", [pa.int64(), pa.float64(), pa.string()])
def test_numbers_that_a_type_does_not_hold_are_refused(dtype, value, kind, tmp_path):
    column = pa.array([0, value, 1]).cast(kind)
    assert fault(tmp_path, column, dtype=dtype) == {"code": "out_of_range", "name": "x", "found": 1, "row": 2}


def test_a_number_that_no_float_holds_exactly_is_no_int64(tmp_path):
    assert fault(tmp_path, pa.array([1e18, 0.0]), dtype="int64")["code"] == "out_of_range"


def test_truth_values(tmp_path):
    for column in (pa.array([True, False]), pa.array(["True", "false"]), pa.array([1, 0])):
        assert fed(tmp_path, column, dtype="bool").tolist() == [[True], [False]]
        assert fed(tmp_path, column).tolist() == [[1.0], [0.0]]


LISTS: dict[str, pa.Array] = {
    "fixed": pa.array([[1, 2], [3, 4]], pa.list_(pa.float32(), 2)),
    "equal": pa.array([[1, 2], [3, 4]], pa.list_(pa.int64())),
    "large": pa.array([[1, 2], [3, 4]], pa.large_list(pa.int16())),
}


@pytest.mark.parametrize("kind", LISTS)
def test_lists_of_equal_length(kind, tmp_path):
    assert fed(tmp_path, LISTS[kind], shape=[2]).tolist() == [[1, 2], [3, 4]]
    assert fed(tmp_path, LISTS[kind], shape=[2, 1]).tolist() == [[[1], [2]], [[3], [4]]]
    assert fault(tmp_path, LISTS[kind])["code"] == "row_shape"
    assert fault(tmp_path, LISTS[kind], shape=[3])["code"] == "row_shape"


def test_gaps_within_lists(tmp_path):
    column = pa.array([[1.0, None], None])
    assert fault(tmp_path, column, shape=[2]) == {"code": "empty_cells", "name": "x", "found": 2, "row": 1}
    rows = fed(tmp_path, column, shape=[2], missing=-1)
    assert rows.tolist() == [[1, -1], [-1, -1]]


BATCHES: dict[str, list[Any]] = {
    "at the end": [[1.0, 2.0]] * 20_000 + [None] * 20_000,
    "at the start": [None] * 20_000 + [[1.0, 2.0]] * 20_000,
}


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.float64()), pa.large_list(pa.int8()), pa.list_(pa.float32(), 2)]
)
@pytest.mark.parametrize("place", BATCHES)
def test_lists_with_a_whole_batch_of_gaps(place, kind, tmp_path):
    rows = fed(tmp_path, pa.array(BATCHES[place], kind), shape=[2], missing="nan")
    expected = [one or [np.nan, np.nan] for one in BATCHES[place]]
    assert np.array_equal(rows, np.array(expected, np.float32), equal_nan=True)
    first = BATCHES[place].index(None) + 1
    told = fault(tmp_path, pa.array(BATCHES[place], kind), shape=[2])
    assert told == {"code": "empty_cells", "name": "x", "found": 20_000, "row": first}


def test_gaps_of_long_lists_are_counted_before_they_are_made(tmp_path):
    told = fault(tmp_path, pa.nulls(100_000, pa.list_(pa.float32())), shape=[1_000, 1_000], missing="nan")
    assert told["code"] == "wrote_too_much"


@pytest.mark.parametrize("place", BATCHES)
def test_lists_in_lines_with_a_whole_batch_of_gaps(place, tmp_path):
    lines = [{"x": one, "z": [3], "y": row % 2} for row, one in enumerate(BATCHES[place])]
    data = tmp_path / "data"
    data.write_text("".join(json.dumps(line) + "\n" for line in lines))
    for columns, shape in ((["x"], [2]), (["z", "x"], [3])):
        one = InputMapping(name="X", columns=columns, shape=shape, missing=-1)
        mapping = DataMapping(format="jsonl", inputs=(one,), label="y", classes=("0", "1"))
        if len(columns) > 1 and place == "at the start":
            continue  # nothing says yet which column has how many of the three
        _, arrays = prepare(data, mapping)
        expected = [[*[3] * (len(columns) - 1), *(row or [-1, -1])] for row in BATCHES[place]]
        assert arrays["clean-0"].tolist() == expected
    with data.open("rb") as file:
        told = describe_data.run({"format": "jsonl", "declared": {}}, {"data": os.dup(file.fileno())}, {})
    assert [(one["shape"], one["unread"]) for one in told["columns"]] == [([2], ""), ([1], ""), ([], "")]


def described(data: Path, form: str) -> dict[str, str]:
    """Why each column of *data* cannot be used, if it cannot."""
    with data.open("rb") as file:
        told = describe_data.run({"format": form, "declared": {}}, {"data": os.dup(file.fileno())}, {})
    return {one["name"]: one["unread"] for one in told["columns"]}


def test_lists_of_other_lengths_further_down_are_told(tmp_path):
    data = tmp_path / "data"
    parquet.write_table(pa.table({"x": pa.array([[1, 2]] * 20_000 + [[1, 2, 3]] * 20_000)}), data)
    assert described(data, "parquet") == {"x": "the column 'x' holds lists of different lengths"}


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_lists_without_values_are_told(form, tmp_path):
    data = tmp_path / "data"
    if form == "parquet":
        parquet.write_table(pa.table({"x": pa.array([[], []], pa.list_(pa.float32()))}), data)
    else:
        data.write_text('{"x": []}\n{"x": []}\n')
    assert described(data, form) == {"x": "the column 'x' holds lists without values"}


@pytest.mark.parametrize(("first", "then"), [(1, "x"), ("x", 1), (1, [1]), ([1, 2], 3), (True, "x")], ids=str)
@pytest.mark.parametrize("rows", [1, 5_000])
def test_values_of_other_kinds_further_down_are_told(first, then, rows, tmp_path):
    data = tmp_path / "data"
    lines = [{"x": value, "y": 1} for value in [first] * rows + [None] * rows + [then] * rows]
    data.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert described(data, "jsonl") == {"x": "the column 'x' holds values of different kinds", "y": ""}


REFUSED: dict[str, tuple[pa.Array, str]] = {
    "unequal lists": (pa.array([[1], [2, 3]]), "row_shape"),
    "lists of lists": (pa.array([[[1]], [[2]]]), "unreadable_type"),
    "records": (pa.array([{"a": 1}, {"a": 2}]), "unreadable_type"),
    "maps": (pa.array([[("a", 1)], [("b", 2)]], pa.map_(pa.string(), pa.int64())), "unreadable_type"),
    "bytes": (pa.array([b"1", b"2"]), "unreadable_type"),
    "dates without a unit": (pa.array([datetime.date(2024, 1, 1)] * 2), "unreadable_type"),
    "instants without a unit": (pa.array(INSTANTS[:2]), "unreadable_type"),
    "durations": (pa.array([datetime.timedelta(1)] * 2), "unreadable_type"),
    "words": (pa.array(["one", "2"]), "not_numeric"),
    "infinity": (pa.array([1.0, np.inf]), "not_finite"),
    "NaN": (pa.array([1.0, np.nan]), "not_finite"),
    "beyond float32": (pa.array([1.0, 1e300]), "not_finite"),
    "gaps": (pa.array([1.0, None]), "empty_cells"),
    "nothing but gaps": (pa.nulls(2), "empty_cells"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_fed_is_refused_by_name(kind, tmp_path):
    column, code = REFUSED[kind]
    found = fault(tmp_path, column, **({"shape": [1]} if "lists" in kind else {}))
    assert (found["code"], found["name"]) == (code, "x")


TIMES: dict[str, pa.Array] = {
    "s": pa.array(INSTANTS, pa.timestamp("s", "UTC")),
    "ms": pa.array(INSTANTS, pa.timestamp("ms", "Europe/Zurich")),
    "us": pa.array([one.replace(tzinfo=None) for one in INSTANTS], pa.timestamp("us")),
    "ns": pa.array(INSTANTS, pa.timestamp("ns", "America/New_York")),
    "ISO 8601": pa.array([one.isoformat() for one in INSTANTS]),
    "ISO 8601 of a zone": pa.array(
        [one.astimezone(datetime.timezone(datetime.timedelta(hours=5))).isoformat() for one in INSTANTS]
    ),
    "Postgres": pa.array([f"{one:%Y-%m-%d %H:%M:%S}+00" for one in INSTANTS]),
    "BigQuery": pa.array([f"{one:%Y-%m-%d %H:%M:%S} UTC" for one in INSTANTS]),
    "a space before the zone": pa.array([f"{one:%Y-%m-%d} 13:00:{one:%S} +0030" for one in INSTANTS]),
    "a space before the hours of a zone": pa.array(
        [f"{one:%Y-%m-%d} 10:30:{one:%S}.000 -02" for one in INSTANTS]
    ),
    "ISO 8601 without a zone": pa.array([f"{one:%Y-%m-%d %H:%M:%S}" for one in INSTANTS]),
    "ISO 8601 of both": pa.array([f"{one:%Y-%m-%dT%H:%M:%S}" + "Z" * (one.second % 2) for one in INSTANTS]),
}


@pytest.mark.parametrize("kind", TIMES)
def test_times_are_counted_from_1970(kind, tmp_path):
    for unit, factor in (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)):
        column = fed(tmp_path, TIMES[kind], dtype="int64", time=unit)
        assert column[:, 0].tolist() == [second * factor for second in SECONDS]


def test_dates_are_midnight(tmp_path):
    days = [datetime.date(1969, 12, 31), datetime.date(2024, 2, 29)]
    for column in (pa.array(days), pa.array(days, pa.date64()), pa.array([str(day) for day in days])):
        assert fed(tmp_path, column, dtype="int64", time="s")[:, 0].tolist() == [-86_400, 1_709_164_800]


def test_times_that_are_none(tmp_path):
    assert fault(tmp_path, pa.array(["2024-01-01", "soon"]), dtype="int64", time="s")["code"] == "no_time"
    assert fault(tmp_path, pa.array([1.5, 2]), dtype="int64", time="s")["code"] == "no_time"
    assert fault(tmp_path, pa.array([None, "2024-01-01"]), dtype="int64", time="s")["code"] == "empty_cells"
    half = pa.array([1_500], pa.timestamp("ms"))
    assert fault(tmp_path, half, dtype="int64", time="s")["code"] == "not_whole"
    assert fed(tmp_path, half, dtype="float64", time="s").tolist() == [[1.5]]


NUMBER = st.integers(0, 99).map("{:02}".format)
CLOCK = st.builds("{}:{}:{}".format, NUMBER, NUMBER, NUMBER)
ZONE = st.sampled_from(["", "Z", "+01", "-2330"]) | st.builds("+{}:{}".format, NUMBER, NUMBER)
WRITTEN_TIME = st.builds(
    "{}-{}-{} {}{}".format,
    st.sampled_from(["0000", "0001", "1900", "2024", "9999"]),
    NUMBER,
    NUMBER,
    CLOCK,
    ZONE,
)


@given(st.lists(st.datetimes().map(str) | WRITTEN_TIME, max_size=20))
@settings(max_examples=300, deadline=None)
def test_times_that_exist_are_those_that_are_read_alone(texts):
    def alone(text: str) -> Any:
        return numbers_in("x", pa.array([text]), time="us")

    texts += ["2024-02-29", "2023-02-29", "2024-04-31"]
    cells = numbers_in("x", pa.array(texts), time="us")
    assert cells.strange.tolist() == [bool(alone(text).strange[0]) for text in texts]
    for text, value, strange in zip(texts, cells.values, cells.strange, strict=True):
        assert strange or value == alone(text).values[0]


@pytest.mark.parametrize("zone", ["", "Z"])
@pytest.mark.parametrize(
    "day",
    [
        "0000-00-00 00:00",
        "2024-02-30 10:00",
        "2024-01-32 10:00",
        "2024-01-31 24:00:00",
        "2016-12-31 23:59:60",
    ],
)
def test_only_the_times_that_do_not_exist_are_blamed(day, zone, tmp_path):
    texts = [f"2024-01-{1 + row % 28:02} 10:00{zone}" for row in range(1_000)]
    texts[700] = texts[800] = day + zone
    column = pa.array(texts)
    told = {"code": "no_time", "name": "x", "found": 2, "row": 701}
    assert fault(tmp_path, column, dtype="int64", time="s") == told


@pytest.mark.parametrize(
    "column", [pa.array(GAPS), pa.array([str(g or "") for g in GAPS]), pa.array(GAPS).cast(pa.float32())]
)
def test_gaps_are_fed_as_declared(column, tmp_path):
    filled = fed(tmp_path, column, missing="nan")[:, 0]
    assert np.isnan(filled).tolist() == [False, True, False, False, True, False]
    assert fed(tmp_path, column, missing=-7.5)[:, 0].tolist() == [1.5, -7.5, 3, 4, -7.5, 6]


def test_gaps_of_whole_numbers_and_texts(tmp_path):
    assert fed(tmp_path, pa.array([1, None]), dtype="int32", missing=-1).tolist() == [[1], [-1]]
    assert fed(tmp_path, pa.array(["a", None]), dtype="string", missing="?").tolist() == [["a"], ["?"]]
    assert fed(tmp_path, pa.array(["a", " "]), dtype="string", missing="").tolist() == [["a"], [""]]
    assert fault(tmp_path, pa.array(["a", ""]), dtype="string")["code"] == "empty_cells"


def test_labels_have_no_gaps(tmp_path):
    data = tmp_path / "data"
    parquet.write_table(pa.table({"x": [1.0, None], "y": [1.0, None]}), data)
    one = InputMapping(name="X", columns=("x",), missing="nan")
    with pytest.raises(RefusalError) as refused:
        prepare(data, DataMapping(format="parquet", inputs=(one,), label="y"))
    assert refused.value.faults == ({"code": "empty_cells", "name": "y", "found": 1, "row": 2},)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([1e20, 2e20, -3e20, 2.0], {"1" + "0" * 20: 1, "2": 1, "2" + "0" * 20: 1, "-3" + "0" * 20: 1}),
        ([2.0**63, -(2.0**63), 1.0, 1.0], {str(2**63): 1, str(-(2**63)): 1, "1": 2}),
        ([np.inf, 1.0, 2.0, 2.0], {"inf": 1, "1.0": 1, "2.0": 2}),
        ([-0.0, 0.0, 1.0, 2.0], {"0": 2, "1": 1, "2": 1}),
    ],
)
def test_groups_of_large_floats_stay_apart(values, names, tmp_path):
    data = tmp_path / "data"
    parquet.write_table(pa.table({"x": [1.0] * 4, "g": values, "y": [0.0, 1, 0, 1]}), data)
    one = InputMapping(name="X", columns=("x",))
    mapping = DataMapping(format="parquet", inputs=(one,), label="y", classes=("0", "1"), group="g")
    assert prepare(data, mapping)[0]["groups"] == names


@given(st.sampled_from(["nan", -999.0, 0.5]), st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_what_stands_for_a_gap_never_moves(missing, seed):
    random = np.random.default_rng(seed)
    rows = random.normal(size=(200, 3))
    gaps = random.random(rows.shape) < 0.2
    rows[gaps] = np.nan if missing == "nan" else missing
    sample = Sample(missing)
    sample.add([np.where(gaps, np.nan, rows)])
    for change, least in ((nudged, 0.9), (noisy, 0.9)):
        moved = np.concatenate(list(change(rows, sample, np.random.default_rng(1))))
        assert np.array_equal(moved[gaps], rows[gaps], equal_nan=True)
        assert (moved[~gaps] != rows[~gaps]).mean() > least
        assert np.abs(moved[~gaps] - rows[~gaps]).max() < 0.5  # the filler makes the spread no wider


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
@settings(max_examples=50, deadline=None)
def test_bfloat16_is_the_nearest(values):
    given_ones = np.array(values, np.float32)[np.abs(values) < 3e38]
    back = _of_bfloat16(_bfloat16(given_ones))
    step = np.maximum(np.abs(given_ones) * 2**-8, 2.0**-133)
    assert (np.abs(back.astype(float) - given_ones) <= step).all()


def test_texts_in_rows_of_several_columns(tmp_path):
    data = tmp_path / "data"
    parquet.write_table(pa.table({"a": ["x", "ü" * 5], "b": ["", "z"], "c": [1, 2], "y": [0, 1]}), data)
    one = InputMapping(name="X", columns=("a", "b", "c"), dtype="string", missing="none")
    flat = InputMapping(name="Z", columns=("a",), dtype="string", shape=())
    _, arrays = prepare(data, DataMapping(format="parquet", inputs=(one, flat), label="y"))
    assert arrays["clean-0"].tolist() == [["x", "none", "1"], ["ü" * 5, "z", "2"]]
    assert arrays["clean-1"].tolist() == ["x", "ü" * 5]


def test_an_empty_text_is_not_the_one_after_it(tmp_path):
    column = pa.array(["b", None, "c", None, "b", "c", None])
    assert fed(tmp_path, column, dtype="string", missing="")[:, 0].tolist() == [
        "b",
        "",
        "c",
        "",
        "b",
        "c",
        "",
    ]


def test_one_long_text_of_many_rows_takes_its_own_size(tmp_path):
    long = "x" * (1 << 17)
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(200, np.int32)), pa.array([long]))
    assert fed(tmp_path, column, dtype="string")[199, 0] == long
    assert (tmp_path / "arrays" / "clean-0").stat().st_size < 1 << 20


def test_too_long_texts_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(texts, "MAX_BATCH_BYTES", 1_200)
    column = pa.array(["x"] * 1500 + ["y" * 1_000])
    refused = {"code": "texts_too_long", "name": "x", "row": 1025, "most": 1_200}
    assert fault(tmp_path, column, dtype="string") == refused
    assert len(fed(tmp_path, column[:1500], dtype="string")) == 1500


def test_a_column_that_is_fed_many_times_is_bounded(tmp_path):
    """145 bytes of an order and 2 KB of data cannot fill a validator's disk."""
    data = tmp_path / "data"
    parquet.write_table(pa.table({"x": np.ones(100_000), "y": np.zeros(100_000)}), data, compression="zstd")
    inputs = tuple(InputMapping(name=f"i{k}", columns=("x",) * 100) for k in range(20))
    with pytest.raises(RefusalError) as refused:
        prepare(data, DataMapping(format="parquet", inputs=inputs, label="y"), most=20 << 20)
    assert refused.value.faults[0]["code"] == "wrote_too_much"
    assert sum(path.stat().st_size for path in (tmp_path / "arrays").iterdir()) < 1 << 20


def test_what_is_fed_is_bounded_where_nothing_tells_its_size_beforehand(tmp_path):
    data = tmp_path / "data"
    data.write_bytes(b"x,y\n" + b"1,0\n" * 200_000)
    inputs = tuple(InputMapping(name=f"i{k}", columns=("x",) * 20) for k in range(20))
    with pytest.raises(RefusalError) as refused:
        prepare(data, DataMapping(format="csv", inputs=inputs, label="y"), most=10 << 20)
    assert refused.value.faults[0]["code"] == "wrote_too_much"


# --- arrays ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["int8", "uint16", ">f4", "float64", "bool", "float16", ">i8"])
def test_arrays_of_every_type_and_order(kind, order, tmp_path):
    array = np.asarray(np.arange(24).reshape(4, 3, 2) % 2, kind, order=order)
    assert fed(tmp_path, array, "npz", shape=[3, 2], dtype="uint8").tolist() == array.astype(int).tolist()


def test_an_array_of_texts(tmp_path):
    array = np.array(["a", "ünï", "c"])
    assert fed(tmp_path, array, "npz", dtype="string").tolist() == [["a"], ["ünï"], ["c"]]


def test_gaps_in_an_array(tmp_path):
    array = np.array([[1.0, np.nan], [2.0, 3.0]])
    assert fault(tmp_path, array, "npz")["code"] == "not_finite"
    assert fed(tmp_path, array, "npz", missing=0).tolist() == [[1, 0], [2, 3]]


@pytest.mark.parametrize(
    "array",
    [
        np.array([{}, {}]),
        np.zeros(2, [("a", "f4")]),
        np.zeros(2, "M8[s]"),
        np.zeros(2, "c8"),
        np.zeros(2, "V3"),
    ],
)
def test_arrays_of_anything_else_are_refused(array, tmp_path):
    data = tmp_path / "data"
    with data.open("wb") as file:
        np.savez(file, x=array, y=np.arange(2))
    mapping = DataMapping(format="npz", inputs=(InputMapping(name="X", columns=("x",)),), label="y")
    with pytest.raises(RefusalError) as refused:
        prepare(data, mapping)
    assert refused.value.faults[0]["code"] == "unreadable_type"


@pytest.mark.parametrize("shape", [(2**40,), (2**62, 4), (1_000_000, 2**20)])
def test_an_array_that_says_it_is_huge_is_never_allocated(shape, tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": shape})
    data = tmp_path / "data"
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", header.getvalue() + bytes(1000))
        archive.writestr("y.npy", header.getvalue() + bytes(1000))
    mapping = DataMapping(format="npz", inputs=(InputMapping(name="X", columns=("x",)),), label="y")
    with pytest.raises((RefusalError, MemoryError)):
        prepare(data, mapping)


def test_a_member_that_is_there_twice(tmp_path):
    data = tmp_path / "data"
    with zipfile.ZipFile(data, "w") as archive:
        for name in ("x.npy", "y.npy", "x.npy"):
            member = io.BytesIO()
            np.save(member, np.zeros(2))
            archive.writestr(name, member.getvalue())
    mapping = DataMapping(format="npz", inputs=(InputMapping(name="X", columns=("x",)),), label="y")
    with pytest.raises(RefusalError) as refused:
        prepare(data, mapping)
    assert refused.value.faults[0]["code"] == "column_repeated"
