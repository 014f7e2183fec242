"""The guides are true: commands run and print what is shown. That what they name exists is in test_names."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from assay import Role
from assay_local.cli import furnish
from assay_local.market import LocalMarket

ROOT = Path(__file__).resolve().parents[2]
WALKTHROUGH = ROOT / "docs" / "guides" / "walkthrough.md"
FIRST_ORDERS = ROOT / "docs" / "guides" / "first-orders.md"
PLAYED = (WALKTHROUGH, FIRST_ORDERS)
"""In one market, one after the other."""
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


# --- guides that are played --------------------------------------------------------------------------------


class Shells:
    """One shell a person, which keeps its variables from block to block."""

    def __init__(self, folder: Path, environment: dict[str, str], market: LocalMarket) -> None:
        self.folder, self.environment, self.market = folder, environment, market

    def type(self, block: Block) -> str:
        """Run a block; what it printed. Fails with the output when a command fails."""
        variables = shlex.quote(str(self.folder / f"{block.person}.variables"))
        script = f"if [ -f {variables} ]; then . {variables}; fi\n{block.text}\nexport -p > {variables}\n"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,  # the hashes of transactions, which differ each time, are on stderr
            text=True,
            timeout=SECONDS,
        )
        assert done.returncode == 0, (
            f"{block.text}\nended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
        return done.stdout

    def stop(self) -> None:
        """End the seller's daemon, where its page did not come to that."""
        for file in self.folder.glob("*.variables"):
            for number in re.findall(r'^declare -x SELLER="(\d+)"$', file.read_text(), re.MULTILINE):
                with suppress(ProcessLookupError):
                    os.kill(int(number), signal.SIGTERM)


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


@pytest.fixture(scope="module")
def shells(tmp_path_factory) -> Iterator[Shells]:
    """A folder that looks like the repository beside a market that `assay up` would have started there."""
    root = tmp_path_factory.mktemp("repository")
    (root / "examples").symlink_to(ROOT / "examples")
    folder = root / ".local" / "market"
    with (
        pytest.MonkeyPatch.context() as patch,
        LocalMarket(folder, deployments=root / "deployments") as local,
    ):
        patch.setenv("ASSAY_PASSPHRASE_FILE", "")  # what the market sets for itself ends with the test
        furnish(local, VALIDATORS, lambda _step: None)
        bare = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        places = {
            "ASSAY_RPC": local.anvil.rpc,
            "ASSAY_IPFS": local.ipfs.url,
            "ASSAY_STATE": str(root / "state"),
            "PATH": programs,
        }
        typed = Shells(root, bare | places, local)
        yield typed
        typed.stop()


@pytest.mark.slow
def test_the_played_guides_do_what_they_show(shells):
    printed, compared = "", 0
    for block in (block for page in PLAYED for block in blocks(page)):
        if block.language == "sh" and not set(block.commands) <= set(RUN_ELSEWHERE):
            printed = shells.type(block)
        elif block.language == "text":
            check_output(block.text, printed)
            compared += 1
    assert compared > 12


@pytest.mark.parametrize("number", [2, 3])
def test_an_order_takes_few_commands(number):
    """From writing the order to the fetched model, both sides and jumps in time together."""
    commands = [one for block in blocks(FIRST_ORDERS) if block.language == "sh" for one in block.commands]
    looked = ("python", "assay bid show", "assay commission wait")
    done = [one for one in commands if not one.startswith(looked)]
    task = {2: "diabetes", 3: "digits"}[number]
    own = [one for one in done if task in one or re.search(rf" {number}( |$)", one) or "time-travel" in one]
    assert own[0].startswith("assay order new")
    assert own[-1].startswith("assay model fetch")
    assert len(own) == 11


@pytest.mark.slow
def test_the_readmes_python_opens_a_commission(shells):
    """As it stands there, but for the ports."""
    local, folder = shells.market, shells.folder
    local.actor("hospital").participants.register(Role.CUSTOMER, jurisdiction="US", domains=["healthcare"])
    for copy, original in {
        "hospital.json": local.keystores / "hospital.json",
        "order.json": ROOT / "examples" / "order.json",
    }.items():
        shutil.copy(original, folder / copy)
    patients = [sys.executable, "examples/train.py", "."]
    assert subprocess.run(patients, cwd=folder, capture_output=True, timeout=SECONDS).returncode == 0
    (program,) = (block.text for block in blocks(ROOT / "README.md") if block.language == "python")
    for usual, here in {
        "http://127.0.0.1:8545": local.anvil.rpc,
        "http://127.0.0.1:5001": local.ipfs.url,
    }.items():
        assert usual in program
        program = program.replace(usual, here)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=shells.environment | {"ASSAY_PASSPHRASE_FILE": str(local.passphrase_file)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    assert "bid" in done.stdout  # what is due next


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


@pytest.mark.parametrize("page", [ROOT / "README.md", *PLAYED], ids=name_of)
def test_every_command_is_run(page):
    commands = [
        (block, command) for block in blocks(page) if block.language == "sh" for command in block.commands
    ]
    assert commands
    typed_by_a_person = {"Alice", "Bob", "Carol", "Dan"} if page in PLAYED else set()
    for block, command in commands:
        assert command in RUN_ELSEWHERE or block.person in typed_by_a_person, command
