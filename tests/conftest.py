"""Real parts that several test folders share; each starts when a test first asks for it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak
from hypothesis import HealthCheck, settings
from web3 import Web3

from assay import Deployment, Market, Wallet
from assay.local.anvil import CHAIN_ID, Anvil
from assay.local.ipfs import IpfsNode
from assay.store import KuboStore

ROOT = Path(__file__).resolve().parent.parent
ARTIFACTS = ROOT / "build" / "brownie" / "artifacts" / "contracts"
UNIT = 10**18
MAX_UINT96 = 2**96 - 1

# how long an example takes says more of the machine than of the code
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
os.environ["PATH"] = f"{ROOT / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="session")
def ipfs_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IpfsNode]:
    """A running IPFS node of this test session."""
    with IpfsNode(tmp_path_factory.mktemp("ipfs")) as node:
        yield node


@pytest.fixture(scope="session")
def store(ipfs_node: IpfsNode) -> Iterator[KuboStore]:
    """A store client on `ipfs_node`."""
    with KuboStore(ipfs_node.url) as store:
        yield store


class Chain:
    """Anvil with all contracts on it, deployed without brownie, and accounts that have what they need."""

    def __init__(self, anvil: Anvil) -> None:
        self.anvil, self.rpc = anvil, anvil.rpc
        self.web3 = Web3(Web3.HTTPProvider(anvil.rpc))
        self.governance = self.web3.eth.accounts[0]
        self.deployment = self._deploy()
        self._set_rules()

    def wallet(self, name: str) -> Wallet:
        """The account of that name, always the same, with gas money and test tokens."""
        wallet = Wallet.from_private_key(keccak(text=name))
        if not self.web3.eth.get_balance(wallet.address):
            self.anvil.set_balance(wallet.address, 100 * UNIT)
            self.mint(wallet.address, 100_000 * UNIT)
        return wallet

    def mint(self, account: str, amount: int) -> None:
        """Give an account test tokens of both kinds."""
        for token in (self.deployment.tokens.payment, self.deployment.tokens.staking):
            self.transact("TestToken", token, "mint", account, amount)

    def market(self, name: str, store: KuboStore | None = None) -> Market:
        """The market as the account of that name sees it."""
        return Market.connect(self.rpc, deployment=self.deployment, wallet=self.wallet(name), store=store)

    def advance(self, seconds: int) -> None:
        """Let time pass, in one block."""
        self.anvil.advance_to(self.anvil.now() + seconds)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What happens to the chain meanwhile is undone, time included."""
        snapshot = self.anvil.call("evm_snapshot")
        yield
        self.anvil.call("evm_revert", snapshot)

    def transact(self, contract: str, address: str, function: str, *arguments: Any) -> None:
        """A transaction of governance."""
        bound = self.web3.eth.contract(address=address, abi=_artifact(contract)["abi"])
        self._mined(bound.functions[function](*arguments).transact({"from": self.governance}))

    def hand_over(self) -> None:
        """Put the governor in power, as `deploy.py --governance governor` does."""
        timelock = self.at("MarketTimelock")
        for contract in (
            "Policy",
            "ParticipantRegistry",
            "Escrow",
            "ValidatorStaking",
            "ModelRegistry",
            "FeeShares",
        ):
            self.transact(contract, self.at(contract), "grantRole", bytes(32), timelock)
            self.transact(contract, self.at(contract), "renounceRole", bytes(32), self.governance)

    def at(self, contract: str) -> str:
        """A contract's address."""
        return self.deployment.address(contract)

    def _mined(self, tx_hash: Any) -> Any:
        receipt = self.web3.eth.wait_for_transaction_receipt(tx_hash, timeout=30, poll_latency=0.01)
        assert receipt["status"] == 1
        return receipt

    def _deploy(self) -> Deployment:
        contracts: dict[str, str] = {}

        def create(name: str, *arguments: Any, label: str = "") -> str:
            artifact = _artifact(name)
            factory = self.web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
            receipt = self._mined(factory.constructor(*arguments).transact({"from": self.governance}))
            return contracts.setdefault(label or name, receipt["contractAddress"])

        payment = create("TestToken", "Test USD", "tUSD", 18, label="TestToken:payment")
        staking_token = create("TestToken", "Test ASY", "tASY", 18, label="TestToken:staking")
        policy = create("Policy", self.governance)
        registry = create("ParticipantRegistry", self.governance, policy)
        escrow = create("Escrow", self.governance)
        models = create("ModelRegistry", self.governance)
        randomness = create("BlockhashRandomness")
        auctions = create("VickreyAuction", escrow, registry)
        staking = create(
            "ValidatorStaking", self.governance, escrow, registry, staking_token, 3600, 14 * 86_400
        )
        oracle = create("ValidationOracle", escrow, registry, staking, randomness)
        conformity = create("Conformity", escrow, registry, policy, oracle)
        shares = create("FeeShares", self.governance, registry, policy)
        audits = create(
            "AuditRegistry", escrow, registry, policy, randomness, conformity, shares, staking_token, 3600
        )
        court = create("Court", escrow, registry, audits, randomness, staking_token, 3600, 3600)
        disputes = create("Disputes", escrow, court)
        market = create(
            "CommissionMarket", (escrow, registry, policy, auctions, oracle, audits, models, disputes)
        )
        chambers = create("Chambers", registry, 3600)
        timelock = create("MarketTimelock", 300, self.governance)
        create("MarketGovernor", chambers, timelock, policy, (60, 600, 600, 200_000, 3))
        create("Reputation", self.governance, policy)
        create("CommissionFacts", market, audits, policy)
        create("Opinions", escrow, registry, policy, shares)
        tokens = {"payment": payment, "staking": staking_token}
        return Deployment.model_validate(
            {"chainId": CHAIN_ID, "block": 0, "contracts": contracts, "tokens": tokens, "network": "test"}
        )

    def _set_rules(self) -> None:
        market, oracle = self.at("CommissionMarket"), self.at("ValidationOracle")
        conformity = self.at("Conformity")
        funded = (
            "VickreyAuction",
            "ValidatorStaking",
            "ValidationOracle",
            "AuditRegistry",
            "Court",
            "Opinions",
        )
        for module in funded:
            self.transact("Escrow", self.at("Escrow"), "authorise", self.at(module))
        self.transact("Escrow", self.at("Escrow"), "authorise", conformity)
        self.transact("Escrow", self.at("Escrow"), "authorise", market)
        module_role = keccak(text="MODULE_ROLE")
        for owner, modules in (
            ("ParticipantRegistry", [market]),
            ("ValidatorStaking", [market, oracle, conformity]),
            ("ModelRegistry", [market]),
            ("FeeShares", [self.at("AuditRegistry"), self.at("Opinions")]),
        ):
            for module in modules:
                self.transact(owner, self.at(owner), "grantRole", module_role, module)
        accreditor = keccak(text="ACCREDITOR_ROLE")
        registry = self.at("ParticipantRegistry")
        self.transact(
            "ParticipantRegistry", registry, "grantRole", accreditor, self.wallet("accreditor").address
        )
        governor, timelock = self.at("MarketGovernor"), self.at("MarketTimelock")
        self.transact("Policy", self.at("Policy"), "grantRole", keccak(text="BRAKE_ROLE"), governor)
        for role in ("PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE"):
            self.transact("MarketTimelock", timelock, "grantRole", keccak(text=role), governor)
        self.transact("MarketTimelock", timelock, "renounceRole", bytes(32), self.governance)
        self.transact("Reputation", self.at("Reputation"), "setSource", self.at("CommissionFacts"), True)
        for function, *arguments in self._rules():
            self.transact("Policy", self.at("Policy"), function, *arguments)

    def _rules(self) -> list[Any]:
        hour, day = 3600, 86_400
        tiers = [(20_000 * UNIT, 3), (MAX_UINT96, 5)]
        return [
            ("setFee", 25_000, self.governance),
            ("setBidBond", 100_000),
            ("setStakes", (500 * UNIT, 500 * UNIT, 50_000, 200_000)),
            ("setTimeouts", (hour, day, 6 * hour, 2 * hour, day, 7 * day, day, day)),
            ("setCoolingOff", 365 * day),
            ("setWaits", hour, 90 * day),
            ("setTokenRule", self.deployment.tokens.payment, (True, 5 * UNIT, 100 * UNIT), tiers),
            ("setRiskClass", 1, (True, 0, False, False, 0, False)),
            ("setRiskClass", 3, (True, 1, False, True, 180 * day, False)),
            ("addDomain", b"healthcare".ljust(32, b"\0")),
            ("addDomain", b"finance".ljust(32, b"\0")),
            ("addJurisdiction", b"CH"),
            ("addJurisdiction", b"DE"),
            ("addPurpose", b"training".ljust(32, b"\0")),
        ]


