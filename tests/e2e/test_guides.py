"""The guides are true: commands run and print what is shown. That what they name exists is in test_names."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from assay_local.cli import furnish
from assay_local.market import LocalMarket

ROOT = Path(__file__).resolve().parents[2]
WALKTHROUGH = ROOT / "docs" / "guides" / "walkthrough.md"
RUN_ELSEWHERE = {
    "make demo": "tests/e2e/test_demo.py plays it",
    "make test": "is what runs this test",
    "make up": "its market is started by this test, on free ports",
}
VALIDATORS = 5
SECONDS = 300
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and its text."""

    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        """The lines of a shell block without comments."""
        lines = [re.sub(r"(^|\s)#.*", "", line).strip() for line in self.text.splitlines()]
        return [line for line in lines if line]

    @property
    def person(self) -> str:
        """Who types it: the comment on its first line."""
        return self.text.splitlines()[0].removeprefix("# ")


def blocks(page: Path) -> list[Block]:
    return [Block(language, text) for language, text in _FENCE.findall(page.read_text())]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


# --- the walkthrough ---------------------------------------------------------------------------------------


class Shells:
    """One shell a person, which keeps its variables from block to block."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder, self._environment = folder, environment

    def type(self, block: Block) -> str:
        """Run a block; what it printed. Fails with the output when a command fails."""
        variables = shlex.quote(str(self._folder / f"{block.person}.variables"))
        script = f"if [ -f {variables} ]; then . {variables}; fi\n{block.text}\nexport -p > {variables}\n"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,  # the hashes of transactions, which differ each time, are on stderr
            text=True,
            timeout=SECONDS,
        )
        assert done.returncode == 0, (
            f"{block.text}\nended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
        return done.stdout


def one_space(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def as_documented(shown: str) -> re.Pattern[str]:
    """What a guide shows as a pattern: "…" is anything, on a line of its own any number of lines."""
    lines = (
        r"(?:[^\n]*\n)*?" if line == "…" else re.escape(line).replace("…", r"[^\n]*") + r"\n"
        for line in one_space(shown)
    )
    return re.compile("".join(lines))


def check_output(shown: str, printed: str) -> None:
    text = "".join(f"{line}\n" for line in one_space(printed))
    assert as_documented(shown).fullmatch(text), f"The guide shows\n{shown}\nbut this was printed:\n{printed}"


@pytest.fixture
def shells(tmp_path, monkeypatch) -> Iterator[Shells]:
    """A folder that looks like the repository beside a market that `assay up` would have started there."""
    monkeypatch.setenv("ASSAY_PASSPHRASE_FILE", "")  # what the market sets for itself ends with the test
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    folder = tmp_path / ".local" / "market"
    with LocalMarket(folder, deployments=tmp_path / "deployments") as local:
        furnish(local, VALIDATORS, lambda _step: None)
        bare = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        places = {
            "ASSAY_RPC": local.anvil.rpc,
            "ASSAY_IPFS": local.ipfs.url,
            "ASSAY_STATE": str(tmp_path / "state"),
            "PATH": programs,
        }
        yield Shells(tmp_path, bare | places)


@pytest.mark.slow
def test_the_walkthrough_does_what_it_shows(shells):
    printed, compared = "", 0
    for block in blocks(WALKTHROUGH):
        if block.language == "sh" and not set(block.commands) <= set(RUN_ELSEWHERE):
            printed = shells.type(block)
        elif block.language == "text":
            check_output(block.text, printed)
            compared += 1
    assert compared > 8


def test_what_is_shown_is_compared_closely():
    shown = "state  settled\n…\nprice  3,… tUSD\n"
    check_output(shown, "state   settled\na\nb\nprice  3,600 tUSD\n")
    for printed in (
        "state settled\n",
        "state settled\nprice 3,600 tUSD\nmore\n",
        "state paid\nprice 3,6 tUSD\n",
    ):
        with pytest.raises(AssertionError):
            check_output(shown, printed)


@pytest.mark.parametrize("page", [ROOT / "README.md", WALKTHROUGH], ids=name_of)
def test_every_command_is_run(page):
    commands = [
        (block, command) for block in blocks(page) if block.language == "sh" for command in block.commands
    ]
    assert commands
    typed_by_a_person = {"Alice", "Bob", "Carol"} if page == WALKTHROUGH else set()
    for block, command in commands:
        assert command in RUN_ELSEWHERE or block.person in typed_by_a_person, command
