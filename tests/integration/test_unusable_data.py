"""Data as people keep it: what cannot be used is named, with what to do; arrays in their many forms."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from jailed_node import NODE
from PIL import Image
from pyarrow import parquet
from unjailed import jobs_in_this_process
from untidy import ARRAY, CLASSES, FRAME, KINDS, RANDOM, ROWS, Write, lines, npz, ordered, table, text

from assay.errors import AssayError, InvalidInput
from assay.markets.order_inputs import Pictures
from assay.markets.order_template import new_order


@pytest.fixture(autouse=True)
def jobs():
    with jobs_in_this_process():
        yield


DAYS = np.datetime64("2024-01-01") + np.arange(ROWS)
ARRAYS = {
    "labels in a column": ({"X": ARRAY, "y": CLASSES[:, None]}, {}, "classification", ["0", "1", "2"]),
    "labels of bytes": (
        {"X": ARRAY, "y": np.array([b"cat", "öl".encode(), b"eel"])[CLASSES]},
        {},
        "classification",
        ["cat", "eel", "öl"],
    ),
    "sounds": (
        {"X": np.zeros((ROWS, 16_000), np.float32), "y": CLASSES},
        {},
        "classification",
        ["0", "1", "2"],
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
    "a long name": ("csv", text("x" * 300 + ",y\n1,no\n2,yes\n"), "longer than 256 characters"),
    "the label at the front": ("npz", npz(y=CLASSES, X=ARRAY), "Name the label: --label y"),
    "a name twice": ("csv", text("a,a,y\n" + "1,2,no\n3,4,yes\n" * 9), 'named "a".|--without a'),
    "long lists": (
        "jsonl",
        lines({"a": [0.5] * 10_001, "y": 0}, {"a": [1.5] * 10_001, "y": 1}),
        "Such an order cannot be",
    ),
    "kinds mixed": ("jsonl", lines({"a": 1, "m": "x", "y": 0}, {"a": 2, "m": 3, "y": 1}), "--without m"),
    "one-hot": ("npz", npz(X=ARRAY, y=np.eye(3)[CLASSES]), "y.argmax(axis=1)"),
    "a scalar": ("npz", npz(X=ARRAY, seed=np.array(3), y=CLASSES), "'seed' has no rows.|--without seed"),
    "other rows": (
        "npz",
        npz(X=ARRAY, mean=ARRAY.mean(0), y=CLASSES),
        '"mean" has 4 rows, and others have 60',
    ),
    "objects": ("npz", npz(X=ARRAY, y=np.array(KINDS, object)), "store texts with .astype(str), and fill"),
    "pairs of texts": ("npz", npz(X=np.array([["a", "b"]] * ROWS), y=CLASSES), "several texts a row"),
    "complex": (
        "npz",
        npz(X=ARRAY, z=ARRAY[:, 0] + 1j, y=CLASSES),
        "complex64: store .real|--without z",
    ),
    "nested": (
        "parquet",
        table(s=pa.array([{"u": 1}] * ROWS)),
        "struct<u: int64>: give each|--without s",
    ),
    "durations": ("parquet", table(s=pa.array([3] * ROWS, pa.duration("s"))), "duration[s]: write a number"),
    "hours": ("parquet", table(s=pa.array([3] * ROWS, pa.time32("s"))), "time32[ms]: write a number"),
    "lists of texts": ("parquet", table(s=pa.array([["a", "b"]] * ROWS)), "holds list<element: string>"),
    "ragged lists": ("parquet", table(s=pa.array([[1], [1, 2]] * (ROWS // 2))), "lists of different lengths"),
    "bytes": ("parquet", table(s=pa.array([b"ab"] * ROWS)), "holds binary: put images"),
    "a web page": ("csv", text("<!DOCTYPE html>\n<table>\n<tr><td>1,2\n"), "it holds a web page"),
    "JSON as CSV": ("csv", text('[{"a": 1, "y": 0},\n {"a": 2, "y": 1}]\n'), "it holds JSON"),
    "another separator": ("csv", text("a%y\n1%0\n2%1\n"), 'one column, "a%y"|say --separator'),
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


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("data.json", "one object on each line"),
        ("data.XLSX", "as CSV in UTF-8"),
        ("data.feather", "as Parquet"),
        ("data.csv.gz", "Unpack it"),
        ("data.npy", "numpy.savez"),
        ("data.7z", "as zip or tar"),
        ("folder", "pack what is in it"),
    ],
)
def test_a_way_to_what_can_be_read_is_told(name, hint, tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(InvalidInput) as refused:
        new_order(tmp_path / name, NODE, domain="healthcare")
    assert hint in refused.value.hint


def pictures(names: Iterable[str], form: str = "PNG") -> dict[str, bytes]:
    made = {}
    for place, name in enumerate(names):
        file = io.BytesIO()
        Image.fromarray(np.full((4, 4 + (place == 25)), place, np.uint8)).save(file, form)
        made[name] = file.getvalue()
    return made


NAMED = [f"{kind}/{place}.png" for kind in ("cat", "dog") for place in range(12)]
INDEX = "file,label\n" + "\n".join(f"{name},{name[:3]}" for name in NAMED)
ODD_FILES = {
    "WebP": (pictures(NAMED, "WEBP"), INDEX, "are not all images (PNG, JPEG, BMP)"),
    "sounds": ({name: b"RIFF\xff\xfe" + bytes(99) for name in NAMED}, INDEX, "are not all images"),
    "other endings": (pictures(NAMED), INDEX.replace(".png", ".jpg"), 'such as "cat/0.jpg"'),
    "backslashes": (pictures(NAMED), INDEX.replace("/", "\\"), "Write / in place of"),
    "one file less": (pictures(NAMED[1:]), INDEX, 'such as "cat/0.png"; the names themselves are fed.'),
}


def zipped(files: dict[str, bytes]) -> Write:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as packed:
            for name, content in files.items():
                packed.writestr(name, content)

    return write


@pytest.mark.parametrize("kind", ODD_FILES)
def test_names_that_lead_to_no_file_are_told(kind, tmp_path):
    files, index, says = ODD_FILES[kind]
    evaluation, told = ordered(tmp_path, "data.zip", zipped({**files, "index.csv": index.encode()}))
    assert evaluation["data"]["inputs"][0]["dtype"] == "string"
    (one,) = told
    assert says in one


def test_a_way_out_of_images_of_other_sizes_is_told(tmp_path):
    names = [*NAMED, "dog/x.png", "dog/y.png"]
    index = "file,label\n" + "\n".join(f"{name},{name[:3]}" for name in names)
    write = zipped({**pictures(names), "index.csv": index.encode()})
    with pytest.raises(InvalidInput, match="--size 224x224"):
        ordered(tmp_path, "data.zip", write)
    sized = {"pictures": Pictures((4, 4))}
    assert ordered(tmp_path, "again.zip", write, **sized)[0]["data"]["inputs"][0]["files"]["resize"] is True


@pytest.mark.parametrize("content", ['[{"a": 1, "y": 0}]', '{\n "a": 1,\n "y": 0\n}'])
def test_how_to_write_lines_is_told(content, tmp_path):
    with pytest.raises(AssayError, match="jq -c"):
        ordered(tmp_path, "data.jsonl", text(content))


@pytest.mark.parametrize("content", ["a,b,y", "\n\n"])
def test_a_table_without_lines_is_told(content, tmp_path):
    with pytest.raises(AssayError, match="no line of names with rows below it"):
        ordered(tmp_path, "data.csv", text(content))


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_how_to_write_that_there_are_no_boxes_is_told(form, tmp_path):
    boxes = [None if row % 3 == 0 else [[0.0, 0, 5, 5, row % 2]] for row in range(ROWS)]
    rows = [{"a": 1.5 * row, "y": one} for row, one in enumerate(boxes)]
    path = tmp_path / f"data.{form}"
    if form == "parquet":
        parquet.write_table(pa.Table.from_pylist(rows), path)
    else:
        lines(*rows)(path)
    with pytest.raises(InvalidInput, match=r"null in place of boxes in 20 rows, first in row 1; .* \[\]"):
        new_order(path, NODE, domain="healthcare", task="detection", label=["y"], classes=["car", "bus"])


def test_how_to_pack_files_is_told(tmp_path):
    with pytest.raises(AssayError, match="a row for each file"):
        ordered(tmp_path, "data.zip", zipped(pictures(NAMED)))


@pytest.mark.slow
def test_limits_are_raised_for_a_large_file(tmp_path):
    """And a smaller one keeps the usual ones, so that its order has the digest that it had."""
    large = np.zeros((ROWS, 1_200_000), np.float32)
    large[:, 0] = ARRAY[:, 0]
    evaluation, told = ordered(tmp_path, "data.npz", npz(X=large, y=CLASSES))
    size = (tmp_path / "data.npz").stat().st_size
    limits = evaluation["limits"]
    assert limits["data_bytes"] >= size > 256 << 20
    assert limits["cpu_seconds"] == 180
    (one,) = told
    assert "evaluation.limits are raised" in one
    assert "limits" not in ordered(tmp_path, "less.npz", npz(X=ARRAY, y=CLASSES))[0]
