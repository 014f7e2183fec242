"""Plant bugs and say which layer of tests catches each: `make plant`. Fails where one is caught by none.

`tests/mutation/planted.toml` has bugs that a careful developer could make, some for each folder of contracts:
windows, deadlines measured from the wrong time, counters of seats, sizes of panels and juries, who may leave,
what a revocation reaches. They are woven into one compilation as mutants are (`mutants.py`). Each meets the
tests of its own folders and the invariants of the whole market; what these miss meets others too. Few runs
are made of each fuzz test and invariant, so CI catches no less.
"""

import argparse
import hashlib
import json
import re
import sys
import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import mutants
import weaving
from mutants import Mutant
from mutate import in_turns
from steps import ROOT
from woven import WORKERS, Trees

BUGS = ROOT / "tests" / "mutation" / "planted.toml"
WORK = ROOT / "build" / "planted"
OUTCOMES = WORK / "outcomes.json"
RESULTS = ROOT / "benchmarks" / "results" / "planted.json"
RUNS = {"FOUNDRY_FUZZ_RUNS": "8", "FOUNDRY_INVARIANT_RUNS": "4"}
LAYERS = ["unit", "fuzz", "invariants"]
MARKET = "system"  # the folder of the invariants over the whole market
FIRST = ", until the first"  # after the name of a folder that was not tried to the end
OTHERS = ["hostile", "promises", "toy"]
TESTS = {  # of a source, where they are not in the folder of the same name alone: the first that fits
    "kernel/*": ["kernel", "market", "dispute"],
    "escrow/*": ["escrow", "licences"],
    "market/Commission*": ["market", "dispute"],
    "market/LineageClaims*": ["licences"],
    "market/Pledges*": ["dispute"],
    "market/Sales*": ["trials"],
    "market/Trial*": ["trials"],
    "market/*": ["licences", "trials"],
    "periphery/Job*": ["bridges"],
    "periphery/ModelValidations*": ["bridges"],
    "periphery/*": ["market", "audit"],
    "policy/*": ["policy", "promises"],
    "randomness/*": ["randomness", "oracle", "audit"],
}

Caught = dict[str, list[str]]  # the tests that fail, by layer


def read() -> dict[Mutant, dict[str, str]]:
    """The bugs, with what the file says of each."""
    entries = tomllib.loads(BUGS.read_text())["bug"]
    sources = mutants.read(sorted({entry["file"] for entry in entries}))
    return {_mutant(entry, sources[entry["file"]]): entry for entry in entries}


def _mutant(entry: dict[str, str], source: bytes) -> Mutant:
    original, statement = entry["original"], entry["original"].endswith(";")
    begins = re.search(rf"\b(function|modifier) {entry['function']}\b".encode(), source)
    start = source.find(original.encode(), begins.end()) if begins else -1
    if start < 0:
        sys.exit(f"{entry['file']}, {entry['function']}: there is no {original}")
    text = entry["mutant"].rstrip(";") if statement else entry["mutant"]
    end = start + len(original.encode()) - (1 if statement else 0)
    line = source.count(b"\n", 0, start) + 1
    return Mutant(
        entry["file"], entry["function"], line, entry["kind"], start, end, statement, original, text
    )


def folder_of(bug: Mutant) -> str:
    """The folder of contracts in which it is planted."""
    return Path(bug.file).parts[1]


def fits(bug: Mutant, source: str) -> bool:
    """Whether it is planted in such a source, e.g. market/Trial*."""
    return fnmatch(bug.file, f"contracts/{source}")


class Outcomes:
    """What is known of bugs: of each, the tests of each folder that fail with it."""

    def __init__(self) -> None:
        WORK.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        known: dict[str, dict[str, Any]] = json.loads(OUTCOMES.read_text()) if OUTCOMES.exists() else {}
        # What was not caught may be by tests of today.
        self._known = {
            key: one for key, one in known.items() if any(one["folders"].values()) or one["tests"] == _tests()
        }

    def folders(self, bug: Mutant) -> list[str]:
        """The folders that were tried to the end."""
        return [name for name in self._folders(bug) if not name.endswith(FIRST)]

    def caught(self, bug: Mutant) -> Caught:
        """The tests that fail with it, of all folders that were tried."""
        found: Caught = {}
        for caught in self._folders(bug).values():
            for layer, tests in caught.items():
                found[layer] = sorted({*found.get(layer, []), *tests})
        return found

    def _folders(self, bug: Mutant) -> dict[str, Caught]:
        folders: dict[str, Caught] = self._known.get(_key(bug), {}).get("folders", {})
        return folders

    def record(self, bug: Mutant, folder: str, caught: Caught, first: bool) -> None:
        """Keep it, at once: a run can be stopped at any time."""
        with self._lock:
            one = self._known.setdefault(_key(bug), {"folders": {}, "tests": _tests()})
            one["folders"][folder + FIRST if first and caught else folder] = caught
            OUTCOMES.write_text(json.dumps(self._known))


