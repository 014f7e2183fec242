"""Deploy a market with brownie, wire it, and set its starting rules; safe to run again.

    python scripts/deploy.py --rpc http://127.0.0.1:8545                  # a local Anvil chain
    python scripts/deploy.py --network sepolia --deployer keystore.json   # any network that brownie knows
    python scripts/deploy.py --rpc http://127.0.0.1:8545 --governance governor   # put the governor in power

What is there already is left alone: a contract whose address in `deployments/<chain id>.json` has code is not
deployed again, a rule or role that holds is not set again. The file is rewritten after every contract, so a
run that was cut off is resumed by the next.
"""

import argparse
import getpass
import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import brownie_env  # first: brownie reads its folders on import
import yaml
from brownie import Contract, accounts, chain, network, web3
from brownie._config import CONFIG
from brownie.network.transaction import TransactionReceipt

from assay.chain import wiring
from assay.chain.deployment import VERSION

LOCAL_CHAIN = 31337
MAX_UINT96 = 2**96 - 1
FEES = {"priority_fee": "1 gwei", "max_fee": "20 gwei"}


class Deployment:
    """The deployed contracts of one chain, kept in `deployments/<chain id>.json`."""

    def __init__(self, folder: Path, compiled: dict[str, Any], deployer: Any) -> None:
        self.path = folder / f"{chain.id}.json"
        self.compiled, self.deployer = compiled, deployer
        self.nonce = web3.eth.get_transaction_count(deployer.address)
        self.data: dict[str, Any] = {
            "version": VERSION,
            "chainId": chain.id,
            "network": "local" if chain.id == LOCAL_CHAIN else network.show_active(),
            "block": chain.height,
            "contracts": {},
            "tokens": {},
            "code": {},
        }
        if self.path.exists():
            self._resume(json.loads(self.path.read_text()))

    def _resume(self, data: dict[str, Any]) -> None:
        if data.get("version", VERSION) > VERSION:
            sys.exit(f"A newer program wrote {self.path} (version {data['version']}). Update Assay.")
        missing = [name for name, address in data["contracts"].items() if not web3.eth.get_code(address)]
        if not missing:
            self.data = data | {"version": VERSION}
        elif chain.id != LOCAL_CHAIN:
            sys.exit(
                f"{self.path} names {', '.join(missing)}, which this chain does not have: wrong network?"
            )

    def _save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(json.dumps(self.data, indent=2) + "\n")
        temporary.replace(self.path)

    def contract(self, name: str, *arguments: Any, label: str | None = None) -> Any:
        """The contract of that name, deployed unless it is there; refuses one built from another source."""
        label = label or name
        abi, bytecode = (self.compiled[name][part] for part in ("abi", "bytecode"))
        code = hashlib.sha256(bytecode.encode()).hexdigest()
        if label in self.data["contracts"]:
            if self.data["code"][label] != code:
                sys.exit(
                    f"{label} on chain {chain.id} was built from another source. "
                    f"Check out that source, or move {self.path} away to deploy a new market."
                )
            return Contract.from_abi(name, self.data["contracts"][label], abi, persist=False)
        creation = web3.eth.contract(abi=abi, bytecode=bytecode).constructor(*arguments).data_in_transaction
        receipt = self._mined(self.deployer.transfer(data=creation, silent=True, **self._terms()))
        deployed = Contract.from_abi(name, receipt["contractAddress"], abi, persist=False)
        self.data["contracts"][label] = deployed.address
        self.data["code"][label] = code
        self._save()
        print(f"deployed {label} at {deployed.address}")
        return deployed

    def token(self, use: str, address: str, symbol: str) -> str:
        """The address of a token of the market; "test" deploys a free one on a local chain."""
        if address == "test":
            if chain.id != LOCAL_CHAIN:
                sys.exit(f"parameters.yaml: the {use} token of chain {chain.id} needs an address")
            address = self.contract(
                "TestToken", f"Assay test {use}", symbol, 18, label=f"TestToken:{use}"
            ).address
        address = web3.to_checksum_address(address)
        if self.data["tokens"].get(use) != address:
            self.data["tokens"][use] = address
            self._save()
        return address

    def send(self, what: str, function: Any, *arguments: Any) -> None:
        """One governance transaction."""
        self._mined(function(*arguments, {"from": self.deployer, **self._terms()}))
        print(f"set {what}")

    def _terms(self) -> dict[str, Any]:
        """Fees and nonce; brownie's own waiting takes a second a transaction, so we do it (`_mined`)."""
        self.nonce += 1
        return {**FEES, "nonce": self.nonce - 1, "required_confs": 0}

    def _mined(self, transaction: TransactionReceipt) -> Any:
        receipt = web3.eth.wait_for_transaction_receipt(transaction.txid, timeout=600, poll_latency=0.02)
        if receipt["status"] != 1:
            sys.exit(f"transaction {transaction.txid} failed; run again when the reason is mended")
        return receipt

    def ensure(self, what: str, holds: bool, function: Any, *arguments: Any) -> None:
        """`send`, unless it holds already."""
        if not holds:
            self.send(what, function, *arguments)


