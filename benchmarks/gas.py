"""Gas of whole transactions beside what the nearest published contracts cost for the same thing.

Ours is measured now, by the contract tests named `*Gas.t.sol` (21,000 base gas, calldata and cold storage
included, refunds taken off). The peers' figures in `peers.json` were measured the same way on their own code
at their own settings; a floor is what a minimal contract for that one purpose costs.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from report import FOLDER, publish

# operation: the snapshots (group, name) of its transactions, one for each validator that sends it
OPERATIONS = {
    "open a commission and fund it": [("CommissionMarket", "open")],
    "commit a bid": [("VickreyAuction", "commit")],
    "commit a bid, with bond": [("VickreyAuction", "commit with bond")],
    "commit a bid, with bond and eligibility": [("CommissionMarket", "bid: commit with bond and gate")],
    "reveal a bid, new leader": [("VickreyAuction", "reveal, first leader")],
    "reveal a bid, new leader, with bond": [("VickreyAuction", "reveal with bond, overtaking")],
    "reveal a bid, loser, bond returned": [("VickreyAuction", "reveal with bond, losing")],
    "close an auction of 60 bids": [("VickreyAuction", "close, unrevealed 60")],
    "award a commission": [("CommissionMarket", "advance: award")],
    "draw and seat a panel of 5": [("CommissionMarket", "advance: seat the panel")],
    "request a validation": [("ValidationOracle", "request")],
    "answer as one validator: commit, reveal": [
        ("ValidationOracle", "commit"),
        ("ValidationOracle", "reveal"),
    ],
    "result of 5 validators: all their transactions": [
        *[("ValidationOracle", "commit")] * 4,
        ("ValidationOracle", "commit, the last"),
        *[("ValidationOracle", "reveal")] * 5,
        ("ValidationOracle", "tally"),
        ("ValidationOracle", "finalise"),
    ],
    "submit a model, two lineage edges": [("CommissionMarket", "submit, two lineage edges")],
    "post an audit verdict": [("AuditRegistry", "post")],
    "settle, two payees": [("CommissionMarket", "settle, two payees")],
    "register a participant": [("ParticipantRegistry", "register")],
    "deposit": [("Escrow", "deposit")],
    "deposit by permit and approve a module": [("Escrow", "multicall: depositWithPermit, setOperator")],
    "open a hold": [("Escrow", "openHold")],
    "release from a hold": [("Escrow", "release")],
}
COLUMNS = {
    "operation": "operation",
    "gas": "gas",
    "peer": "nearest peer",
    "peer_gas": "peer's gas",
    "ratio": "ours / peer",
    "floor": "floor",
}


def main() -> None:
    """Run the gas tests, put their figures beside the peers'."""
    with tempfile.TemporaryDirectory() as folder:
        measured = _measure(Path(folder))
    peers = json.loads((FOLDER / "peers.json").read_text())
    if unknown := peers.keys() - OPERATIONS:
        sys.exit(f"peers.json compares with operations that are not measured: {', '.join(sorted(unknown))}")
    rows = []
    for operation, transactions in OPERATIONS.items():
        gas = sum(measured[group][name] for group, name in transactions)
        peer = {"peer": None, "peer_gas": None, "floor": None} | peers.get(operation, {})
        ratio = round(gas / peer["peer_gas"], 3) if peer["peer_gas"] else None
        rows.append({"operation": operation, "gas": gas, **peer, "ratio": ratio})
    publish("gas", "Gas of whole transactions", COLUMNS, rows)


def _measure(folder: Path) -> dict[str, dict[str, int]]:
    environment = os.environ | {
        "FOUNDRY_SNAPSHOTS": str(folder),
        "FORGE_SNAPSHOT_EMIT": "true",
        "FORGE_SNAPSHOT_CHECK": "false",
    }
    command = ["forge", "test", "--match-path", "*Gas.t.sol"]
    tests = subprocess.run(command, env=environment, cwd=FOLDER.parent, capture_output=True, text=True)
    if tests.returncode:
        sys.exit(f"the gas tests failed:\n{tests.stdout}{tests.stderr}")
    groups = {file.stem: json.loads(file.read_text()) for file in folder.glob("*.json")}
    return {group: {name: int(gas) for name, gas in items.items()} for group, items in groups.items()}


if __name__ == "__main__":
    main()
