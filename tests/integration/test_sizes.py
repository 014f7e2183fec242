"""Room left in the code of every contract that is deployed: EIP-170 allows 24,576 bytes."""

from __future__ import annotations

import json
from pathlib import Path

ARTIFACTS = Path(__file__).resolve().parents[2] / "build" / "brownie" / "artifacts" / "contracts"
LIMIT = 24_576
ROOM = 2_048
"""What an edit may need; a contract that is nearer to the limit is to be divided."""


def sizes() -> dict[str, int]:
    """The bytes of each contract of ours that has code, as it is deployed: optimised."""
    artifacts = [json.loads(path.read_text()) for path in ARTIFACTS.glob("*.json")]
    ours = [one for one in artifacts if one["sourcePath"].startswith("contracts/")]
    return {one["contractName"]: len(one["deployedBytecode"]) // 2 for one in ours if one["deployedBytecode"]}


def test_there_is_room_in_each() -> None:
    found = sizes()
    assert {"CommissionMarket", "Escrow", "Rulebook"} <= found.keys()
    assert {contract: size for contract, size in found.items() if size > LIMIT - ROOM} == {}
