"""A whole market on this machine: chain, storage, contracts, validators."""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from assay.chain.journal_file import STATE_VARIABLE
from assay.errors import LocalMarketError
from assay.market import Market
from assay.store.transport import shared_tls
from assay.structs import Role
from assay.wallet.keystore import PASSPHRASE_VARIABLE, Wallet
from assay_local.anvil import CHAIN_ID, Anvil, free_port
from assay_local.clock import Clock
from assay_local.ipfs import IpfsNode
from assay_local.lock import FolderLock
from assay_local.process import Process

_HERE = Path(__file__).resolve().parent
_DEPLOYMENT = next(path for path in (_HERE / "deployment", _HERE.parents[1]) if path.is_dir())
"""The folder of the deployment script and what it reads: in a wheel, next to this file; else the checkout."""
ETHER = 10**18
_WORK_FACTOR = 4096  # enough for throwaway keystores: their keys own only test tokens
_GAS_MONEY = 100 * ETHER
_TOKENS = 1_000_000
_SETUP_SECONDS = 300

Progress = Callable[[str], None]


@dataclass(frozen=True)
class ValidationNodeAddress:
    """Where a validator's validation node listens, and the file with the token that it requires."""

    url: str
    token_file: Path


class LocalMarket:
    """Chain, IPFS node, contracts and validators, each process of its own, all under one folder.

    Use it as a context manager. Accounts are keystores under `folder/keystores`, with one passphrase file.

    Args:
        folder: holds everything; must be fresh.
        rpc_port, ipfs_port: where chain and storage listen; by default, any free port.
        deployments: folder of the deployment file; by default, `folder`.
        lock: held while any of the market's processes runs.
    """

    ENTRIES = ("brownie", "keystores", "logs", "ipfs", "index", "validators", f"{CHAIN_ID}.json")
    """The entries that it makes in its folder."""

    def __init__(
        self,
        folder: Path,
        *,
        rpc_port: int | None = None,
        ipfs_port: int = 0,
        deployments: Path | None = None,
        lock: FolderLock | None = None,
    ) -> None:
        self._lock, self._keep = lock, () if lock is None else (lock.descriptor,)
        self.folder = folder.resolve()
        self.keystores = self.folder / "keystores"
        self.keystores.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.passphrase_file = self.keystores / "passphrase"
        self._state = self.folder / "state"
        if not self.passphrase_file.exists():
            self.passphrase_file.touch(mode=0o600)
            self.passphrase_file.write_text(os.urandom(16).hex() + "\n")
        self.anvil = Anvil(self.folder / "logs", rpc_port, self._keep)
        self.clock = Clock(self.anvil)
        self.ipfs = IpfsNode(self.folder / "ipfs", port=ipfs_port)
        self.deployment = (deployments or self.folder).resolve() / f"{CHAIN_ID}.json"
        self.validators: dict[str, Process] = {}
        self.sellers: dict[str, Process] = {}
        self.index: Process | None = None
        self.index_url = ""
        self.web: Process | None = None
        self.web_url = ""
        self._health: dict[str, str] = {}
        self._markets: dict[str, Market] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, progress: Progress = lambda _step: None) -> None:
        """Start chain and storage and deploy the contracts; raises LocalMarketError."""
        progress("chain")
        self._stack.enter_context(self.anvil.launch())
        self.clock.start()
        self._stack.callback(self.clock.stop)
        progress("storage")
        self.ipfs.start()
        self._stack.callback(self.ipfs.stop)
        progress("contracts")
        self._deploy()
        self._markets["governance"] = self._connect(self._wallet("governance"))

    def stop(self) -> None:
        """Stop all processes. Harmless if nothing is running."""
        for market in self._markets.values():
            market.close()
        self._markets.clear()
        self._stack.close()

    def actor(self, name: str) -> Market:
        """The market as the account *name* sees it; a new one gets a keystore, gas money and tokens."""
        if name not in self._markets:
            wallet = self._wallet(name)
            self._markets[name] = self._connect(wallet)
            self.fund(wallet.address)
        return self._markets[name]

    def fund(self, address: str, tokens: int = _TOKENS) -> None:
        """Give an account gas money, and whole test tokens of each kind."""
        self.anvil.set_balance(address, _GAS_MONEY)
        minter = self._markets["governance"]
        for token in {minter.deployment.tokens.payment, minter.deployment.tokens.staking}:
            contract = minter.session.contract_at("TestToken", token)
            minter.session.send_call(contract.call("mint", address, tokens * ETHER))

    def add_validators(
        self,
        names: Sequence[str],
        stake: int,
        progress: Progress = lambda _step: None,
        *,
        nodes: Mapping[str, ValidationNodeAddress] | None = None,
    ) -> None:
        """Register validators, stake for them, and run a daemon for each.

        Chain time moves on by the wait for trusted roles, and by an epoch, after which their stake counts.

        Args:
            names: the validators; each gets a daemon.
            stake: whole staking tokens for each.
            progress: called with what is being done.
            nodes: validation nodes of those who do not test models in their own process.
        """
        for name in names:
            progress(f"{name} registers")
            self.actor(name).participants.register(Role.VALIDATOR, jurisdiction="CH")
        self.anvil.advance_to(self.anvil.now() + self.actor(names[0]).policy.trusted_wait() + 1)
        for name in names:
            progress(f"{name} stakes")
            validator = self.actor(name)
            token = validator.deployment.tokens.staking
            validator.escrow.deposit(stake * ETHER, token=token)
            validator.staking.stake(stake * ETHER)
        self.next_epoch()
        progress("the validators start")
        for name in names:
            self.spawn_validator(name, (nodes or {}).get(name))
        for name in names:
            self.await_validator(name)

    def spawn_validator(self, name: str, node: ValidationNodeAddress | None = None) -> None:
        """Start the oracle daemon of a registered validator and do not wait for it."""
        folder = self.folder / "validators" / name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        port = free_port()
        settings: dict[str, object] = {
            "rpc": [self.anvil.rpc],
            "ipfs": [self.ipfs.url],
            "deployment": str(self.deployment),
            "keystore": str(self._keystore(name)),
            "passphrase_file": str(self.passphrase_file),
            "folder": str(folder),
            "listen": f"127.0.0.1:{port}",
            "confirmations": 0,
            "self_test": False,  # all validators run on this machine
            "poll_seconds": 0.3,
        }
        if node:
            settings |= {"validation_url": node.url, "validation_token_file": str(node.token_file)}
        config = folder / "oracle.toml"
        config.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
        command = [sys.executable, "-P", "-m", "assay_oracle", "run", "--config", str(config)]
        process = self._process(name, command)
        process.spawn()
        self.validators[name], self._health[name] = process, f"http://127.0.0.1:{port}/health"

    def await_validator(self, name: str) -> None:
        """Wait until a validator's daemon is healthy; raises LocalMarketError."""
        self.validators[name].await_ready(lambda: _answers(self._health[name]))

    def spawn_seller(self, name: str) -> None:
        """Start the seller's daemon of an account, and do not wait for it."""
        command = [sys.executable, "-P", "-m", "assay", "sell", "serve", "--poll", "0.3"]
        self.sellers[name] = self._process(f"{name}'s sales", command, self.environment(name))
        self.sellers[name].spawn()

    def spawn_index(self, port: int) -> None:
        """Start the market's index, whose read API listens on *port*, and do not wait for it."""
        folder = self.folder / "index"
        folder.mkdir(mode=0o700, exist_ok=True)
        options = {
            "--rpc": self.anvil.rpc,
            "--ipfs": self.ipfs.url,
            "--deployment": str(self.deployment),
            "--database": self._index_database,
            "--listen": f"127.0.0.1:{port}",
            "--poll-seconds": "0.3",
        }
        command = [sys.executable, "-P", "-m", "assay_indexer", "run", *chain.from_iterable(options.items())]
        self.index = self._process("index", command)
        self.index.spawn()
        self.index_url = f"http://127.0.0.1:{port}"

    def await_index(self) -> None:
        """Wait until the index is healthy; raises LocalMarketError."""
        if self.index is not None:
            self.index.await_ready(lambda: _answers(f"{self.index_url}/health"))

    def spawn_web(self, port: int) -> None:
        """Start the market's pages on *port*, which read the index, and do not wait for them."""
        options = {
            "--rpc": self.anvil.rpc,
            "--ipfs": self.ipfs.url,
            "--deployment": str(self.deployment),
            "--index": self._index_database,
            "--port": str(port),
        }
        command = [sys.executable, "-P", "-m", "assay_web", "run", *chain.from_iterable(options.items())]
        self.web = self._process("web", command)
        self.web.spawn()
        self.web_url = f"http://127.0.0.1:{port}"

    def await_web(self) -> None:
        """Wait until the pages are served; raises LocalMarketError."""
        if self.web is not None:
            self.web.await_ready(lambda: _answers(f"{self.web_url}/head.json"))

    @property
    def _index_database(self) -> str:
        return f"sqlite:///{self.folder / 'index' / 'index.sqlite'}"

    def run(self, name: str, command: Sequence[str], health: str) -> Process:
        """Run another process of the market; it is ready when the URL *health* answers."""
        return self._process(name, command).start(lambda: _answers(health))

    def _process(
        self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> Process:
        environment = {STATE_VARIABLE: str(self._state), **(environment or {})}
        log = self.folder / "logs" / f"{name}.log"
        process = Process(name, command, log, environment, keep=self._keep)
        return self._stack.enter_context(process)

    def check(self) -> None:
        """Raise LocalMarketError if a process of the market has died."""
        daemons = (*self.validators.values(), *self.sellers.values())
        for process in (self.anvil, *daemons, *filter(None, [self.index, self.web])):
            if not process.running:
                hint = f"Its log is {process.log}."
                raise LocalMarketError(f"{process.name} died: {process.log_tail()}", hint=hint)

    def hand_over(self) -> None:
        """Put the governor in power: from now on, only votes change the rules (`assay_local.governing`)."""
        self._deploy("--governance", "governor")

    def next_epoch(self) -> None:
        """Move chain time to the next epoch of the stakes."""
        length = self._markets["governance"].staking.epoch_seconds()
        self.anvil.advance_to((self.anvil.now() // length + 1) * length)

    def environment(self, name: str) -> dict[str, str]:
        """The environment variables with which the `assay` command acts as account *name* on this market."""
        index = {"ASSAY_INDEX": self.index_url} if self.index_url else {}
        return index | {
            "ASSAY_RPC": self.anvil.rpc,
            "ASSAY_IPFS": self.ipfs.url,
            "ASSAY_DEPLOYMENT": str(self.deployment),
            "ASSAY_KEYSTORE": str(self._keystore(name)),
            PASSPHRASE_VARIABLE: str(self.passphrase_file),
            STATE_VARIABLE: str(self._state),
        }

    def _wallet(self, name: str) -> Wallet:
        os.environ[PASSPHRASE_VARIABLE] = str(self.passphrase_file)
        path = self._keystore(name)
        return Wallet.open(path) if path.exists() else Wallet.create(path, work_factor=_WORK_FACTOR)

    def _keystore(self, name: str) -> Path:
        return self.keystores / f"{name}.json"

    def _connect(self, wallet: Wallet) -> Market:
        return Market.connect(
            self.anvil.rpc,
            deployment=self.deployment,
            wallet=wallet,
            store=self.ipfs.url,
            state=self._state,
            unchecked=True,
        )

    def _deploy(self, *options: str) -> None:
        wallet = self._wallet("governance")
        self.anvil.set_balance(wallet.address, _GAS_MONEY)
        command = [
            sys.executable, str(_DEPLOYMENT / "scripts" / "deploy.py"), "--rpc", self.anvil.rpc,
            "--deployer", str(self._keystore("governance")), "--deployments", str(self.deployment.parent),
            "--bridges", *options,
        ]  # fmt: skip
        log = self.folder / "logs" / "deploy.log"
        environment = {
            PASSPHRASE_VARIABLE: str(self.passphrase_file),
            "ASSAY_BROWNIE": str(self.folder / "brownie"),
        }
        deploying = Process("the deployment", command, log, environment, self.folder)
        deploying.run(seconds=_SETUP_SECONDS)
        if self._lock is not None:
            self._lock.note_deployment(self.deployment)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, verify=shared_tls()).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
