"""Data as people keep it: what is perhaps not meant as it is read is told, before it costs money."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from jailed_node import NODE
from pyarrow import parquet
from unjailed import jobs_in_this_process

from assay.errors import AssayError, InvalidInput
from assay.markets.checks import check_data
from assay.markets.order import Order
from assay.markets.order_template import new_order

ROWS = 60
RANDOM = np.random.default_rng(0)
FRAME = pd.DataFrame({"a": RANDOM.normal(size=ROWS).round(3), "b": RANDOM.integers(0, 9, ROWS)})
KINDS = np.array(["no", "yes"])[np.arange(ROWS) % 2]
ARRAY = RANDOM.normal(size=(ROWS, 4)).astype(np.float32)
CLASSES = np.arange(ROWS) % 3

Write = Callable[[Path], Any]


@pytest.fixture(autouse=True)
def jobs():
    with jobs_in_this_process():
        yield


def ordered(folder: Path, name: str, write: Write, **options: Any) -> tuple[dict[str, Any], list[str]]:
    """How the order that is written about a file reads it, and what is told; a panel accepts it."""
    write(folder / name)
    told: list[str] = []
    document = new_order(folder / name, NODE, domain="healthcare", tell=told.append, **options)
    (folder / "order.json").write_text(json.dumps(document))
    order = Order.load(folder / "order.json")
    assert check_data(order, folder / name, NODE, store=None).reasons == ()  # type: ignore[arg-type]
    evaluation: dict[str, Any] = document["evaluation"]
    return evaluation, told


def csv(*cells: str, **options: Any) -> Write:
    """A table with a column c of *cells*, over and over."""
    column = [cells[row % len(cells)] for row in range(ROWS)]
    return lambda path: FRAME.assign(c=column, y=KINDS).to_csv(path, index=False, **options)


def text(content: str, encoding: str = "utf-8") -> Write:
    return lambda path: path.write_bytes(content.encode(encoding))


def npz(**arrays: Any) -> Write:
    return lambda path: np.savez(path, **arrays)


def table(**columns: Any) -> Write:
    made = pa.table({"a": pa.array(ARRAY[:, 0]), **columns, "y": pa.array(KINDS)})
    return lambda path: parquet.write_table(made, path)


def lines(*objects: Any) -> Write:
    return text("".join(json.dumps(objects[row % len(objects)]) + "\n" for row in range(ROWS)))


AS_TEXT = {
    "thousands": (csv("1,234.50", "999", "12.5"), 'or another decimal sign, such as "1,234.50"'),
    "thousands in Berlin": (csv("1.234,50", "12,5", sep=";"), 'such as "1.234,50"'),
    "thousands in Zürich": (csv("1'234.50", "1\u2019234\u2019567"), "separators of thousands"),
    "narrow spaces": (csv("1\u202f234", "12\u00a0345.5"), "separators of thousands"),
    "dollars": (csv("$12.50", "$1,000.00", "-$3"), "amounts with a currency"),
    "euros": (csv("12,50 €", "1.000,00 €", sep=";"), 'amounts with a currency, such as "12,50 €"'),
    "francs": (csv("CHF 12.50", "CHF 7"), "amounts with a currency"),
    "bookkeeping": (csv("(12.50 USD)", "7.00 USD"), "amounts with a currency"),
    "a word among dollars": (csv(*["$12.50"] * 19, "free"), "amounts with a currency"),
    "per cent": (csv("12.5%", "3 %"), "percentages"),
    "days first": (csv("31.12.2024", "01.02.2023"), "dates that are not written like 2024-12-31"),
    "months first": (csv("12/31/2024 10:00 AM", "1/2/2023 3:04 PM"), "dates that are not written"),
    "a word": (
        csv("1.5", "unknown", "2", "3"),
        'because of 15 cells such as "unknown". Where these mean a gap',
    ),
}


@pytest.mark.parametrize("kind", AS_TEXT)
def test_numbers_that_are_read_as_text_are_told(kind, tmp_path):
    write, sentence = AS_TEXT[kind]
    evaluation, told = ordered(tmp_path, "data.csv", write)
    assert evaluation["data"]["inputs"][2]["dtype"] == "string"
    (one,) = told
    assert one.startswith('"c" is text')
    assert sentence in one


@pytest.mark.parametrize(
    "cells",
    [("1.5", "-2"), ("north", "south"), ("1e3", "2"), ("2024-01-31", "2024-02-01"), ("true", "false")],
)
def test_nothing_is_told_of_what_is_plain(cells, tmp_path):
    assert ordered(tmp_path, "data.csv", csv(*cells))[1] == []


@pytest.mark.parametrize("gap", ["<NA>", "#DIV/0!", "NaN", "nan", "#N/A", "NaT", "-"])
def test_gaps_as_programs_write_them_are_found(gap, tmp_path):
    evaluation, told = ordered(tmp_path, "data.csv", csv("1.5", gap, "2"))
    assert evaluation["data"]["csv"] == {"gaps": [gap]}
    assert evaluation["data"]["inputs"] == [{"name": "X", "columns": ["a", "b", "c"], "missing": "nan"}]
    assert told == []


def test_a_gap_far_into_the_file_is_told(tmp_path):
    """Dialects are found from the first megabyte."""
    rows = "".join(f"1.5,{'x' * 100},{row % 2}\n" for row in range(11_000))
    evaluation, told = ordered(tmp_path, "data.csv", text(f"c,t,y\n{rows}NA,x,1\n"))
    assert "csv" not in evaluation["data"]
    assert "--gap NA" in told[0]
    evaluation, told = ordered(
        tmp_path, "again.csv", text(f"c,t,y\n{rows}NA,x,1\n"), declared={"gaps": ["NA"]}
    )
    assert (told, evaluation["data"]["inputs"][0]["missing"]) == ([], "nan")


def test_codes_are_fed_as_text_where_that_is_said(tmp_path):
    evaluation, told = ordered(tmp_path, "data.csv", csv("01234", "90210"))
    assert evaluation["data"]["inputs"][0]["columns"] == ["a", "b", "c"]
    assert told == ['"c" has numbers with zeros in front, such as "01234". For codes, say --text c.']
    evaluation, told = ordered(tmp_path, "again.csv", csv("01234", "90210"), texts=["c"])
    assert evaluation["data"]["inputs"][2] == {"name": "c", "columns": ["c"], "dtype": "string"}
    assert told == []


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("data.csv", csv("16777217", "3")),
        ("data.parquet", table(c=pa.array([2**53 + 1, 3] * (ROWS // 2)))),
        ("data.npz", npz(c=np.array([2**24 + 1, 3] * (ROWS // 2)), y=CLASSES)),
    ],
)
def test_numbers_that_a_float32_does_not_hold_are_told(name, write, tmp_path):
    (one,) = ordered(tmp_path, name, write)[1]
    assert one.startswith('"c" has whole numbers that a float32 does not hold exactly, such as')


def test_lines_above_the_table(tmp_path):
    plain = FRAME.assign(y=KINDS)
    for_excel = "sep=;\r\n" + plain.to_csv(index=False, sep=";", decimal=",", lineterminator="\r\n")
    for encoding, more in (("utf-8-sig", {}), ("utf-16", {"encoding": "utf-16"})):
        evaluation, _ = ordered(tmp_path, "data.csv", text(for_excel, encoding))
        assert evaluation["data"]["csv"] == {"separator": ";", "decimal": ",", "skip_lines": 1} | more
    titled = "Sales, north\n\n" + plain.to_csv(index=False)
    evaluation, _ = ordered(tmp_path, "titled.csv", text(titled), declared={"skip_lines": 2})
    assert evaluation["data"]["csv"] == {"skip_lines": 2}
    with pytest.raises(AssayError, match="--skip-lines"):
        ordered(tmp_path, "again.csv", text(titled))


@pytest.mark.parametrize(
    ("spelt", "encoding", "name"),
    [
        ("latin-1", "latin-1", "iso-8859-1"),
        ("Shift_JIS", "shift_jis", "shift-jis"),
        ("UTF8", "utf-8", None),
        ("windows-1252", "cp1252", "cp1252"),
        ("MS932", "cp932", "cp932"),
        ("utf-8-sig", "utf-8-sig", None),
    ],
)
def test_encodings_by_any_of_their_names(spelt, encoding, name, tmp_path):
    kinds = np.where(KINDS == "no", "いいえ" if "932" in encoding or "jis" in encoding else "não", "sim")
    content = FRAME.assign(y=kinds).to_csv(index=False)
    evaluation, _ = ordered(tmp_path, "data.csv", text(content, encoding), declared={"encoding": spelt})
    assert evaluation["data"].get("csv", {}).get("encoding") == name
    document = json.loads((tmp_path / "order.json").read_text())
    document["evaluation"]["data"].setdefault("csv", {})["encoding"] = spelt
    (tmp_path / "order.json").write_text(json.dumps(document))
    assert Order.load(tmp_path / "order.json").evaluation.data.csv.encoding == (name or "utf-8")


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("data.txt", csv("1", sep="\t")),
        ("data.pq", table()),
        ("data.ndjson", lines({"a": 1.5, "y": "no"}, {"a": float("nan"), "y": "yes"}, {"a": 2, "y": "no"})),
    ],
)
def test_other_names_of_the_same_formats(name, write, tmp_path):
    assert ordered(tmp_path, name, write)[0]["task"] == "classification"


def test_columns_without_a_name_are_told(tmp_path):
    plain = FRAME.assign(y=KINDS)
    evaluation, told = ordered(tmp_path, "data.csv", lambda path: plain.to_csv(path))
    assert evaluation["data"]["inputs"] == [{"name": "X", "columns": ["a", "b"]}]
    assert told == ["1 column without a name, such as row numbers that pandas writes: not used."]


DAYS = np.datetime64("2024-01-01") + np.arange(ROWS)
ARRAYS = {
    "labels in a column": ({"X": ARRAY, "y": CLASSES[:, None]}, {}, "classification", ["0", "1", "2"]),
    "labels of bytes": (
        {"X": ARRAY, "y": np.array([b"cat", "öl".encode(), b"eel"])[CLASSES]},
        {},
        "classification",
        ["cat", "eel", "öl"],
    ),
    "texts": ({"t": np.array(["u", "v", "w"])[CLASSES], "y": CLASSES}, {}, "classification", ["0", "1", "2"]),
    "days": ({"when": DAYS, "y": CLASSES}, {}, "classification", ["0", "1", "2"]),
    "months": ({"when": DAYS.astype("datetime64[M]"), "y": CLASSES}, {}, "classification", ["0", "1", "2"]),
    "marks": ({"X": ARRAY, "y": RANDOM.integers(0, 2, (ROWS, 3))}, {}, "multilabel", ["0", "1", "2"]),
    "one-hot marks": (
        {"X": ARRAY, "y": np.eye(3)[CLASSES]},
        {"task": "multilabel"},
        "multilabel",
        ["0", "1", "2"],
    ),
    "a seed beside": (
        {"X": ARRAY, "seed": np.array(3), "mean": ARRAY.mean(0), "who": np.array([{}] * ROWS), "y": CLASSES},
        {"without": ["seed", "mean", "who"]},
        "classification",
        ["0", "1", "2"],
    ),
    "maps": (
        {"X": ARRAY, "y": RANDOM.integers(0, 2, (ROWS, 4, 4))},
        {"task": "segmentation", "classes": ["land", "sea"]},
        "segmentation",
        ["land", "sea"],
    ),
    "boxes": (
        {"X": ARRAY, "y": np.array([[[0, 0, 2, 2, row % 2]] for row in range(ROWS)])},
        {"task": "detection", "classes": ["cat", "dog"]},
        "detection",
        ["cat", "dog"],
    ),
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays_as_people_save_them(kind, tmp_path):
    arrays, options, task, classes = ARRAYS[kind]
    evaluation, _ = ordered(tmp_path, "data.npz", npz(**arrays), **options)
    assert (evaluation["task"], evaluation["data"]["classes"]) == (task, classes)


UNUSABLE = {
    "rows left by Excel": (
        "csv",
        text(FRAME.assign(y=KINDS).to_csv(index=False) + ",,\n,,\n"),
        "ends in 2 rows",
    ),
    "a name twice": ("csv", text("a,a,y\n" + "1,2,no\n3,4,yes\n" * 9), 'named "a".|--without a'),
    "kinds mixed": ("jsonl", lines({"a": 1, "m": "x", "y": 0}, {"a": 2, "m": 3, "y": 1}), "--without m"),
    "one-hot": ("npz", npz(X=ARRAY, y=np.eye(3)[CLASSES]), "y.argmax(axis=1)"),
    "a scalar": ("npz", npz(X=ARRAY, seed=np.array(3), y=CLASSES), "'seed' has no rows.|--without seed"),
    "other rows": (
        "npz",
        npz(X=ARRAY, mean=ARRAY.mean(0), y=CLASSES),
        '"mean" has 4 rows, and others have 60',
    ),
    "objects": ("npz", npz(X=ARRAY, y=np.array(KINDS, object)), "store texts with .astype(str)"),
    "complex": ("npz", npz(X=ARRAY, z=ARRAY[:, 0] + 1j, y=CLASSES), "holds complex64|--without z"),
    "nested": ("parquet", table(s=pa.array([{"u": 1}] * ROWS)), "'s' holds struct<u: int64>|--without s"),
    "durations": ("parquet", table(s=pa.array([3] * ROWS, pa.duration("s"))), "holds duration[s]"),
    "hours": ("parquet", table(s=pa.array([3] * ROWS, pa.time32("s"))), "holds time32"),
    "lists of texts": ("parquet", table(s=pa.array([["a", "b"]] * ROWS)), "holds list<element: string>"),
    "ragged lists": ("parquet", table(s=pa.array([[1], [1, 2]] * (ROWS // 2))), "lists of different lengths"),
    "bytes": ("parquet", table(s=pa.array([b"ab"] * ROWS)), "holds binary"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_what_cannot_be_used_is_named(kind, tmp_path):
    form, write, says = UNUSABLE[kind]
    with pytest.raises(InvalidInput) as refused:
        ordered(tmp_path, f"data.{form}", write)
    for part in says.split("|"):
        assert part in f"{refused.value} {refused.value.hint}"


def test_all_that_cannot_be_used_is_named_at_once(tmp_path):
    write = table(s=pa.array([["a", "b"]] * ROWS), d=pa.array([3] * ROWS, pa.duration("s")))
    with pytest.raises(InvalidInput, match=r"(?s)'s' holds.*'d' holds") as refused:
        ordered(tmp_path, "data.parquet", write)
    assert refused.value.hint.endswith("--without s --without d")
    assert ordered(tmp_path, "again.parquet", write, without=["s", "d"])[1] == []
