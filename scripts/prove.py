"""Proofs about the contracts by symbolic execution: `make prove`. Fails when one does not hold.

A proof is a `check_` function of `tests/proofs/`: halmos runs it once for all values of its arguments. One
that leaves a path unexplored (a loop beyond the bound, a solver that comes to no end) is not decided. Neither
halmos nor any solver that it starts gets more than `--minutes` of processor time.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from steps import ROOT, StepError, run

WORKERS = 2
HARMLESS = "unknown deployed bytecode"  # terms kept as code, which nobody runs
ANALYSERS = ROOT / ".venv" / "tools" / "bin"
BUILD = ["forge", "build", "--ast", "--extra-output", "storageLayout", "metadata"]


def proofs() -> list[tuple[str, str]]:
    """Contract and name of each proof."""
    found = []
    for path in sorted((ROOT / "tests" / "proofs").glob("*.t.sol")):
        found += [
            (path.name.removesuffix(".t.sol"), name) for name in re.findall(r"\bcheck_\w+", path.read_text())
        ]
    return found


def prove(minutes: int, proof: tuple[str, str]) -> tuple[str, str]:
    """Whether it holds, and what halmos says if not."""
    contract, name = proof
    command = [
        *("prlimit", f"--cpu={60 * minutes}:"),
        *(str(ANALYSERS / "halmos"), "--contract", contract, "--match-test", f"^{name}\\("),
        *("--solver-timeout-assertion", "0"),  # by the clock, which says nothing where others use the machine
    ]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    warned = re.search(rf"WARNING(?!\s+{HARMLESS})", done.stdout)
    if done.returncode == 0 and "1 passed; 0 failed" in done.stdout and not warned:
        return "holds", ""
    if "Counterexample" in done.stdout:
        return "DOES NOT HOLD", done.stdout
    late = done.returncode == -signal.SIGXCPU
    return f"NOT DECIDED within {minutes} minutes" if late else "NOT DECIDED", done.stdout


def main() -> None:
    """Run all proofs, or those whose names contain an argument, and exit 1 unless they all hold."""
    parser = argparse.ArgumentParser(description="Prove properties of the contracts for all inputs.")
    parser.add_argument("parts", nargs="*", help="of the names of proofs, e.g. Escrow; all without")
    parser.add_argument("--minutes", type=int, default=15, help="of processor time, for each process")
    arguments = parser.parse_args()
    os.environ["FOUNDRY_PROFILE"] = "prove"
    os.environ["PATH"] = f"{os.environ['PATH']}:{ANALYSERS}"  # halmos calls its solver by name
    try:
        run("proofs compiled", [BUILD])
    except StepError:
        sys.exit(1)
    chosen = [proof for proof in proofs() if any(part in proof[1] for part in arguments.parts or [""])]
    holding = 0
    with ThreadPoolExecutor(WORKERS) as pool:
        verdicts = pool.map(partial(prove, arguments.minutes), chosen)
        for (_, name), (verdict, text) in zip(chosen, verdicts, strict=True):
            holding += verdict == "holds"
            title = name.removeprefix("check_").replace("_", " ")
            print(f"  {title:<60}{verdict}\n{text}".rstrip(), flush=True)
    print(f"proofs: {holding} of {len(chosen)} hold")
    sys.exit(0 if chosen and holding == len(chosen) else 1)


if __name__ == "__main__":
    main()
