"""Quiet command runner of `setup.py` and `check.py`: one line a step, the log only when something fails.

Standard library only: it runs before there is an environment.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn

Command = Sequence[str | Path]

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "logs"
TICK_SECONDS = 0.5
"""How often a terminal is told that a step still runs."""


class StepError(Exception):
    """A command of a step ended with an error; its log has been printed."""


class Outcome(NamedTuple):
    """How a step ended."""

    code: int  # of the command that failed, 0 if all succeeded
    text: str
    seconds: float
    log: Path

    def told(self) -> str:
        """The rest of the step's line, and the log where it failed."""
        if not self.code:
            return f"ok {self.seconds:>4.0f} s"
        return f"FAILED after {self.seconds:.0f} s\n\n{self.text}\n(log: {self.log.relative_to(ROOT)})\n"


def run(title: str, commands: Sequence[Command], cwd: Path = ROOT) -> str:
    """Run commands one after another, output to a log; returns the log's text, raises StepError."""
    print(f"  {title:<32}", end="", flush=True)
    with _shown_running(title):
        outcome = _execute(title, commands, cwd)
    print(outcome.told(), flush=True)
    if outcome.code:
        raise StepError(title)
    return outcome.text


@contextmanager
def _shown_running(title: str) -> Iterator[None]:
    """In a terminal, show how long the step has run and what its log says last, until it has ended."""
    if not sys.stdout.isatty():
        yield
        return
    started, ended = time.monotonic(), threading.Event()

    def show() -> None:
        room = shutil.get_terminal_size().columns - 44
        while not ended.wait(TICK_SECONDS):
            line = _last_line(_log_of(title))[: max(room, 0)]
            seconds = time.monotonic() - started
            print(f"\r  {title:<32}{seconds:>7.0f} s {line}\x1b[K", end="", flush=True)

    shown = threading.Thread(target=show)
    shown.start()
    try:
        yield
    finally:
        ended.set()
        shown.join()
        print(f"\r  {title:<32}\x1b[K", end="", flush=True)


def _last_line(log: Path) -> str:
    """What is shown of a log that is being written; nothing where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(os.fstat(file.fileno()).st_size - 400, 0))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    said = [line for line in ("".join(c for c in part if c.isprintable()).strip() for part in lines) if line]
    return said[-1] if said else ""


def _log_of(title: str) -> Path:
    return LOGS / (title.replace(" ", "-").replace("/", "-") + ".log")


def run_together(steps: Mapping[str, Sequence[Command]], at_a_time: int) -> dict[str, Outcome]:
    """Run steps side by side, begun in the order given; the line of each is printed when it ends."""
    outcomes = {}
    with ThreadPoolExecutor(at_a_time) as pool:
        running = {pool.submit(_execute, title, commands, ROOT): title for title, commands in steps.items()}
        for done in as_completed(running):
            title = running[done]
            outcomes[title] = done.result()
            print(f"  {title:<32}{outcomes[title].told()}", flush=True)
    return outcomes


def _execute(title: str, commands: Sequence[Command], cwd: Path) -> Outcome:
    LOGS.mkdir(parents=True, exist_ok=True)
    log = _log_of(title)
    started = time.monotonic()
    with log.open("wb") as output:
        for command in commands:
            output.write(("$ " + " ".join(map(str, command)) + "\n").encode())
            output.flush()
            code = _call(command, cwd, output)
            if code:
                break
    return Outcome(code, log.read_text(errors="replace"), time.monotonic() - started, log)


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
