"""Mutation score of the contracts and of what they rest on: `make mutate`. Fails where one is below 90 %.

A sample of each contract's mutants (see `mutants.py`) is run against the forge tests of its own folders, then
against those in hostile surroundings. Outcomes are kept in `build/mutants/outcomes.json`: a kill holds while
the suite that found it and all it imports are unchanged, a survival while all suites are. Survivors are
explained in `tests/mutation/survivors.toml`.
"""

import argparse
import hashlib
import json
import math
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import mutants
from mutants import BASE, Mutant
from steps import ROOT

REQUIRED = 90.0  # per cent of each contract's mutants
WORKERS = 2
WORK = ROOT / "build" / "mutants"
OUTCOMES = WORK / "outcomes.json"
SUITES = ROOT / "tests" / "contracts"
HOSTILE = "hostile"  # the folder of tests that a survivor of its own folders is run against
SAMPLE = 200  # mutants of a contract that are run
ANY = "*"  # a killer that is not known: every suite
EXPLAINED = ROOT / "tests" / "mutation" / "survivors.toml"
RESULTS = ROOT / "benchmarks" / "results" / "mutation.json"
# contract or part -> its sources but those of the targets before, and the folders of its own tests
TARGETS = {
    "Escrow": (["escrow/*.sol"], ["escrow"]),
    "VickreyAuction": (["auction/*.sol"], ["auction"]),
    "ValidatorStaking": (["oracle/ValidatorStaking.sol", "kernel/SumTree.sol"], ["oracle", "kernel"]),
    "Rounds": (["oracle/Rounds*.sol", "oracle/Appeals.sol"], ["oracle"]),
    "ValidationOracle": (["oracle/*.sol"], ["oracle"]),
    "KeyExchange": (["kernel/KeyExchange.sol", "kernel/Deliveries.sol"], ["kernel", "market"]),
    "kernel": (["kernel/*.sol"], ["kernel", "market", "dispute"]),
    "CommissionMarket": (["market/Commission*.sol"], ["market", "dispute"]),
    "Court": (["dispute/*.sol"], ["dispute"]),
    "AuditRegistry": (["audit/Audit*.sol"], ["audit"]),
    "Conformity": (["audit/Conformity.sol", "audit/TestSets.sol"], ["audit"]),
    "Reputation": (["audit/Reputation.sol", "audit/Decay.sol"], ["audit"]),
    "Opinions": (["audit/*.sol"], ["audit"]),
    "governance": (["policy/*.sol"], ["policy", "promises"]),
}


def sources_of(contract: str) -> list[str]:
    """The files whose mutants count for a contract."""
    taken: set[str] = set()
    for name, (patterns, _) in TARGETS.items():
        found = {
            str(path.relative_to(ROOT)) for one in patterns for path in (ROOT / "contracts").glob(one)
        } - taken
        if name == contract:
            return sorted(found)
        taken |= found
    raise KeyError(contract)


def sample(found: list[Mutant], size: int) -> list[Mutant]:
    """The same mutants in each run, and mostly the same after an edit."""

    def rank(mutant: Mutant) -> bytes:
        named = (mutant.file, mutant.function, mutant.operator, mutant.original, mutant.text)
        return hashlib.sha256(repr(named).encode()).digest()

    return sorted(sorted(found, key=rank)[:size], key=lambda mutant: (mutant.file, mutant.start))


def interval(killed: int, run_: int, population: int) -> tuple[float, float]:
    """The 95 % interval of a score in per cent (Wilson); the score itself if every mutant was run."""
    share = killed / run_
    if run_ == population:
        return 100 * share, 100 * share
    z = 1.96
    middle = (share + z * z / (2 * run_)) / (1 + z * z / run_)
    half = z / (1 + z * z / run_) * math.sqrt(share * (1 - share) / run_ + z * z / (4 * run_ * run_))
    return 100 * (middle - half), 100 * (middle + half)


