"""Quiet command runner of `setup.py` and `check.py`: one line a step, the log only when something fails.

Standard library only: it runs before there is an environment.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NoReturn

Command = Sequence[str | Path]

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "logs"


class StepError(Exception):
    """A command of a step ended with an error; its log has been printed."""


def run(title: str, commands: Sequence[Command], cwd: Path = ROOT) -> str:
    """Run commands one after another, output to a log; returns the log's text, raises StepError."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / (title.replace(" ", "-").replace("/", "-") + ".log")
    started = time.monotonic()
    print(f"  {title:<32}", end="", flush=True)
    with log.open("wb") as output:
        for command in commands:
            output.write(("$ " + " ".join(map(str, command)) + "\n").encode())
            output.flush()
            code = _call(command, cwd, output)
            if code:
                break
    text = log.read_text(errors="replace")
    seconds = time.monotonic() - started
    if code:
        print(f"FAILED after {seconds:.0f} s\n\n{text}\n(log: {log.relative_to(ROOT)})\n")
        raise StepError(title)
    print(f"ok {seconds:>4.0f} s", flush=True)
    return text


def _call(command: Command, cwd: Path, output: BinaryIO) -> int:
    try:
        return subprocess.call(
            [str(part) for part in command],
            cwd=str(cwd),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(os.environ, PYTHONUNBUFFERED="1"),
        )
    except OSError as error:
        output.write(f"cannot run {command[0]}: {error}\n".encode())
        return 127


def finish(title: str, failed: Sequence[str]) -> NoReturn:
    """Print the one-line verdict and leave the process with the matching code."""
    print(f"{title}: " + (f"FAILED ({', '.join(failed)})" if failed else "all passed"))
    sys.exit(1 if failed else 0)
