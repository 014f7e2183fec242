"""Mutation score of the contracts and of what they rest on: `make mutate`. Fails where one is below 90 %.

A sample of each contract's mutants (see `mutants.py`) is run against the forge tests of its own folders, then
against those in hostile surroundings: first with a few runs of each fuzz test, which kill most, then with
all. Outcomes are kept in `build/mutants/outcomes.json`: a kill holds while the suite that found it and all it
imports are unchanged, a survival while all suites are. All contracts get on at the same pace, so a run that
was stopped has a smaller sample of each; the next goes on from there. With `--few` there are few runs only:
scores are then the least that they can be. Survivors are explained in `tests/mutation/survivors.toml`.
"""

import argparse
import hashlib
import json
import math
import re
import sys
import threading
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

import mutants
import weaving
from mutants import Mutant
from steps import ROOT
from woven import ANY, SUITES, WORKERS, Trees

REQUIRED = 90.0  # per cent of each contract's mutants
WORK = ROOT / "build" / "mutants"
OUTCOMES = WORK / "outcomes.json"
HOSTILE = "hostile"  # the folder of tests that a survivor of its own folders is run against
SAMPLE = 200  # mutants of a contract that are run
FEW = {"FOUNDRY_FUZZ_RUNS": "4", "FOUNDRY_INVARIANT_RUNS": "1"}  # of each fuzz test and invariant, at first
SURVIVED_FEW = "few"  # in the place of a killer
EXPLAINED = ROOT / "tests" / "mutation" / "survivors.toml"
RESULTS = ROOT / "benchmarks" / "results" / "mutation.json"
TARGETS = {  # contract or part -> its sources without those of earlier targets, and its tests' folders
    "Escrow": (["escrow/*.sol"], ["escrow", "licences"]),
    "VickreyAuction": (["auction/*.sol"], ["auction"]),
    "ValidatorStaking": (["oracle/ValidatorStaking.sol", "kernel/SumTree.sol"], ["oracle", "kernel"]),
    "Rounds": (["oracle/Rounds*.sol", "oracle/Appeals.sol"], ["oracle"]),
    "ValidationOracle": (["oracle/*.sol"], ["oracle"]),
    "KeyExchange": (["kernel/KeyExchange.sol", "kernel/Deliveries.sol"], ["kernel", "market"]),
    "kernel": (["kernel/*.sol"], ["kernel", "market", "dispute"]),
    "CommissionMarket": (["market/Commission*.sol"], ["market", "dispute"]),
    "Goods": (["market/Goods.sol", "market/Royalties.sol"], ["licences", "trials"]),
    "Licences": (["market/Licence*.sol"], ["licences", "trials"]),
    "LineageClaims": (["market/LineageClaims.sol"], ["licences"]),
    "Trials": (["market/Trial*.sol"], ["trials"]),
    "Sales": (["market/Sales.sol"], ["trials"]),
    "Pledges": (["market/Pledges.sol"], ["dispute"]),
    "Agreements": (["access/Agreements.sol"], ["access"]),
    "Court": (["dispute/*.sol"], ["dispute"]),
    "AuditRegistry": (["audit/Audit*.sol"], ["audit"]),
    "Conformity": (["audit/Conformity.sol", "audit/TestSets.sol"], ["audit"]),
    "Reputation": (["audit/Reputation.sol", "audit/Decay.sol"], ["audit"]),
    "Opinions": (["audit/*.sol"], ["audit"]),
    "JobEvaluator": (["periphery/Job*.sol"], ["bridges"]),
    "ModelValidations": (["periphery/ModelValidations.sol"], ["bridges"]),
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
    """The same in each run, mostly the same after an edit; a smaller sample is the start of a larger one."""

    def rank(mutant: Mutant) -> bytes:
        named = (mutant.file, mutant.function, mutant.operator, mutant.original, mutant.text)
        return hashlib.sha256(repr(named).encode()).digest()

    return sorted(found, key=rank)[:size]


def in_turns(chosen: dict[str, list[Mutant]]) -> list[Mutant]:
    """One mutant of each contract, then the next of each."""
    turns = zip_longest(*chosen.values())
    return [mutant for turn in turns for mutant in turn if mutant is not None]


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

    def of(self, mutant: Mutant, few: bool) -> str | None:
        """The suite that killed it, an empty string if it survived, None if it has to be run."""
        known = self._known.get(self._key(mutant))
        if known is None or known["digest"] != _digest(known["by"]):
            return None
        if known["by"] == SURVIVED_FEW:
            return "" if few else None
        return known["by"]

    def of_all(self, every: list[Mutant], few: bool) -> dict[Mutant, str]:
        """The outcomes of those that have one."""
        return {mutant: outcome for mutant in every if (outcome := self.of(mutant, few)) is not None}

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
    suites = [*SUITES.rglob("*.t.sol")] if suite in ("", ANY, SURVIVED_FEW) else [ROOT / suite]
    digest = hashlib.sha256((ROOT / "foundry.toml").read_bytes())
    for path in sorted(set().union(*map(_imports, suites))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _imports(path: Path) -> set[Path]:
    """A file and all that it imports, directly or not; files may import each other."""
    found: set[Path] = set()
    left = [path]
    while left:
        one = left.pop()
        if one not in found and one.exists():
            found.add(one)
            left += _imported(one)
    return found


@cache
def _imported(path: Path) -> list[Path]:
    names = re.findall(r'^import .*?"(\..+?)";', path.read_text(), re.MULTILINE | re.DOTALL)
    return [(path.parent / name).resolve() for name in names]


def run(outcomes: Outcomes, chosen: dict[str, list[Mutant]], few: bool) -> dict[Mutant, str]:
    """The killer of each mutant."""
    every = in_turns(chosen)
    known = outcomes.of_all(every, few)
    if len(known) == len(every):
        return known
    # With those that are known, for they may all have been compiled before.
    woven, numbered = weaving.without_invalid(mutants.read(mutants.all_sources()), every)
    folders = {
        mutant: [*TARGETS[contract][1], HOSTILE] for contract, found in chosen.items() for mutant in found
    }
    trees = Trees(woven, {folder for own in folders.values() for folder in own}, WORK)
    left = {number: mutant for number, mutant in numbered.items() if mutant not in known}
    one = partial(_killer, outcomes, trees, folders, few)
    pool = ThreadPoolExecutor(WORKERS)
    try:
        killers = pool.map(one, left.values(), left)
        for count, (mutant, killer) in enumerate(zip(left.values(), killers, strict=True), start=1):
            known[mutant] = killer
            if sys.stderr.isatty() or count % 50 == 0:
                print(f"\r  {count} of {len(left)} mutants", end="", file=sys.stderr, flush=True)
    finally:
        pool.shutdown(cancel_futures=True)
    return known


def _killer(
    outcomes: Outcomes, trees: Trees, folders: dict[Mutant, list[str]], few: bool, mutant: Mutant, number: int
) -> str:
    """The suite that kills it, with a few runs or with all; its outcome is kept."""
    survived_few = outcomes.of(mutant, few=True) == ""
    for runs, survived in ((FEW, SURVIVED_FEW), ({}, ""))[survived_few : 1 if few else 2]:
        killer = trees.killer(folders[mutant], number, runs)
        outcomes.record(mutant, killer or survived)
        if killer:
            return killer
    return ""


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
        survivors.sort(key=lambda mutant: (mutant.file, mutant.start))
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
    parser.add_argument("--known", action="store_true", help="run nothing: say what earlier runs found")
    parser.add_argument("--few", action="store_true", help="only the first pass, with few runs of fuzz tests")
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
    outcomes = Outcomes()
    if arguments.known:
        killers = outcomes.of_all(in_turns(chosen), arguments.few)
    else:
        killers = run(outcomes, chosen, arguments.few)
    figures, enough = report(chosen, killers, populations)
    if not (arguments.contract or arguments.lines or arguments.file):
        RESULTS.write_text(json.dumps(figures, indent=2) + "\n")
    total = sum(figure["mutants"] for figure in figures.values())
    killed = sum(figure["killed"] for figure in figures.values())
    print(f"\n{total} mutants in {time.monotonic() - started:.0f} s")
    print(f"mutation score: {100 * killed / max(total, 1):.1f} %")
    sys.exit(0 if enough else 1)


if __name__ == "__main__":
    main()