class Outcomes:
    """What is known of mutants from earlier runs."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, str]] = json.loads(OUTCOMES.read_text()) if OUTCOMES.exists() else {}
        self._lock = threading.Lock()

    def of(self, mutant: Mutant) -> str | None:
        """The suite that killed it, an empty string if it survived, None if it has to be run."""
        known = self._known.get(self._key(mutant))
        return known["by"] if known and known["digest"] == _digest(known["by"]) else None

    def record(self, mutant: Mutant, killer: str) -> None:
        """Keep the outcome, at once: a run can be stopped at any time."""
        with self._lock:
            self._known[self._key(mutant)] = {"by": killer, "digest": _digest(killer)}
            fresh = OUTCOMES.with_suffix(".new")
            fresh.write_text(json.dumps(self._known))
            fresh.replace(OUTCOMES)

    @staticmethod
    def _key(mutant: Mutant) -> str:
        return f"{mutant.file}:{mutant.start}:{mutant.original}:{mutant.text}"


@cache
def _digest(suite: str) -> str:
    """Of a suite and all that it imports; of all suites where there is no killer or it is not known."""
    suites = [*SUITES.rglob("*.t.sol")] if suite in ("", ANY) else [ROOT / suite]
    digest = hashlib.sha256((ROOT / "foundry.toml").read_bytes())
    for path in sorted(set().union(*map(_imports, suites))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _imports(path: Path) -> frozenset[Path]:
    if not path.exists():
        return frozenset()
    found = {path}
    for name in re.findall(r'^import .*?"(\..+?)";', path.read_text(), re.MULTILINE | re.DOTALL):
        found |= _imports((path.parent / name).resolve())
    return frozenset(found)


class Trees:
    """Compiled copies of the project with all mutants in them, one for each worker.

    Tests are chosen by compiling a folder of them to its own place: a filter would cost a compilation a run.
    """

    def __init__(self, woven: dict[str, bytes], folders: set[str]) -> None:
        self._free: SimpleQueue[Path] = SimpleQueue()
        self.seconds: float | None = (
            None  # that a run may take; what takes longer hangs, and counts as killed
        )
        first = WORK / "tree-0"
        _write_tree(first, woven)
        with ThreadPoolExecutor(WORKERS) as pool:
            for built in pool.map(
                lambda folder: self._forge(first, folder, "build"), sorted({*folders, HOSTILE})
            ):
                if built.returncode:
                    sys.exit(f"the mutants do not compile:\n{built.stdout[-5000:]}")
        for number in range(WORKERS):
            tree = WORK / f"tree-{number}"
            if number:
                shutil.rmtree(tree, ignore_errors=True)
                shutil.copytree(first, tree, symlinks=True)
            self._free.put(tree)

    def killer(self, folders: list[str], number: int) -> str:
        """The suite that fails with a mutant, an empty string if none does."""
        tree = self._free.get()
        try:
            found = (self._failing(tree, folder, number) for folder in [*folders, HOSTILE])
            return next(filter(None, found), "")
        finally:
            self._free.put(tree)

    def _failing(self, tree: Path, folder: str, number: int) -> str:
        try:
            done = self._forge(tree, folder, "test", "--fail-fast", "--threads", "1", number=number)
        except subprocess.TimeoutExpired:
            return ANY
        suite = ""
        for line in done.stdout.splitlines():
            found = re.match(r"Ran \d+ tests? for (\S+):\w+", line)
            suite = found[1] if found else suite
            if line.startswith("[FAIL") and suite:
                return suite
        if done.returncode:
            raise RuntimeError(f"forge failed without a failing test:\n{done.stdout[-3000:]}")
        return ""

    def _forge(
        self, tree: Path, folder: str, *arguments: str, number: int = 0
    ) -> "subprocess.CompletedProcess[str]":
        environment = {
            **os.environ,
            "FOUNDRY_PROFILE": "mutation",
            "FOUNDRY_TEST": f"tests/contracts/{folder}",
            "FOUNDRY_OUT": f"build/{folder}/out",
            "FOUNDRY_CACHE_PATH": f"build/{folder}/cache",
            "FOUNDRY_BLOCK_COINBASE": f"0x{BASE + number:040x}",
        }
        return subprocess.run(
            ["forge", *arguments],
            cwd=tree,
            env=environment,
            text=True,
            timeout=self.seconds,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )


def _write_tree(tree: Path, woven: dict[str, bytes]) -> None:
    """Files that are as they were keep their time, so that forge compiles no more than it has to."""
    wanted = {Path("foundry.toml"): (ROOT / "foundry.toml").read_bytes()}
    for path in [*(ROOT / "contracts").rglob("*.sol"), *SUITES.rglob("*.sol")]:
        file = path.relative_to(ROOT)
        if not path.name.endswith("Gas.t.sol"):
            wanted[file] = woven.get(str(file)) or re.sub(rb"\bpure\b", b"view", path.read_bytes())
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


def run(chosen: dict[str, list[Mutant]]) -> dict[Mutant, str]:
    """The killer of each mutant."""
    outcomes = Outcomes()
    every = [mutant for found in chosen.values() for mutant in found]
    files = mutants.read(sorted({mutant.file for mutant in every}))
    known = {mutant: outcome for mutant in every if (outcome := outcomes.of(mutant)) is not None}
    if len(known) == len(every):
        return known
    woven, numbered = mutants.without_invalid(files, [mutant for mutant in every if mutant not in known])
    folders = {mutant: TARGETS[contract][1] for contract, found in chosen.items() for mutant in found}
    every_folder = {folder for own in folders.values() for folder in own}
    trees = Trees(woven, every_folder)
    started = time.monotonic()
    if suite := trees.killer(sorted(every_folder), 0):
        sys.exit(f"{suite} fails without any mutant")
    trees.seconds = 30 + 5 * (time.monotonic() - started)

    def one(number: int) -> tuple[Mutant, str]:
        mutant = numbered[number]
        killer = trees.killer(folders[mutant], number)
        outcomes.record(mutant, killer)
        return mutant, killer

    with ThreadPoolExecutor(WORKERS) as pool:
        for count, (mutant, killer) in enumerate(pool.map(one, numbered), start=1):
            known[mutant] = killer
            if sys.stderr.isatty() or count % 50 == 0:
                print(f"\r  {count} of {len(numbered)} mutants", end="", file=sys.stderr, flush=True)
    return known


def explanation(mutant: Mutant, explained: list[dict[str, str]]) -> str:
    """Why a survivor changes nothing, empty if nobody said."""
    for entry in explained:
        named = entry["file"] == mutant.file and entry["function"] == mutant.function
        if named and entry["original"] == _flat(mutant.original) and entry["mutant"] == _flat(mutant.text):
            return entry["why"]
    return ""


def _flat(text: str) -> str:
    return " ".join(text.split())


def report(
    chosen: dict[str, list[Mutant]], killers: dict[Mutant, str], populations: dict[str, int]
) -> tuple[dict[str, Any], bool]:
    """Print the table and the survivors; returns the figures and whether every contract's score is enough."""
    explained = tomllib.loads(EXPLAINED.read_text())["survivor"] if EXPLAINED.exists() else []
    figures: dict[str, Any] = {}
    print(f"{'contract':<20}{'mutants':>8}{'of':>6}{'killed':>8}{'survived':>10}{'score':>9}  95 % interval")
    for contract, found in chosen.items():
        run_ = [mutant for mutant in found if mutant in killers]
        survivors = [mutant for mutant in run_ if not killers[mutant]]
        score = 100 * (len(run_) - len(survivors)) / max(len(run_), 1)
        low, high = interval(len(run_) - len(survivors), max(len(run_), 1), populations[contract])
        print(
            f"{contract:<20}{len(run_):>8}{populations[contract]:>6}{len(run_) - len(survivors):>8}"
            f"{len(survivors):>10}{score:>7.1f} %  {low:.1f} to {high:.1f} %"
        )
        figures[contract] = {
            "mutants": len(run_),
            "killed": len(run_) - len(survivors),
            "score": round(score, 1),
            "of": populations[contract],
            "confidence95": [round(low, 1), round(high, 1)],
            "survivors": [
                {
                    "at": f"{mutant.file}:{mutant.line}",
                    "function": mutant.function,
                    "operator": mutant.operator,
                    "original": _flat(mutant.original),
                    "mutant": _flat(mutant.text),
                    "why": explanation(mutant, explained),
                }
                for mutant in survivors
            ],
        }
    for figure in figures.values():
        for survivor in figure["survivors"]:
            print(f"\n{survivor['at']} {survivor['function']}: {survivor['operator']}")
            print(f"  - {survivor['original']}\n  + {survivor['mutant'] or '(nothing)'}")
            print(f"  {survivor['why'] or 'NOT EXPLAINED'}")
    return figures, all(figure["score"] >= REQUIRED for figure in figures.values())


