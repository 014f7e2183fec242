"""Compiled copies of the project with mutants woven in, and the forge tests that fail with one of them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Timer
from typing import Any, NamedTuple

from mutants import BASE
from steps import ROOT

WORKERS = 2
SUITES = ROOT / "tests" / "contracts"
READ = ["tests/vectors", "client/assay/chain"]  # what tests read, beside those of FOREIGN
FOREIGN = ["differential", "releases"]  # folders of tests that need more than the sources
ALL = "all"  # the cache of the compilation of all tests
OWN_RUNS = re.compile(
    rb"forge-config: default\.invariant\.(runs|depth) = \d+"
)  # else no profile can set them
CACHE = "solidity-files-cache.json"
ANY = "*"  # a killer that is not known: every suite
LEAST, TIMES = (
    30,
    4,
)  # seconds of processor time that a mutant gets, and times what the tests take without one
LONGEST = 6 * 60 * 60  # seconds on the clock after which a run is stopped with an error: forge itself hangs

Failures = dict[str, dict[str, dict[str, Any]]]  # by suite and test, what forge says of it


class Done(NamedTuple):
    """A run of forge that has ended."""

    code: int
    text: str
    seconds: float  # of processor time


class Trees:
    """Compiled copies of the project with all mutants in them, one for each worker.

    All tests are compiled at once. A folder of tests is chosen by telling forge that there are no others: a
    filter would cost a compilation a run. Each folder has a copy of forge's cache that says so.
    """

    def __init__(self, woven: dict[str, bytes], folders: set[str], work: Path) -> None:
        self._free: SimpleQueue[Path] = SimpleQueue()
        self._limits: dict[str, int] = {}
        self._measuring = Lock()
        first = work / "tree-0"
        _write_tree(first, woven)
        built = self._forge(first, "", "build")
        if built.code:
            sys.exit(f"the mutants do not compile:\n{built.text[-5000:]}")
        for folder in folders:
            _narrow_cache(first, folder)
        for number in range(WORKERS):
            tree = work / f"tree-{number}"
            if number:
                shutil.rmtree(tree, ignore_errors=True)
                shutil.copytree(first, tree, symlinks=True)
            self._free.put(tree)

    def killer(self, folders: list[str], number: int, runs: dict[str, str]) -> str:
        """The suite that fails with a mutant in the first folder with a failing one, else an empty string."""
        return next(filter(None, (self._killer(folder, number, runs) for folder in folders)), "")

    def failures(self, folder: str, number: int, runs: dict[str, str], first: bool) -> Failures:
        """All tests of a folder that fail with a mutant, or the first."""
        arguments = ["test", "--json", "--threads", "1", *(["--fail-fast"] if first else [])]
        tree = self._free.get()
        try:
            done = self._forge(tree, folder, *arguments, number=number, runs=runs)
        finally:
            self._free.put(tree)
        found = re.findall(r"^\{.*\}$", done.text, re.MULTILINE)  # the last: a campaign tells how it gets on
        if not found:
            raise RuntimeError(f"forge says nothing of its tests:\n{done.text[-3000:]}")
        suites = {name: suite["test_results"] for name, suite in json.loads(found[-1]).items()}
        return {
            name: {test: result for test, result in tests.items() if result["status"] == "Failure"}
            for name, tests in suites.items()
        }

    def _killer(self, folder: str, number: int, runs: dict[str, str]) -> str:
        done = self._test(folder, number, runs, self._limit(folder, runs))
        return ANY if done.code == -signal.SIGXCPU else _failing(done)

    def _limit(self, folder: str, runs: dict[str, str]) -> int:
        """Seconds of processor time that the tests of a folder may take with a mutant, else they hang.

        By the clock, every mutant would hang on a busy machine.
        """
        key = f"{folder} {runs}"
        with self._measuring:
            if key not in self._limits:
                done = self._test(folder, 0, runs, None)
                if suite := _failing(done):
                    sys.exit(f"{suite} fails without any mutant")
                self._limits[key] = LEAST + TIMES * round(done.seconds)
            return self._limits[key]

    def _test(self, folder: str, number: int, runs: dict[str, str], seconds: int | None) -> Done:
        tree = self._free.get()
        arguments = ["test", "--fail-fast", "--threads", "1"]
        try:
            return self._forge(tree, folder, *arguments, number=number, runs=runs, seconds=seconds)
        finally:
            self._free.put(tree)

    @staticmethod
    def _forge(
        tree: Path,
        folder: str,
        *arguments: str,
        number: int = 0,
        runs: dict[str, str] | None = None,
        seconds: int | None = None,
    ) -> Done:
        environment = {
            **os.environ,
            **(runs or {}),
            "FOUNDRY_PROFILE": "mutation",
            "FOUNDRY_TEST": f"tests/contracts/{folder}".rstrip("/"),
            "FOUNDRY_OUT": "build/out",
            "FOUNDRY_CACHE_PATH": f"build/cache/{folder or ALL}",
            "FOUNDRY_BLOCK_COINBASE": f"0x{BASE + number:040x}",
        }
        limited = ["prlimit", f"--cpu={seconds}:"] if seconds else []
        process = subprocess.Popen(
            [*limited, "forge", *arguments],
            cwd=tree,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        watch = Timer(LONGEST, process.kill)
        watch.daemon = True
        watch.start()
        with process:
            assert process.stdout
            text = process.stdout.read().decode(errors="replace")
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        watch.cancel()
        return Done(process.returncode, text, usage.ru_utime + usage.ru_stime)


def _failing(done: Done) -> str:
    """The first suite that failed, else an empty string."""
    suite = ""
    for line in done.text.splitlines():
        found = re.match(r"Ran \d+ tests? for (\S+):\w+", line)
        suite = found[1] if found else suite
        if line.startswith("[FAIL") and suite:
            return suite
    if done.code:
        raise RuntimeError(f"forge failed without a failing test:\n{done.text[-3000:]}")
    return ""


def _narrow_cache(tree: Path, folder: str) -> None:
    """A cache by which forge takes one folder of tests for all there are, and finds them compiled."""
    cache = json.loads((tree / "build" / "cache" / ALL / CACHE).read_text())
    cache["paths"]["tests"] = f"tests/contracts/{folder}"
    path = tree / "build" / "cache" / folder / CACHE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(cache))


def _write_tree(tree: Path, woven: dict[str, bytes]) -> None:
    """Files that are as they were keep their time, so that forge compiles no more than it has to."""
    wanted = {Path("foundry.toml"): (ROOT / "foundry.toml").read_bytes()}
    for path in [*(ROOT / "contracts").rglob("*.sol"), *SUITES.rglob("*.sol")]:
        file = path.relative_to(ROOT)
        if not path.name.endswith("Gas.t.sol") and path.parent.name not in FOREIGN:
            text = woven.get(str(file)) or re.sub(rb"\bpure\b", b"view", path.read_bytes())
            wanted[file] = OWN_RUNS.sub(b"", text)
    for path in [*tree.glob("contracts/**/*.sol"), *tree.glob("tests/**/*.sol")]:
        if path.relative_to(tree) not in wanted:
            path.unlink()
    for file, text in wanted.items():
        path = tree / file
        if not path.exists() or path.read_bytes() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
    for name in ("node_modules", "scripts"):
        if not (tree / name).is_symlink():
            (tree / name).symlink_to(ROOT / name)
    for name in READ:
        shutil.copytree(ROOT / name, tree / name, dirs_exist_ok=True)
