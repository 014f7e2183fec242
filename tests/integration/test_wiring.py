"""Who may do what: a deployed market is wired as the forge tests' fixture is (`SystemWiring.t.sol`)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak
from web3 import Web3

from assay.chain import wiring
from assay_local.anvil import CHAIN_ID, Anvil

ROOT = Path(__file__).resolve().parents[2]
ABI = ROOT / "client" / "assay" / "abi"
NAMES = ("MODULE", "ACCREDITOR", "BRAKE", "PROPOSER", "EXECUTOR", "CANCELLER")
ROLES = {keccak(text=f"{name}_ROLE"): f"{name}_ROLE" for name in NAMES}
ROLES[bytes(32)] = "DEFAULT_ADMIN_ROLE"


def listed(*, bridges: bool = False) -> list[str]:
    return [grant.sentence for grant in wiring.grants(bridges=bridges)]


def grants(web3: Web3, contracts: dict[str, str], governance: str) -> set[str]:
    """Every role and authority that holds, from the events of all contracts, as sentences."""
    names = {address: name for name, address in contracts.items()} | {governance: "governance"}
    held: set[str] = set()
    for name, address in contracts.items():
        abi = json.loads((ABI / f"{name.split(':')[0]}.json").read_text())["abi"]
        contract = web3.eth.contract(address=Web3.to_checksum_address(address), abi=abi)
        for event in _events(contract):
            args, kind = event["args"], event["event"]
            if kind in ("RoleGranted", "RoleRevoked"):
                who = names.get(args["account"], args["account"])
                sentence = f"{who} is {ROLES[args['role']]} of {name}"
            elif kind == "SourceSet":
                sentence = f"{names.get(args['source'], args['source'])} states facts"
            else:
                sentence = f"{names.get(args['module'], args['module'])} opens holds"
            given = args["trusted"] if kind == "SourceSet" else kind in ("RoleGranted", "ModuleAuthorised")
            (held.add if given else held.discard)(sentence)
    return held


def _events(contract: Any) -> list[Any]:
    kinds = ("RoleGranted", "RoleRevoked", "ModuleAuthorised", "ModuleRetired", "SourceSet")
    declared = {entry["name"] for entry in contract.abi if entry["type"] == "event"}
    present = [contract.events[kind] for kind in kinds if kind in declared]
    found = [event for kind in present for event in kind.get_logs(from_block=0)]
    return sorted(found, key=lambda event: (event["blockNumber"], event["logIndex"]))


@pytest.mark.slow
def test_the_deployment_script_wires_as_the_list_says(tmp_path: Path) -> None:
    with Anvil(tmp_path / "anvil").launch() as anvil:
        command = [sys.executable, "scripts/deploy.py", "--rpc", anvil.rpc, "--deployments", str(tmp_path)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        deployment = json.loads((tmp_path / f"{CHAIN_ID}.json").read_text())
        web3 = Web3(Web3.HTTPProvider(anvil.rpc))
        found = grants(web3, deployment["contracts"], web3.eth.accounts[0])
        assert sorted(found) == sorted(listed())
        # and again, with the adapters, to put the governor in power: it gets what the deployer had
        done = subprocess.run(
            [*command, "--bridges", "--governance", "governor"], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        deployment = json.loads((tmp_path / f"{CHAIN_ID}.json").read_text())
        found = grants(web3, deployment["contracts"], web3.eth.accounts[0])
    assert found == {handed_over(grant) for grant in listed(bridges=True)}


def handed_over(grant: str) -> str:
    return grant.replace("governance is DEFAULT_ADMIN_ROLE", "MarketTimelock is DEFAULT_ADMIN_ROLE")


def test_the_python_tests_chain_is_wired_so_too(chain: Any) -> None:
    found = grants(chain.web3, dict(chain.deployment.contracts), chain.governance)
    accreditor = f"{chain.wallet('accreditor').address} is ACCREDITOR_ROLE of ParticipantRegistry"
    expected = set(listed(bridges=True)) - {"governance is ACCREDITOR_ROLE of ParticipantRegistry"} | {
        accreditor
    }
    assert found == expected


def test_the_list_names_nothing_twice() -> None:
    everything, contracts = listed(bridges=True), {**wiring.CONSTRUCTORS, **wiring.BRIDGES}
    assert len(set(everything)) == len(everything)
    assert {grant.who for grant in wiring.grants()} <= {*wiring.CONSTRUCTORS, "governance"}
    assert {grant.who for grant in wiring.grants(bridges=True)} <= {*contracts, "governance"}
    assert {grant.contract for grant in wiring.grants(bridges=True)} <= set(wiring.CONSTRUCTORS)


def test_a_contract_is_built_from_earlier_ones_alone() -> None:
    earlier: set[str] = set()
    for name, arguments in (*wiring.CONSTRUCTORS.items(), *wiring.BRIDGES.items()):
        flat = [part for one in arguments for part in (one if isinstance(one, list) else [one])]
        contracts = {part for part in flat if part[0].isupper()}
        assert contracts <= earlier, name
        earlier.add(name)


def test_constructors_take_what_the_list_gives_them() -> None:
    for name, arguments in (*wiring.CONSTRUCTORS.items(), *wiring.BRIDGES.items()):
        abi = json.loads((ABI / f"{name}.json").read_text())["abi"]
        inputs = next((entry["inputs"] for entry in abi if entry["type"] == "constructor"), [])
        assert len(inputs) == len(arguments), name
        for given, taken in zip(arguments, inputs, strict=True):
            assert isinstance(given, list) == (taken["type"] == "tuple"), (name, taken["name"])
            assert not isinstance(given, list) or len(given) == len(taken["components"]), name