def main() -> None:
    """Run the mutants of all contracts, or of those that were asked for."""
    parser = argparse.ArgumentParser(description="Mutation score of the contracts.")
    parser.add_argument(
        "--contract", action="append", choices=TARGETS, help="only this one (may be repeated)"
    )
    parser.add_argument("--lines", help="only mutants in these lines, e.g. 100-120")
    parser.add_argument("--file", help="only mutants of this source, e.g. contracts/oracle/Panels.sol")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="mutants of a contract that are run")
    parser.add_argument("--all", action="store_true", help="run every mutant")
    arguments = parser.parse_args()
    first, _, last = (arguments.lines or "1-1000000").partition("-")
    lines = range(int(first), int(last or first) + 1)
    WORK.mkdir(parents=True, exist_ok=True)
    chosen, populations = {}, {}
    for contract in arguments.contract or TARGETS:
        files = [file for file in sources_of(contract) if arguments.file in (None, file)]
        found = [mutant for mutant in mutants.find(mutants.read(files)) if mutant.line in lines]
        populations[contract] = len(found)
        chosen[contract] = found if arguments.all else sample(found, arguments.sample)
    started = time.monotonic()
    figures, enough = report(chosen, run(chosen), populations)
    if not (arguments.contract or arguments.lines or arguments.file):
        RESULTS.write_text(json.dumps(figures, indent=2) + "\n")
    total = sum(figure["mutants"] for figure in figures.values())
    killed = sum(figure["killed"] for figure in figures.values())
    print(f"\n{total} mutants in {time.monotonic() - started:.0f} s")
    print(f"mutation score: {100 * killed / max(total, 1):.1f} %")
    sys.exit(0 if enough else 1)


if __name__ == "__main__":
    main()
