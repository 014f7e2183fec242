"""Data as people keep it: what is perhaps not meant as it is read is told, before it costs money."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from jailed_node import NODE
from unjailed import jobs_in_this_process
from untidy import ARRAY, CLASSES, FRAME, KINDS, RANDOM, ROWS, csv, lines, npz, ordered, table, text

from assay.errors import AssayError, InvalidInput
from assay.markets.order import Order


@pytest.fixture(autouse=True)
def jobs():
    with jobs_in_this_process():
        yield


AS_TEXT = {
    "thousands": (csv("1,234.50", "999", "12.5"), 'separators of thousands, such as "1,234.50"'),
    "thousands in Berlin": (csv("1.234,50", "12,5", sep=";"), 'such as "1.234,50"'),
    "decimal commas": (csv("12,5", "1,75", *["7"] * 9, "k.A.", *["3,5"] * 9), "Say --decimal ','."),
    "thousands in Zürich": (csv("1'234.50", "1\u2019234\u2019567"), "separators of thousands"),
    "narrow spaces": (csv("1\u202f234", "12\u00a0345.5"), "separators of thousands"),
    "dollars": (csv("$12.50", "$1,000.00", "-$3"), "amounts with a currency"),
    "euros": (csv("12,50 €", "1.000,00 €", sep=";"), 'amounts with a currency, such as "12,50 €"'),
    "francs": (csv("CHF 12.50", "CHF 7"), "amounts with a currency"),
    "bookkeeping": (csv("(12.50 USD)", "7.00 USD"), "amounts with a currency"),
    "a word among dollars": (csv(*["$12.50"] * 19, "free"), "amounts with a currency"),
    "units": (csv("12 kg", "13.5 kg"), 'numbers with a unit, such as "12 kg"'),
    "per cent": (csv("12.5%", "3 %"), "percentages"),
    "days first": (csv("31.12.2024", "01.02.2023"), "dates that are not written like 2024-12-31"),
    "names of months": (csv("31-Jan-2024", "01-Feb-2023"), "dates that are not written like 2024-12-31"),
    "long names of months": (csv("January 31, 2024", "2 February 2023"), "dates that are not written"),
    "no dashes": (csv("20240131T100000Z", "20240201T1000"), "dates that are not written like"),
    "a zone": (csv("31.12.2024 10:00:00 CET", "1.2.2023 10:00 +01:00"), "dates that are not written like"),
    "nanoseconds": (csv("2024-01-31 10:00:00.123456789+00"), "with a time and a zone, like 2024-12-31"),
    "hours": (csv("10:00", "9:30:15"), 'times of day, such as "10:00". Otherwise, write them as numbers'),
    "months first": (csv("12/31/2024 10:00 AM", "1/2/2023 3:04 PM"), "dates that are not written"),
    "a date among dates": (
        csv(*["2024-01-31"] * 19, "1-2-3"),
        'because of 3 cells such as "1-2-3". Where these mean a gap, say --gap 1-2-3',
    ),
    "a word among dates": (csv(*["2024-01-31 10:00"] * 9, "soon"), 'because of 6 cells such as "soon"'),
    "a number among dates": (csv(*["2024-01-31"] * 9, "7"), 'because of 6 cells such as "7"'),
    "a date among numbers": (csv(*["7"] * 9, "2024-01-31"), 'because of 6 cells such as "2024-01-31"'),
    "as many numbers as dates": (csv("7", "2024-01-31"), "because of 30 cells such as"),
    "few dates that are right": (csv("2024-01-31", "1/2/2024", "31.1.2024"), 'such as "1/2/2024"'),
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


@pytest.mark.parametrize(
    "cells",
    [
        ("2024-01-31 10:00:00+00", "2024-02-01 11:00:07.5-05"),
        ("2024-01-31 10:00:00 UTC", "2024-02-01 10:00:00 UTC"),
        ("2024-01-31 10:00:00 +0100", "2024-02-01T10:00 +01:00"),
    ],
)
def test_times_as_databases_write_them_are_read(cells, tmp_path):
    evaluation, told = ordered(tmp_path, "data.csv", csv(*cells))
    assert evaluation["data"]["inputs"][2]["time"] == "s"
    assert told == []


@pytest.mark.parametrize("gap", ["<NA>", "#DIV/0!", "NaN", "nan", "#N/A", "NaT", "-"])
def test_gaps_as_programs_write_them_are_found(gap, tmp_path):
    evaluation, told = ordered(tmp_path, "data.csv", csv("1.5", gap, "2"))
    assert evaluation["data"]["csv"] == {"gaps": [gap]}
    assert evaluation["data"]["inputs"] == [{"name": "X", "columns": ["a", "b", "c"], "missing": "nan"}]
    assert told == []


def over_and_over(**columns: list[str]) -> pd.DataFrame:
    """A table of *columns*, each repeated."""
    return pd.DataFrame(
        {name: [cells[row % len(cells)] for row in range(ROWS)] for name, cells in columns.items()}
    )


SHARED = {
    "a country": ("c", ["NA", "CH", "DE"], ["NA"]),
    "a habit": ("c", ["None", "daily", "weekly"], ["None"]),
    "a gap in both": ("c", ["Bern", "NA", "Chur"], ["NA"]),
    "a label": ("y", ["a", "-"], ["-"]),
    "two gaps and nothing else": ("c", ["--", "--", "-"], ["-", "--"]),
}


@pytest.mark.parametrize("kind", SHARED)
def test_a_gap_between_numbers_that_is_perhaps_a_value_elsewhere_is_asked_about(kind, tmp_path):
    name, cells, gaps = SHARED[kind]
    frame = over_and_over(fee=["1.5", "2", *gaps], **{"c": ["x", "z"], "y": ["no", "yes"], name: cells})
    with pytest.raises(InvalidInput, match="cannot be read in one way only") as asked:
        ordered(tmp_path, "data.csv", lambda path: frame.to_csv(path, index=False))
    for gap in gaps:
        shared = f'"{gap}" stands between the numbers of "fee", and also among the texts of "{name}"'
        assert shared in str(asked.value)
        assert f"--gap={gap}" in asked.value.hint


def test_a_gap_in_all_columns_is_read_as_declared(tmp_path):
    frame = over_and_over(
        fee=["NA", "1", "2"], day=["2024-01-31", "NA"], town=["NA", "Bern", "Chur"], y=["no", "yes"]
    )
    evaluation, told = ordered(
        tmp_path, "data.csv", lambda path: frame.to_csv(path, index=False), declared={"gaps": ["NA"]}
    )
    assert [(one["name"], one["missing"]) for one in evaluation["data"]["inputs"]] == [
        ("fee", "nan"),
        ("day", "nan"),
        ("town", ""),
    ]
    assert told == []


def test_a_gap_among_texts_far_into_the_file_is_asked_about(tmp_path):
    rows = "".join(f"1.5,{'x' * 100},{row % 2}\n" for row in range(11_000))
    with pytest.raises(InvalidInput, match=r"Line 11003 holds .* among the texts of \"t\""):
        ordered(tmp_path, "data.csv", text(f"c,t,y\nNA,x,1\n{rows}1,NA,1\n"))


def test_a_date_that_does_not_exist_is_named_with_a_way_out(tmp_path):
    write = csv(*["2024-01-31", "2024-02-01"] * 28, "0000-00-00", "2024-02-02")
    with pytest.raises(InvalidInput, match=r'"c" holds no date or time in 1 row, first in row 57; .* --gap'):
        ordered(tmp_path, "data.csv", write)
    evaluation, _ = ordered(tmp_path, "data.csv", write, declared={"gaps": ["0000-00-00"]})
    assert evaluation["data"]["inputs"][2]["missing"] == "nan"


def test_gaps_in_columns_of_times_truths_and_nothing_are_not_asked_about(tmp_path):
    frame = over_and_over(
        fee=["NA", "1", "2"],
        on=["true", "NA", "false"],
        day=["2024-01-31", "NA"],
        note=["NA"],
        y=["no", "yes"],
    )
    evaluation, told = ordered(tmp_path, "data.csv", lambda path: frame.to_csv(path, index=False))
    assert evaluation["data"]["csv"] == {"gaps": ["NA"]}
    assert told == ['"note" is empty in all rows. To leave it out, say --without note.']


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


@pytest.mark.parametrize(
    ("name", "write"),
    [
        (
            "data.csv",
            text("id,a,y\n" + "".join(f"{1000 + row},{row % 7},{row % 2}\n" for row in range(ROWS))),
        ),
        ("data.parquet", table(id=pa.array(range(ROWS)))),
        ("data.npz", npz(id=np.arange(ROWS), X=ARRAY, y=CLASSES)),
    ],
)
def test_numbers_of_rows_are_told(name, write, tmp_path):
    assert ordered(tmp_path, name, write)[1] == [
        '"id" counts the rows. If it is no measurement, say --without id.'
    ]


@pytest.mark.parametrize("name", ["data.csv", "data.parquet"])
def test_few_numbers_that_are_perhaps_classes_are_told(name, tmp_path):
    frame = FRAME.assign(y=(np.arange(ROWS) % 2).astype(float))
    write = frame.to_parquet if name.endswith("t") else lambda path: frame.to_csv(path, index=False)
    evaluation, told = ordered(tmp_path, name, write)
    assert evaluation["task"] == "regression"
    (one,) = told
    assert "say --task classification" in one
    evaluation, told = ordered(tmp_path, f"again-{name}", write, task="classification")
    assert (len(evaluation["data"]["classes"]), told) == (2, [])


def test_columns_without_a_value_are_told(tmp_path):
    _, told = ordered(tmp_path, "data.csv", csv(""))
    assert told == ['"c" is empty in all rows. To leave it out, say --without c.']


def test_names_that_the_first_line_lacks_are_told(tmp_path):
    write = lines({"a": 1.5, "y": "no"}, {"a": 2, "y": "yes", "z": 3})
    evaluation, told = ordered(tmp_path, "data.jsonl", write)
    assert evaluation["data"]["inputs"] == [{"name": "X", "columns": ["a"]}]
    (one,) = told
    assert one.startswith('"z" is not in the first line: not used.')


def test_spaces_around_names_are_told(tmp_path):
    evaluation, told = ordered(tmp_path, "data.csv", text("a, b,y\n" + "1, 2.5,no\n2, 3.5,yes\n" * 9))
    assert evaluation["data"]["inputs"][0]["columns"] == ["a", " b"]
    assert told == ['Names begin or end with spaces, and keep them: " b".']


def test_values_of_very_many_columns_are_bounded(tmp_path):
    """Those with the fewest are told first."""
    many = pd.DataFrame({"y": KINDS, **{f"n{place}": np.arange(ROWS) for place in range(1_200)}})
    many.to_csv(tmp_path / "data.csv", index=False)
    described = NODE.describe(tmp_path / "data.csv", "csv")
    assert described.columns[0].values == {"no": 30, "yes": 30}
    assert 100 < sum(bool(one.values) for one in described.columns) < 1_200
    assert len(described.model_dump_json()) < 3 << 20


def test_row_labels_of_pandas_are_told(tmp_path):
    kept = FRAME.assign(y=KINDS, patient=RANDOM.permutation(ROWS)).set_index("patient")
    evaluation, told = ordered(tmp_path, "data.parquet", kept.to_parquet)
    assert evaluation["data"]["inputs"][0]["columns"] == ["a", "b"]
    assert told == ['"patient" is what pandas calls its rows (an index): not used.']


def test_classes_that_look_like_one_are_told(tmp_path):
    content = FRAME.assign(y=[("yes", "no", "Yes ")[row % 3] for row in range(ROWS)]).to_csv(index=False)
    evaluation, told = ordered(tmp_path, "data.csv", text(content))
    assert evaluation["data"]["classes"] == ["Yes ", "no", "yes"]
    assert told == ['"y" has the classes "Yes " and "yes", which are two.']


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


@pytest.mark.parametrize("sign", ["\u22121.5", "\u20132", "1,250.50-"])
def test_other_signs_than_a_hyphen_are_told(sign, tmp_path):
    evaluation, (told,) = ordered(tmp_path, "data.csv", csv("1.5", sign, "3"))
    assert evaluation["data"]["inputs"][2]["dtype"] == "string"
    assert "numbers whose minus is another character than -, or stands behind them" in told


def test_quotes_behind_backslashes_are_told(tmp_path):
    """As MySQL writes them. Read as CSV, the cell ends there, and what follows may be lost."""
    content = FRAME.assign(c='size 12\\" and more', y=KINDS).to_csv(index=False).replace('""', '"')
    _, (told,) = ordered(tmp_path, "data.csv", text(content))
    assert told.startswith('"c" holds backslashes and quotes in 60 cells, such as "size 12')
    assert 'write the quote twice instead ("")' in told


def test_other_quotes_have_an_option(tmp_path):
    content = "a,c,y\n" + "".join(f"{row},'p, {row * 7 % 11}',{row % 2}\n" for row in range(ROWS))
    with pytest.raises(AssayError, match="--quote"):
        ordered(tmp_path, "data.csv", text(content))
    evaluation, _ = ordered(tmp_path, "again.csv", text(content), declared={"quote": "'"})
    assert [one["name"] for one in evaluation["data"]["inputs"]] == ["a", "c"]


WHEN = np.datetime64("2024-01-01T00:00:00.250") + np.arange(ROWS) * np.timedelta64(7, "s")


@pytest.mark.parametrize(
    ("name", "write"),
    [
        (
            "data.csv",
            lambda path: FRAME.assign(c=[f"{one}+02:00" for one in WHEN], y=KINDS).to_csv(path, index=False),
        ),
        ("data.parquet", table(c=pa.array(WHEN))),
        ("data.npz", npz(X=ARRAY, c=WHEN, y=CLASSES)),
    ],
)
def test_parts_of_a_second_are_fed(name, write, tmp_path):
    """An order that asks for whole seconds would be refused, and nobody would know why."""
    evaluation, _ = ordered(tmp_path, name, write)
    (when,) = (one for one in evaluation["data"]["inputs"] if one["name"] == "c")
    assert (when["dtype"], when["time"]) == ("float64", "s")


def test_longdoubles_are_read_as_doubles(tmp_path):
    evaluation, told = ordered(tmp_path, "data.npz", npz(X=ARRAY.astype(np.longdouble), y=CLASSES))
    assert (evaluation["data"]["inputs"][0]["shape"], told) == ([4], [])