@cache
def _artifact(name: str) -> dict[str, Any]:
    """ABI and bytecode of a contract; the file has megabytes more."""
    path = ARTIFACTS / f"{name}.json"
    assert path.exists(), f"{path} is missing: run `make build`"
    artifact = json.loads(path.read_text())
    return {part: artifact[part] for part in ("abi", "bytecode")}


@pytest.fixture(scope="session")
def patients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of the customer in the deals of `stage`."""
    from patients import write_patients  # which imports scikit-learn: not for every test

    return write_patients(tmp_path_factory.mktemp("data") / "validation.csv")


@pytest.fixture(scope="session")
def new_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Chain]]:
    """Starts further chains, each with all contracts: for a folder whose stage lasts the whole session."""
    with ExitStack() as running:

        def start() -> Chain:
            return Chain(running.enter_context(Anvil(tmp_path_factory.mktemp("anvil")).launch()))

        yield start


@pytest.fixture(scope="session")
def deployed(new_chain: Callable[[], Chain]) -> Chain:
    """The chain with all contracts; tests use `chain`, which forgets what they do."""
    return new_chain()


@pytest.fixture(scope="session")
def anvil(deployed: Chain) -> Anvil:
    """The running chain of this test session."""
    return deployed.anvil


@pytest.fixture
def chain(deployed: Chain) -> Iterator[Chain]:
    """A freshly deployed market: what a test does to it is undone."""
    with deployed.undone():
        yield deployed
