"""CSV as it is really written: whatever the dialect, the same cells; and no dialect is ever guessed."""

import csv
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prepared import prepare

from assay.manifests.evaluation import CsvDialect, DataMapping, InputMapping
from assay_validation.jobs import RefusalError, csv_files
from assay_validation.jobs.csv_files import DEFAULT
from assay_validation.jobs.dialects import AmbiguousError, find_dialect

TEXT = st.text(
    st.characters(blacklist_categories=("Cs", "Cc")) | st.just("\n"), min_size=1, max_size=12
).filter(lambda text: text.strip() == text and text)
NUMBER = st.floats(-1e6, 1e6).map(lambda x: round(x, 4) + 0.0)
ROW = st.tuples(NUMBER, st.integers(-1000, 1000), TEXT, st.sampled_from("ab"))
DIALECT = st.builds(
    CsvDialect,
    separator=st.sampled_from([",", ";", "\t", "|"]),
    decimal=st.sampled_from([".", ","]),
    quote=st.sampled_from(['"', "'"]),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-16-le", "gb18030"]),
    header=st.booleans(),
)
NAMES = ("number", "whole", "text", "label")
ends = pytest.mark.parametrize("end", ["\n", "\r\n"])


def written(rows: list[Any], dialect: CsvDialect, end: str = "\n", names: tuple[str, ...] = NAMES) -> bytes:
    """*rows* in a *dialect*."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=dialect.separator, quotechar=dialect.quote, lineterminator=end)
    if dialect.header:
        writer.writerow(names)
    for row in rows:
        cells = [str(cell).replace(".", dialect.decimal) if isinstance(cell, float) else cell for cell in row]
        writer.writerow(cells)
    return text.getvalue().encode(dialect.encoding)


def mapping(dialect: CsvDialect, **fields: Any) -> DataMapping:
    names = NAMES if dialect.header else ("1", "2", "3", "4")
    inputs = (
        InputMapping(name="X", columns=names[:2], dtype="float64"),
        InputMapping(name="text", columns=(names[2],), dtype="string"),
    )
    return DataMapping(format="csv", csv=dialect, inputs=inputs, label=names[3], classes=("a", "b"), **fields)


@ends
@given(rows=st.lists(ROW, min_size=1, max_size=20), dialect=DIALECT)
@settings(max_examples=60, deadline=None, suppress_health_check=HealthCheck.all())
def test_what_was_written_is_read_in_any_dialect(end, rows, dialect, tmp_path_factory):
    data = tmp_path_factory.mktemp("csv") / "data"
    data.write_bytes(written(rows, dialect, end))
    counts, arrays = prepare(data, mapping(dialect))
    assert counts["rows"] == len(rows)
    assert np.array_equal(arrays["clean-0"], np.array([row[:2] for row in rows], float))
    assert arrays["clean-1"][:, 0].tolist() == [row[2] for row in rows]
    assert arrays["truth"].tolist() == ["ab".index(row[3]) for row in rows]


WORDS = st.sampled_from(["north", "south,east", "a;b", "x|y", "new\nline", "it's", "Zürich", 'say "no"'])
PLAIN = st.tuples(st.floats(-999, 999).map(lambda x: round(x, 2) + 0.25), st.integers(-99, 99), WORDS, WORDS)


@given(rows=st.lists(PLAIN, min_size=3, max_size=12), dialect=DIALECT)
@settings(max_examples=150, deadline=None)
def test_a_dialect_is_found_or_asked_about_but_never_mistaken(rows, dialect):
    """What is found reads the same cells as what was meant, wherever it is not asked."""
    if dialect.quote == "'" or dialect.encoding == "gb18030":
        return  # these are always declared
    content = written([(*row[:3], "ab"[i % 2]) for i, row in enumerate(rows)], dialect)
    declared = {"header": dialect.header, "encoding": dialect.encoding}
    try:
        found = find_dialect(content, declared)
    except AmbiguousError:
        return  # rightly or not; what matters is that nothing is taken for something else
    assert (found["separator"], found["decimal"]) == (dialect.separator, dialect.decimal)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"a,b\n1.5,x\n2.5,y\n", {}),
        (b"a;b\n1,5;x\n2,5;y\n", {"separator": ";", "decimal": ","}),
        (b"a\tb\n1\tx\n", {"separator": "\t"}),
        (b"a|b\n1|x,y\n", {"separator": "|"}),
        (b"a b\n1 2\n3 4\n", {"separator": " "}),
        (b"\xef\xbb\xbfa,b\n1,x\n", {}),
        ("a,b\n1,ü\n".encode("utf-16"), {"encoding": "utf-16"}),
        (b"a,b\nNA,x\n2,NA\n", {"gaps": ["NA"]}),
        (b"a,b\nNA,x\nNA,y\n", {}),
        (b"a,b\n?,x\n2,-\n-,x\n", {"gaps": ["-", "?"]}),
        (b'a,b\n"1,5",x\n"2,5",y\n', {"decimal": ","}),
        (b"a;b\n0.123;x\n1.234;y\n", {"separator": ";"}),
        (b'a,b\n1,"x;\n\ny"\n2,"z"\n', {}),
    ],
)
def test_a_dialect_that_is_plain_is_found(content, found):
    assert find_dialect(content, {}) == {**DEFAULT, **found}


@pytest.mark.parametrize(
    ("content", "option", "readings"),
    [
        (b"a,b;c\n1,2;3\n", "separator", {",": "1 | 2;3", ";": "1,2 | 3"}),
        (b"a;b\n1.234;x\n", "decimal", {".": "1.234 is 1.234", ",": "1.234 is 1234"}),
        (b"a;b\n1,234;x\n", "decimal", {",": "1,234 is 1.234", ".": "1,234 is 1234"}),
        (b"a;b;c\n1.5;2,5;x\n", "decimal", {".": "1.5 is a number", ",": "2,5 is a number"}),
        (b"a,b\n'x',1\n", "quote", {'"': "'x'", "'": "x"}),
        (b"1,2\n3,4\n", "header", {"yes": "columns named 1, 2", "no": "a row of the numbers 1, 2"}),
        ("a,b\né,1\n".encode("cp1252"), "encoding", {"cp1252": "é,1", "cp1251": "й,1"}),
        ("a,b\nx,1\n".encode("utf-16-be"), "encoding", {"utf-16-be": "a,b"}),
    ],
)
def test_two_readings_are_asked_about(content, option, readings):
    with pytest.raises(AmbiguousError) as asked:
        find_dialect(content, {})
    assert asked.value.question["option"] == option
    told = asked.value.question["readings"]
    assert all(told[choice].startswith(reading) for choice, reading in readings.items())


@pytest.mark.parametrize("byte_order", ["le", "be"])
def test_utf_16_without_its_mark_is_asked_about_wherever_it_is_declared(byte_order):
    content = "a,b\né,1\n".encode(f"utf-16-{byte_order}")
    with pytest.raises(AmbiguousError) as asked:
        find_dialect(content, {"encoding": "utf-16"})
    assert asked.value.question["readings"][f"utf-16-{byte_order}"].startswith("a,b")


@pytest.mark.parametrize("encoding", ["utf-32", "utf-32-le", "utf-32-be"])
def test_utf_32_is_in_no_encoding_that_is_known(encoding):
    with pytest.raises(AmbiguousError) as asked:
        find_dialect("a,b\né,1\n".encode(encoding), {})
    assert asked.value.question["option"] == "encoding"
    assert asked.value.question["readings"] == {}


def refused(data: Any, content: bytes, **dialect: Any) -> list[dict[str, Any]]:
    data.write_bytes(content)
    one, csv_dialect = InputMapping(name="X", columns=("a",)), CsvDialect(**dialect)
    mapped = DataMapping(format="csv", csv=csv_dialect, inputs=(one,), label="y", max_rows=3_000_000)
    with pytest.raises(RefusalError) as refusal:
        prepare(data, mapped)
    return list(refusal.value.faults)


@pytest.mark.parametrize(
    ("content", "dialect", "fault"),
    [
        (b"a,y\n1,2\n3\n", {}, {"code": "ragged_row", "row": 3, "found": 1, "most": 2}),
        (b"a,y\n1,2,\n3,4,\n", {}, {"code": "trailing_separator", "row": 2}),
        (b"a\ty\r\n1\t2\t\t\r\n", {"separator": "\t"}, {"code": "trailing_separator", "row": 2}),
        (b"a,y\n1,2\n\x1a", {}, {"code": "end_mark", "row": 3}),
        (b"a,y\n1,2\n1,\x002\n", {}, {"code": "nul_characters", "row": 3}),
        ("a,y\n1,\x002\n".encode("utf-16"), {"encoding": "utf-16"}, {"code": "nul_characters"}),
        (b"a,y\n1,2\n\xff,2\n", {}, {"code": "not_encoded", "row": 3, "name": "utf-8"}),
        (b"a,y\n1,2\n\x81,2\n", {"encoding": "cp1252"}, {"code": "not_encoded", "name": "cp1252", "row": 3}),
        (b"a,a,y\n1,1,2\n", {}, {"code": "column_repeated", "name": "a", "found": 2}),
        (b"a;y\n1.5;2\n", {"separator": ";", "decimal": ","}, {"code": "not_numeric", "name": "a", "row": 1}),
        (b"a,y\nNA,2\n", {"gaps": ["NA"]}, {"code": "empty_cells", "name": "a", "row": 1}),
        (b'a,y\n"1\n,2\n', {}, {"code": "ragged_row", "row": 2}),
        (b'a,y\n1,"1,000"\n', {}, {"code": "not_numeric", "name": "y"}),
        (b"a,y\n1_000,1\n", {}, {"code": "not_numeric", "name": "a"}),
        (b"a,y\n0x10,1\n", {}, {"code": "not_numeric", "name": "a"}),
    ],
)
def test_what_is_wrong_has_a_name_and_a_line(content, dialect, fault, tmp_path):
    faults = refused(tmp_path / "data", content, **dialect)
    assert any(fault.items() <= found.items() for found in faults), faults


def test_a_row_too_long_is_found_far_into_the_data(tmp_path):
    content = b"a,y\n" + b"1,2\n" * 5_000_000 + b"1,2,3\n"
    assert refused(tmp_path / "data", content) == [
        {"code": "ragged_row", "row": 5_000_002, "found": 3, "most": 2}
    ]


def test_faults_are_counted_over_all_of_the_data(tmp_path):
    rows = [b"1,2"] * 3_000_000
    rows[2_000_000] = rows[2_999_999] = b",2"
    assert refused(tmp_path / "data", b"a,y\n" + b"\n".join(rows)) == [
        {"code": "empty_cells", "name": "a", "found": 2, "row": 2_000_001}
    ]


def test_a_cell_of_many_lines_may_lie_across_two_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_files, "_BLOCK_BYTES", 256)
    words = ["\n".join(["line"] * (n % 9 + 1)) for n in range(200)]
    data = tmp_path / "data"
    data.write_bytes(b"t,y\n" + b"".join(b'"%s",%d\n' % (word.encode(), n) for n, word in enumerate(words)))
    one = InputMapping(name="t", columns=("t",), dtype="string")
    _, arrays = prepare(data, DataMapping(format="csv", inputs=(one,), label="y"))
    assert arrays["clean-0"][:, 0].tolist() == words
    assert arrays["truth"].tolist() == list(range(200))


def test_spaces_around_numbers_and_truth_values_mean_nothing(tmp_path):
    data = tmp_path / "data"
    data.write_bytes(b"a,b,y\n 1 ,True,1\n2\t,false,2\n")
    one = InputMapping(name="X", columns=("a", "b"))
    _, arrays = prepare(data, DataMapping(format="csv", inputs=(one,), label="y"))
    assert arrays["clean-0"].tolist() == [[1, 1], [2, 0]]