class Planted:
    """The bugs in one compilation."""

    def __init__(self, bugs: list[Mutant]) -> None:
        woven, numbered = weaving.without_invalid(mutants.read(mutants.all_sources()), bugs)
        if lost := set(bugs) - set(numbered.values()):
            sys.exit("these do not compile:\n" + "\n".join(f"{bug.file}: {bug.text}" for bug in lost))
        self._numbers = {bug: number for number, bug in numbered.items()}
        self._trees = Trees(woven, {folder for bug in bugs for folder in (*_own(bug), MARKET, *OTHERS)}, WORK)
        self._passing: set[str] = set()

    def caught(self, bug: Mutant, folder: str, first: bool) -> Caught:
        """The tests of a folder that fail with it, or the first of them."""
        if folder not in self._passing:
            if failing := self._failing(0, folder, first):
                sys.exit(f"{folder} fails without any bug: {failing}")
            self._passing.add(folder)
        return self._failing(self._numbers[bug], folder, first)

    def _failing(self, number: int, folder: str, first: bool) -> Caught:
        found: Caught = {}
        for suite, failed in self._trees.failures(folder, number, RUNS, first).items():
            for test, result in failed.items():
                name = f"{Path(suite.split(':')[0]).name}::{test.split('(')[0]}"
                found.setdefault(_layer(suite, result), []).append(name)
        return found


def run(bugs: list[Mutant], outcomes: Outcomes, first: bool) -> None:
    """All bugs against their own folders, the rest against all others, then all against the whole market.

    If the first test that fails is enough, against the whole market too only if no other test does.
    """
    planted = Planted(bugs)

    def one(bug: Mutant, folders: list[str]) -> None:
        for folder in folders:
            if folder not in outcomes.folders(bug) and not (first and outcomes.caught(bug)):
                outcomes.record(bug, folder, planted.caught(bug, folder, first), first)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(one, bugs, [_own(bug) for bug in bugs]))
        left = [bug for bug in bugs if not outcomes.caught(bug)]
        list(pool.map(one, left, [OTHERS] * len(left)))
        list(pool.map(one, bugs, [[MARKET]] * len(bugs)))


def _layer(suite: str, result: dict[str, Any]) -> str:
    """Which layer a test belongs to; a set-up that fails stands for all tests of its suite."""
    kind = next(iter(result["kind"]))
    if kind == "Invariant" or "Invariants" in suite:
        return "invariants"
    return "fuzz" if kind == "Fuzz" else "unit"


def _own(bug: Mutant) -> list[str]:
    fitting = (folders for source, folders in TESTS.items() if fits(bug, source))
    return next(fitting, [folder_of(bug)])


def _key(bug: Mutant) -> str:
    """Of a bug and the source that it is in."""
    return hashlib.sha256(repr(bug).encode() + (ROOT / bug.file).read_bytes()).hexdigest()


@cache
def _tests() -> str:
    """Of all tests."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "tests" / "contracts").rglob("*.sol")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def report(bugs: list[Mutant], outcomes: Outcomes, entries: dict[Mutant, dict[str, str]]) -> None:
    """Print how many each layer catches, by folder and by kind, and what nothing catches."""
    for title, group in (("folder", folder_of), ("kind", lambda bug: entries[bug]["kind"])):
        print(f"{title:<14}{'bugs':>6}{'unit':>8}{'fuzz':>8}{'invariants':>12}{'any':>6}")
        for name in sorted({group(bug) for bug in bugs}):
            _print_row(name, [outcomes.caught(bug) for bug in bugs if group(bug) == name])
        _print_row("all", [outcomes.caught(bug) for bug in bugs])
        print()
    tried = sum(MARKET in outcomes.folders(bug) for bug in bugs)
    print(f"{tried} of {len(bugs)} met the invariants of the whole market")
    for bug in bugs:
        if not outcomes.caught(bug):
            print(f"NOT CAUGHT: {entries[bug]['what']} ({bug.file}:{bug.line} {bug.function})")


def _print_row(name: str, found: list[Caught]) -> None:
    counts = [sum(layer in caught for caught in found) for layer in LAYERS]
    print(f"{name:<14}{len(found):>6}{counts[0]:>8}{counts[1]:>8}{counts[2]:>12}{sum(map(bool, found)):>6}")


def main() -> None:
    """Plant all bugs, or some."""
    parser = argparse.ArgumentParser(description="Plant bugs and say which layer of tests catches each.")
    parser.add_argument("--folder", action="append", help="of contracts; only this one (may be repeated)")
    parser.add_argument("--source", action="append", help="only such, e.g. 'market/Trial*' (may be repeated)")
    parser.add_argument("--each", type=int, default=1000, help="bugs of a folder at most")
    parser.add_argument(
        "--first", action="store_true", help="until a test fails: whether each is caught at all"
    )
    parser.add_argument("--known", action="store_true", help="run nothing: say what earlier runs found")
    arguments = parser.parse_args()
    entries = read()
    chosen: dict[str, list[Mutant]] = {}
    for bug in entries:
        if (arguments.folder is None or folder_of(bug) in arguments.folder) and (
            arguments.source is None or any(fits(bug, source) for source in arguments.source)
        ):
            chosen.setdefault(folder_of(bug), []).append(bug)
    bugs = in_turns({folder: found[: arguments.each] for folder, found in chosen.items()})
    outcomes = Outcomes()
    if arguments.known:
        bugs = [bug for bug in bugs if outcomes.folders(bug) or outcomes.caught(bug)]
    else:
        run(bugs, outcomes, arguments.first)
    report(bugs, outcomes, entries)
    if arguments.folder is None and arguments.source is None:
        results = [
            {**entries[bug], "ran whole": outcomes.folders(bug), "caught": outcomes.caught(bug)}
            for bug in bugs
        ]
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    sys.exit(0 if all(outcomes.caught(bug) for bug in bugs) else 1)


if __name__ == "__main__":
    main()
