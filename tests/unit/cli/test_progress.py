"""What takes long is shown on a terminal, and nowhere else; what is quick is not."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from assay.cli import progress
from assay.cli.progress import LateBar, MeteredStore, Scans


@pytest.fixture
def terminal(monkeypatch) -> Console:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    monkeypatch.setattr(progress, "_DELAY", -1.0)
    monkeypatch.setattr(LateBar.__init__, "__kwdefaults__", {"quiet": False, "on": console})
    return console


def shown(console: Console) -> str:
    return console.file.getvalue()


def test_a_file_on_its_way(terminal, tmp_path):
    with MeteredStore(f"file://{tmp_path}") as store:
        cid = store.put([b"x" * 1000] * 3)
        assert "sealing and sending" in shown(terminal)
        assert b"".join(store.get(cid, max_bytes=3000)) == b"x" * 3000
    assert "fetching and opening" in shown(terminal)
    assert "3.0 kB" in shown(terminal)


@pytest.mark.parametrize("why", ["quick", "quiet", "no terminal"])
def test_nothing_is_shown(terminal, monkeypatch, tmp_path, why):
    if why == "quick":
        monkeypatch.setattr(progress, "_DELAY", 60.0)
    if why == "no terminal":
        terminal._force_terminal = False
    with MeteredStore(f"file://{tmp_path}", quiet=why == "quiet") as store:
        store.put([b"x"] * 10)
    scans = Scans(quiet=why == "quiet")
    scans("one", 1, 2)
    scans.close()
    assert shown(terminal) == ""


def test_events_that_are_read_at_the_same_time_are_one_line(terminal):
    scans = Scans(quiet=False)
    scans("one", 10, 100)
    scans("two", 50, 100)
    scans._bar._bar.refresh()
    assert "30%" in shown(terminal)
    scans("one", 100, 100)
    assert scans._bar is not None
    scans("two", 60, 60)  # nobody wants the rest
    assert scans._bar is None


def test_a_second_line_is_not_shown_beside_the_first(terminal):
    with LateBar("first") as first, LateBar("second") as second:
        first.at()
        second.at()
        second.at()
    assert "second" not in shown(terminal)
