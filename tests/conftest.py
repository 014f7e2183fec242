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
from assay.chain import wiring
from assay.chain.journal import state_folder
from assay.chain.journal_file import STATE_VARIABLE
from assay.store import KuboStore
from assay_local.anvil import CHAIN_ID, Anvil
from assay_local.ipfs import IpfsNode
from assay_validation import pinned_runtime

ROOT = Path(__file__).resolve().parent.parent
ARTIFACTS = ROOT / "build" / "brownie" / "artifacts" / "contracts"
UNIT = 10**18
MAX_UINT96 = 2**96 - 1
PARAMETERS = {
    "epoch": 3600,
    "exit_cooldown": 14 * 86_400,
    "enrolment_wait": 3600,
    "seat_delay": 3600,
    "timelock_delay": 300,
    "voting_delay": 60,
    "voting_period": 600,
    "regulator_delay": 600,
    "quorum_ppm": 200_000,
    "min_chambers": 3,
}
"""What the constructors ask for, with short waits."""

_LONGEST_NAME = 200

# How long an example takes says more of the machine than of the code, and its size is chance. CI tries
# the same examples each time, so that what it finds is the change's fault; elsewhere each run tries others.
settings.register_profile(
    "any machine",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("any machine")
os.environ["PATH"] = f"{ROOT / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Jobs in this process compute as in a jail: the runtime is pinned, before any test imports it and after
    faulthandler has taken the signals that it wants."""
    pinned_runtime.load()


def pytest_make_parametrize_id(val: object) -> str | None:
    """A long text or file is no part of a test's name."""
    return f"{len(val)} long" if isinstance(val, str | bytes) and len(val) > _LONGEST_NAME else None


@pytest.fixture(scope="session", autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the programs of this test session keep their state."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("state")
        patch.setenv(STATE_VARIABLE, str(folder))
        yield folder


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
        self.web3.middleware_onion.remove("validation")  # which asks for the chain's number twice a request
        self.governance = self.web3.eth.accounts[0]
        self._created: dict[str, str] = {}
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
        """The market as the account of that name sees it; what a panel would refuse, it takes."""
        return Market.connect(
            self.rpc, deployment=self.deployment, wallet=self.wallet(name), store=store, unchecked=True
        )

    def advance(self, seconds: int) -> None:
        """Let time pass, in one block."""
        self.anvil.advance_to(self.anvil.now() + seconds)

    def mine_at_once(self) -> None:
        """Mine what waits, and from now on each transaction in a block of its own."""
        self.anvil.mine()  # first: Anvil would do it later, when this may have been undone
        self.anvil.call("evm_setAutomine", True)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What happens to the chain meanwhile is undone, time included."""
        snapshot = self.snapshot()
        try:
            yield
        finally:
            self.revert(snapshot)

    def snapshot(self) -> tuple[str, dict[Path, bytes]]:
        """The chain as it is, and what programs have written down of what they sent."""
        journals = {path: path.read_bytes() for path in state_folder().rglob("*.sqlite")}
        return self.anvil.call("evm_snapshot"), journals

    def revert(self, snapshot: tuple[str, dict[Path, bytes]]) -> None:
        """Go back to a snapshot: nothing of what was sent since then was ever sent."""
        number, journals = snapshot
        self.anvil.call("evm_revert", number)
        for path in state_folder().rglob("*.sqlite"):
            if path in journals:
                path.write_bytes(journals[path])
            else:
                path.unlink()

    def transact(self, contract: str, address: str, function: str, *arguments: Any) -> None:
        """A transaction of governance."""
        bound = self.web3.eth.contract(address=address, abi=_artifact(contract)["abi"])
        self._mined(bound.functions[function](*arguments).transact({"from": self.governance}))

    def hand_over(self) -> None:
        """Put the governor in power, as `deploy.py --governance governor` does."""
        timelock = self.at("MarketTimelock")
        for contract in wiring.governed():
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
        payment = self._create("TestToken", "Test USD", "tUSD", 18, label="TestToken:payment")
        staking_token = self._create("TestToken", "Test ASY", "tASY", 18, label="TestToken:staking")
        known = PARAMETERS | {"deployer": self.governance, "staking_token": staking_token}
        for name in (*wiring.CONSTRUCTORS, *wiring.BRIDGES):
            self._create(name, *wiring.arguments(name, known | self._created))
        tokens = {"payment": payment, "staking": staking_token}
        return Deployment.model_validate(
            {"chainId": CHAIN_ID, "block": 0, "contracts": self._created, "tokens": tokens, "network": "test"}
        )

    def _create(self, name: str, *arguments: Any, label: str = "") -> str:
        artifact = _artifact(name)
        factory = self.web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
        receipt = self._mined(factory.constructor(*arguments).transact({"from": self.governance}))
        return self._created.setdefault(label or name, receipt["contractAddress"])

    def _set_rules(self) -> None:
        for grant in wiring.grants(bridges=True):
            if grant.role == "ACCREDITOR_ROLE":
                account = self.wallet("accreditor").address
            elif grant.who in self._created and grant.who != grant.contract:
                account = self.at(grant.who)
            else:
                continue  # governance and the timelock have theirs from the constructors
            address = self.at(grant.contract)
            self.transact(grant.contract, address, grant.function, *grant.given(account))
        timelock = self.at("MarketTimelock")
        self.transact("MarketTimelock", timelock, "renounceRole", bytes(32), self.governance)
        for function, *arguments in self._rules():
            self.transact("Policy", self.at("Policy"), function, *arguments)

    def let_in(self, owner: str, module: str) -> None:
        """Make the contract at the address *module* a module of *owner*."""
        self.transact(owner, self.at(owner), "grantRole", keccak(text="MODULE_ROLE"), module)

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
            ("setTokenRule", self.deployment.tokens.payment, (True, 5 * UNIT, 100 * UNIT, UNIT), tiers),
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
