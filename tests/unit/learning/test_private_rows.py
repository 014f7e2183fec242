"""Rows that hold a trigger set are as secret as the set."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from assay.cli import app
from assay_learning.requests import MakeWatermark


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    chance = np.random.default_rng(1)
    np.savez(tmp_path / "rows.npz", x=chance.random((400, 6), np.float32), y=np.arange(400) % 2)
    return tmp_path / "rows.npz"


def request(rows: Path, marked: str) -> MakeWatermark:
    folder = rows.parent
    return MakeWatermark(
        do="watermark", rows=rows, target="y", count=128, triggers=folder / "t.json", marked=folder / marked
    )


@pytest.mark.parametrize("marked", ["marked.npz", "marked.csv"])
def test_only_their_owner_reads_them(rows, marked):
    before = os.umask(0o022)
    try:
        request(rows, marked).answer()
    finally:
        os.umask(before)
    assert (rows.parent / marked).stat().st_mode & 0o777 == 0o600
    assert (rows.parent / marked).stat().st_size > 1_000


def test_what_is_there_is_not_overwritten(rows):
    other = rows.parent / "marked.npz"
    other.write_text("something of mine")
    with pytest.raises(FileExistsError):
        request(rows, "marked.npz").answer()
    assert other.read_text() == "something of mine"
    assert not (rows.parent / "t.json").exists()


@pytest.mark.parametrize("name", ["marked.npz", "triggers.json"])
def test_the_command_says_what_it_would_overwrite(rows, name):
    (rows.parent / name).write_text("something of mine")
    words = ("model", "watermark", str(rows), "--target", "y", "--out", str(rows.parent))
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1
    assert f"{name} exists" in done.stderr.replace("\n", "")
    assert (rows.parent / name).read_text() == "something of mine"
