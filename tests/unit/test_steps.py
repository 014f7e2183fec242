"""Checks side by side: each of them runs, and each gets its line and its log."""

from __future__ import annotations

import importlib.util
import io
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PATH = Path(__file__).resolve().parents[2] / "scripts" / "steps.py"


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`scripts/steps.py`, whose folder is no package and holds names that others have too."""
    spec = importlib.util.spec_from_file_location("steps", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "LOGS", tmp_path / "logs")
    return module


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def test_all_run_whatever_one_finds(steps: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = steps.run_together(
        {
            "broken": [python("print('what went wrong'); raise SystemExit(3)"), python("print('too late')")],
            "absent": [["no-such-program"]],
            "whole": [python("print('one')"), python("print('two')")],
        },
        2,
    )
    assert {title: outcome.code for title, outcome in outcomes.items()} == {
        "broken": 3,
        "absent": 127,
        "whole": 0,
    }
    shown = capsys.readouterr().out
    assert "what went wrong" in shown
    assert "cannot run no-such-program" in shown
    assert {"one", "two"} <= set(outcomes["whole"].text.splitlines())
    assert not {"one", "two"} & set(shown.splitlines())
    assert "too late" not in (tmp_path / "logs" / "broken.log").read_text()


def test_they_run_at_the_same_time(steps: Any, tmp_path: Path) -> None:
    """A pipe opens once somebody reads and somebody writes."""
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    outcomes = steps.run_together(
        {"reads": [python(f"open({pipe!r})")], "writes": [python(f"open({pipe!r}, 'w')")]}, 2
    )
    assert [outcome.code for outcome in outcomes.values()] == [0, 0]


class Terminal(io.StringIO):
    """Sets *seen* when the word has been shown."""

    def __init__(self, word: str, seen: Path) -> None:
        super().__init__()
        self._word, self._seen = word, seen

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self._word in text:
            self._seen.touch()
        return super().write(text)


def test_a_terminal_shows_what_a_long_step_does(
    steps: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step ends once its last line has been shown."""
    seen = tmp_path / "seen"
    terminal = Terminal("Downloading a large thing", seen)
    monkeypatch.setattr(steps, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(steps.sys, "stdout", terminal)
    waits = f"import os\nprint('Downloading a large thing')\nwhile not os.path.exists({str(seen)!r}): pass"
    steps.run("long", [python(waits)])
    assert terminal.getvalue().splitlines()[-1].rpartition("\r")[2].startswith("  long ")
    assert "ok" in terminal.getvalue()


def test_a_step_that_fails_stops_what_follows(steps: Any) -> None:
    with pytest.raises(steps.StepError, match="broken"):
        steps.run("broken", [python("raise SystemExit(1)")])
    assert steps.run("whole", [python("print('done')")]).endswith("done\n")