def deploy(deployment: Deployment, parameters: dict[str, Any], *, bridges: bool = False) -> None:
    """Deploy, authorise the modules, set the rules, hand over governance."""
    deployer = deployment.deployer.address
    tokens = {
        use: deployment.token(use, parameters["tokens"][use], symbol)
        for use, symbol in (("payment", "tUSD"), ("staking", "tASY"))
    }
    known = parameters | parameters["governor"]
    known |= {"deployer": deployer, "staking_token": tokens["staking"]}
    contracts: dict[str, Any] = {}
    for name in (*wiring.CONSTRUCTORS, *(wiring.BRIDGES if bridges else ())):
        contracts[name] = deployment.contract(name, *wiring.arguments(name, known))
        known[name] = contracts[name].address
    for grant in wiring.grants(bridges=bridges):
        if grant.who in contracts:  # governance has its rights from the constructors
            contract, who = contracts[grant.contract], contracts[grant.who].address
            holds = getattr(contract, grant.view)(*grant.asked(who))
            deployment.ensure(grant.sentence, holds, getattr(contract, grant.function), *grant.given(who))
    timelock, registry, policy = (contracts[n] for n in ("MarketTimelock", "ParticipantRegistry", "Policy"))
    admin = timelock.DEFAULT_ADMIN_ROLE()
    alone = not timelock.hasRole(admin, deployer)
    deployment.ensure("MarketTimelock is its own", alone, timelock.renounceRole, admin, deployer)
    for accreditor in parameters["accreditors"]:
        address = deployer if accreditor == "deployer" else accreditor
        role = registry.ACCREDITOR_ROLE()
        deployment.ensure(
            f"accreditor {address}", registry.hasRole(role, address), registry.grantRole, role, address
        )

    if policy.hasRole(
        policy.DEFAULT_ADMIN_ROLE(), deployer
    ):  # what governance has changed since stays changed
        set_rules(deployment, policy, parameters, tokens["payment"])
    governance = parameters["governance"]
    governance = timelock.address if governance == "governor" else governance
    hand_over(deployment, governance, tuple(contracts[name] for name in wiring.governed()))


def set_rules(deployment: Deployment, policy: Any, parameters: dict[str, Any], token: str) -> None:
    """Bring Policy to the parameters, one transaction for each rule that differs."""
    treasury = deployment.deployer.address if parameters["treasury"] == "deployer" else parameters["treasury"]
    stakes, timeouts = parameters["stakes"], parameters["timeouts"]
    wanted_stakes = (
        stakes["seat"] * 10**18,
        stakes["auditor"] * 10**18,
        stakes["silence_ppm"],
        stakes["withhold_ppm"],
    )
    names = ("draw", "grant", "commit", "reveal", "appeal", "audit", "delivery", "challenge")
    wanted_timeouts = tuple(timeouts[name] for name in names)
    rule = parameters["payment_rule"]
    amounts = (rule[name] * 10**18 for name in ("min_evaluation_fee", "appeal_bond", "step_fee"))
    wanted_rule = (True, *amounts)
    tiers = [
        (MAX_UINT96 if tier["below"] == "max" else tier["below"] * 10**18, tier["size"])
        for tier in parameters["panel_tiers"]
    ]
    fee = (parameters["fee_ppm"], treasury)
    waits = (parameters["trusted_wait"], parameters["domain_cooldown"])

    ensure = deployment.ensure
    ensure("the fee", (policy.feePpm(), policy.treasury()) == fee, policy.setFee, *fee)
    bond = parameters["bid_bond_ppm"]
    ensure("the bid bond", policy.bidBondPpm() == bond, policy.setBidBond, bond)
    ensure("stakes", tuple(policy.stakes()) == wanted_stakes, policy.setStakes, wanted_stakes)
    ensure("timeouts", tuple(policy.timeouts()) == wanted_timeouts, policy.setTimeouts, wanted_timeouts)
    cooling_off = parameters["cooling_off"]
    ensure("the cooling-off period", policy.coolingOff() == cooling_off, policy.setCoolingOff, cooling_off)
    ensure("waits", (policy.trustedWait(), policy.domainCooldown()) == waits, policy.setWaits, *waits)
    share = parameters["fee_share_cap"]
    wanted_share = (share["cap_ppm"], share["period"], share["min_volume"] * 10**18)
    same_share = tuple(policy.feeShareCap()) == wanted_share
    ensure(
        "the cap on one party's share of an auditor's fees", same_share, policy.setFeeShareCap, wanted_share
    )
    same_token = (
        tuple(policy.tokenRule(token)) == wanted_rule
        and [tuple(tier) for tier in policy.panelTiers(token)] == tiers
    )
    ensure("the payment token", same_token, policy.setTokenRule, token, wanted_rule, tiers)
    for number, risk in enumerate(parameters["risk_classes"], start=1):
        asks = ("audits", "regulator", "explainability", "reverify_interval", "third_party")
        wanted = (True, *(risk[name] for name in asks))
        same = tuple(policy.riskClass(number)) == wanted
        ensure(f"risk class {number}", same, policy.setRiskClass, number, wanted)
    add_missing(deployment, "domain", parameters["domains"], policy.domainCount(), policy.addDomain, 32)
    add_missing(
        deployment,
        "jurisdiction",
        parameters["jurisdictions"],
        policy.jurisdictionCount(),
        policy.addJurisdiction,
        2,
    )
    add_missing(deployment, "purpose", parameters["purposes"], policy.purposeCount(), policy.addPurpose, 32)


