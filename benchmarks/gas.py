"""Gas of whole transactions beside what the nearest published contracts cost, and how it grows.

Ours is measured now, by the contract tests named `*Gas.t.sol` and those of `tests/contracts/gas/`: with the
base of 21,000, calldata and cold storage, refunds taken off. The peers' figures in `peers.json` were measured
likewise on their own code and settings; a floor is what a minimal contract for that one purpose costs. The
aims are the project's own. Exits 1 when something in the tables below was not measured.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import gas_growth
from gas_cases import OPERATIONS, Measured
from report import FOLDER, publish

COLUMNS = {
    "operation": "operation",
    "gas": "gas",
    "aim": "aim",
    "met": "met",
    "peer": "nearest peer",
    "peer_gas": "peer's gas",
    "ratio": "ours / peer",
    "floor": "floor",
}


def main() -> None:
    """Run the gas tests, put their figures beside the peers', show how they grow."""
    with tempfile.TemporaryDirectory() as folder:
        measured = _measure(Path(folder))
    rows = list(_rows(measured))
    publish("gas", "Gas of whole transactions", COLUMNS, rows)
    missing = [str(row["operation"]) for row in rows if row["gas"] is None]
    missing += gas_growth.report(measured)
    if missing:
        sys.exit(f"not measured, or not as claimed: {'; '.join(missing)}")


def _rows(measured: Measured) -> Iterator[dict[str, object]]:
    peers = json.loads((FOLDER / "peers.json").read_text())
    if unknown := peers.keys() - OPERATIONS:
        sys.exit(f"peers.json compares with operations that are not measured: {', '.join(sorted(unknown))}")
    for operation, (aim, cases) in OPERATIONS.items():
        peer = {"peer": None, "peer_gas": None, "floor": None} | peers.get(operation, {})
        for number, (name, case) in enumerate(cases.items()):
            try:
                gas = case.gas(measured)
            except KeyError:
                gas = None
            yield {
                "operation": f"{operation} ({name})" if number else operation,
                "gas": gas,
                **peer,
                "ratio": round(gas / peer["peer_gas"], 3) if gas and peer["peer_gas"] else None,
                "aim": None if number else aim,  # the aims are for the steady state
                "met": None if number else _met(gas, aim),
            }


def _met(gas: int | None, aim: int | None) -> str | None:
    if gas is None or aim is None:
        return None
    return "yes" if gas <= aim else f"no, {gas / aim - 1:+.1%}"


def _measure(folder: Path) -> Measured:
    environment = os.environ | {
        "FOUNDRY_SNAPSHOTS": str(folder),
        "FORGE_SNAPSHOT_EMIT": "true",
        "FORGE_SNAPSHOT_CHECK": "false",
        "ASSAY_GAS_GROWTH": "true",
    }
    for paths in (["*Gas.t.sol"], ["tests/contracts/gas/*", "--gas-limit", str(2**63 - 1)]):
        command = ["forge", "test", "--match-path", *paths]
        tests = subprocess.run(command, env=environment, cwd=FOLDER.parent, capture_output=True, text=True)
        if tests.returncode:
            sys.exit(f"the gas tests failed:\n{tests.stdout}{tests.stderr}")
    groups = {file.stem: json.loads(file.read_text()) for file in folder.glob("*.json")}
    return {group: {name: int(gas) for name, gas in items.items()} for group, items in groups.items()}


if __name__ == "__main__":
    main()
