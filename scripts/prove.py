"""Proofs about the contracts by symbolic execution: `make prove`. Fails when one does not hold.

A proof is a `check_` function of `tests/proofs/`: halmos runs it once for all values of its arguments. One
that leaves a path unexplored (a loop beyond the bound, a time-out of the solver) does not hold.
"""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

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


def prove(proof: tuple[str, str]) -> str:
    """An empty string if it holds, else what halmos says."""
    contract, name = proof
    command = [str(ANALYSERS / "halmos"), "--contract", contract, "--match-test", f"^{name}\\("]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    warned = re.search(rf"WARNING(?!\s+{HARMLESS})", done.stdout)
    holds = done.returncode == 0 and "1 passed; 0 failed" in done.stdout and not warned
    return "" if holds else done.stdout


def main() -> None:
    """Run all proofs, or those whose names contain an argument, and exit 1 unless they all hold."""
    os.environ["FOUNDRY_PROFILE"] = "prove"
    os.environ["PATH"] = f"{os.environ['PATH']}:{ANALYSERS}"  # halmos calls its solver by name
    try:
        run("proofs compiled", [BUILD])
    except StepError:
        sys.exit(1)
    chosen = [
        proof for proof in proofs() if not sys.argv[1:] or any(part in proof[1] for part in sys.argv[1:])
    ]
    holding = 0
    with ThreadPoolExecutor(WORKERS) as pool:
        for (_, name), answer in zip(chosen, pool.map(prove, chosen), strict=True):
            holding += not answer
            title = name.removeprefix("check_").replace("_", " ")
            print(f"  {title:<60}{'DOES NOT HOLD' if answer else 'holds'}", flush=True)
            if answer:
                print(answer)
    print(f"proofs: {holding} of {len(chosen)} hold")
    sys.exit(0 if chosen and holding == len(chosen) else 1)


if __name__ == "__main__":
    main()