def add_missing(
    deployment: Deployment, kind: str, names: list[str], present: int, add: Callable[..., Any], width: int
) -> None:
    """Append the names of a list that only grows."""
    for name in names[present:]:
        deployment.send(f"{kind} {name}", add, "0x" + name.encode("ascii").ljust(width, b"\0").hex())


def hand_over(deployment: Deployment, governance: str, owned: tuple[Any, ...]) -> None:
    """Give the admin role to governance and give up the deployer's."""
    if governance == "deployer":
        if chain.id != LOCAL_CHAIN:
            sys.exit(
                'parameters.yaml: governance is "governor" or an address; '
                "only a local market stays with its deployer"
            )
        return
    for target in owned:
        role = target.DEFAULT_ADMIN_ROLE()
        held = target.hasRole(role, governance)
        deployment.ensure(
            f"{target._name} governed by {governance}", held, target.grantRole, role, governance
        )
        if target.hasRole(role, deployment.deployer):
            deployment.send(f"{target._name} given up", target.renounceRole, role, deployment.deployer)


def connect(name: str, rpc: str | None) -> None:
    """Connect brownie to a network it knows, or to the chain at `rpc`.

    Brownie's cache is switched off: it remembers the code of an earlier local chain.
    """
    CONFIG.settings["eager_caching"] = False
    CONFIG.argv["silent"] = True
    if rpc:
        name = urlsplit(rpc).hostname or rpc
        CONFIG.networks[name] = {"id": name, "name": name, "host": rpc, "chainid": None, "timeout": 120}
        CONFIG.networks[name]["chainid"] = "live"
    network.connect(name)


def load_deployer(keystore: str | None) -> Any:
    """The deployer's account: a keystore file, or the first account of an unlocked local chain."""
    if keystore is None:
        if chain.id != LOCAL_CHAIN:
            sys.exit("--deployer KEYSTORE is needed on any chain but a local one")
        return accounts[0]
    file = os.environ.get("ASSAY_PASSPHRASE_FILE")
    passphrase = (
        Path(file).read_text().rstrip("\n") if file else getpass.getpass("Passphrase of the deployer: ")
    )
    return accounts.load(keystore, passphrase)


def load_parameters(path: Path, chain_id: int) -> dict[str, Any]:
    """The default section with the chain's own on top."""
    sections = yaml.safe_load(path.read_text())
    return {**sections["default"], **sections.get(chain_id, {})}


def main() -> None:
    """Parse arguments, connect, deploy."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--network", default="anvil", help="a network of brownie's list")
    parser.add_argument("--rpc", help="RPC address of a chain outside that list")
    parser.add_argument(
        "--deployer", metavar="KEYSTORE", help="keystore file (passphrase: ASSAY_PASSPHRASE_FILE)"
    )
    parser.add_argument(
        "--governance", help='instead of the parameters\' own: an address, "governor" or "deployer"'
    )
    parser.add_argument("--bridges", action="store_true", help="the adapters to ERC-8183 and ERC-8004 too")
    parser.add_argument("--parameters", type=Path, default=brownie_env.ROOT / "scripts" / "parameters.yaml")
    parser.add_argument("--deployments", type=Path, default=brownie_env.ROOT / "deployments")
    arguments = parser.parse_args()

    compiled = json.loads((brownie_env.ROOT / "build" / "contracts.json").read_text())
    connect(arguments.network, arguments.rpc)
    deployment = Deployment(arguments.deployments, compiled, load_deployer(arguments.deployer))
    parameters = load_parameters(arguments.parameters, chain.id)
    if arguments.governance:
        parameters["governance"] = arguments.governance
    deploy(deployment, parameters, bridges=arguments.bridges)
    print(f"the market of chain {chain.id} is in {deployment.path}")


if __name__ == "__main__":
    main()
