"""What perhaps stands for a gap is told, with its column and count, and is fed as it is."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from jailed_node import NODE
from typer.testing import CliRunner
from unjailed import jobs_in_this_process
from untidy import FRAME, KINDS, ROWS, csv, ordered, table, text

from assay.cli import app
from assay.markets.local_node import LocalNode


@pytest.fixture(autouse=True)
def jobs(monkeypatch):
    monkeypatch.setattr(LocalNode, "ask", lambda _, request, kind: NODE.ask(request, kind))
    with jobs_in_this_process():
        yield


MANY = [str(number) for number in range(12)]
TOLD = {
    "below zero": (csv("1.5", "-999", "2.5", "4"), '"-999" in 15 cells', "--gap=-999"),
    "above all": (csv("17", "9999", "80", "3"), '"9999" in 15 cells', "--gap=9999"),
    "as a fraction": (csv("17.25", "-99.0", "80.5", "3"), '"-99.0" in 15 cells', "--gap=-99.0"),
    "with a decimal comma": (
        csv("17,25", "999,0", "80,5", "3,1", sep=";", decimal=","), '"999,0" in 15 cells', "--gap=999,0"
    ),
    "in two ways": (csv("17", "-99", "-9", "3", "4"), '"-99" and "-9" in 24 cells', "--gap=-99 --gap=-9"),
    "never called": (csv("-1", *MANY), '"-1" in 5 cells', "--gap=-1"),
    "among many values": (
        text("c,y\n" + "".join(f"{row / 7},{row % 2}\n-999,{row % 2}\n" for row in range(300))),
        '"-999" in 300 cells', "--gap=-999",
    ),
    "a question mark among words": (csv("private", "?", "state", "none"), '"?" in 15 cells', "--gap='?'"),
    "a word among words": (csv("private", "Unknown", "state"), '"Unknown" in 20 cells', "--gap=Unknown"),
}  # fmt: skip


@pytest.mark.parametrize("what", TOLD)
def test_what_perhaps_stands_for_a_gap_is_told(what, tmp_path):
    write, counted, option = TOLD[what]
    _, told = ordered(tmp_path, "data.csv", write)
    assert len(told) == 1
    assert f'"c" holds {counted}, unlike its other values.' in told[0]
    assert option in told[0]


PLAIN = {
    "temperatures": csv(*map(str, range(-12, 30))),
    "directions": csv("-1", "0", "1"),
    "marks": csv("0", "99"),
    "numbers up to ten thousand": csv("9998", "9999", "4", "5000"),
    "one price": text("c,y\n999,0\n" + "".join(f"{row % 9},{row % 2}\n" for row in range(ROWS))),
    "logarithms": csv("-12.5", "-9", "-1", "-3.25"),
    "no cellar": csv("None", "finished", "raw"),
    "codes": csv("A-999", "B-12"),
}


@pytest.mark.parametrize("what", PLAIN)
def test_nothing_is_told_of_what_is_a_value_like_others(what, tmp_path):
    assert ordered(tmp_path, "data.csv", PLAIN[what])[1] == []


def test_of_other_files(tmp_path):
    column = pa.array(np.where(np.arange(ROWS) % 4, np.arange(ROWS), -9999))
    (told,) = ordered(tmp_path, "data.parquet", table(c=column))[1]
    assert told.startswith('"c" holds "-9999" in 15 cells, unlike its other values.')


def test_a_declared_gap_is_told_no_more(tmp_path):
    evaluation, told = ordered(tmp_path, "data.csv", csv("1", "-999", "2"), declared={"gaps": ["-999"]})
    assert (evaluation["data"]["inputs"][0]["missing"], told) == ("nan", [])


def test_a_check_of_an_order_tells_it_too_and_refuses_nothing(tmp_path):
    data, order = tmp_path / "data.csv", tmp_path / "order.json"
    FRAME.assign(c=np.where(np.arange(ROWS) % 4, FRAME.b, -999), y=KINDS).to_csv(data, index=False)
    said = CliRunner().invoke(app, ["order", "new", str(data), "--domain", "healthcare", "--out", str(order)])
    assert said.exit_code == 0, said.output
    assert "in 15 cells" in " ".join(said.stderr.split())
    told = CliRunner().invoke(app, ["commission", "check", str(order), str(data), "--json"])
    assert (told.exit_code, json.loads(told.stdout)["accepted"]) == (0, True)
    assert '"c" holds "-999" in 15 cells' in " ".join(told.stderr.split())
    assert "evaluation.data.csv.gaps" in told.stderr
