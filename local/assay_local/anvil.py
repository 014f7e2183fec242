"""A local EVM chain (Anvil) with control over time and balances."""

import platform
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from assay.errors import LocalMarketError
from assay.store.transport import shared_tls
from assay_local import npm
from assay_local.process import Process

CHAIN_ID = 31337
_CALL_SECONDS = 30
_STATES = 256  # past blocks that calls can name; more would go to disk, where Anvil leaves gigabytes behind
_PORTS = range(20_000, 32_000)
"""Systems give connections higher ones: Linux from 32,768 on."""
_GET_ANVIL = "install Foundry 1.7.1 (https://getfoundry.sh), which puts anvil on PATH"


def free_port() -> int:
    """A TCP port of the loopback address that nobody uses.

    It is not one that the system gives to connections: such a one could be taken before somebody listens.
    """
    while not is_free(port := random.choice(_PORTS)):  # noqa: S311 no secret
        pass
    return port


def is_free(port: int) -> bool:
    """Whether nobody is listening on *port* of the loopback address."""
    try:
        require_free(port, "", "")
    except LocalMarketError:
        return False
    return True


def require_free(port: int, what: str, option: str) -> None:
    """Raise LocalMarketError if something is listening on *port* of the loopback address.

    Args:
        what: what needs the port.
        option: the command's option for choosing another port.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # ports in TIME_WAIT count as free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LocalMarketError(
                f"Port {port}, for the {what}, cannot be had: {error.strerror}.",
                hint=f"Stop what listens there, perhaps a market in another folder, or take another port: "
                f"`{option} {port + 1}`.",
            ) from error


def anvil_program() -> str:
    """Path of Anvil: from PATH, or else fetched from npm. Raises LocalMarketError."""
    found = npm.program("anvil")
    if found is None:
        fetched = npm.installed("anvil_npm", "Anvil 1.7.1, the local chain (40 MB)", f", or {_GET_ANVIL}")
        found = shutil.which("anvil", path=str(fetched / "node_modules" / ".bin"))
    if found is None:
        raise LocalMarketError(
            f"npm has no Anvil for {sys.platform} on {platform.machine()}.", hint=_GET_ANVIL
        )
    return found


class Anvil(Process):
    """An Anvil node on the loopback address that mines a block for each transaction."""

    def __init__(self, folder: Path, port: int | None = None, keep: Sequence[int] = ()) -> None:
        self.port = port or free_port()
        command = [anvil_program(), "--port", str(self.port), "--chain-id", str(CHAIN_ID), "--accounts", "4"]
        command += ["--prune-history", str(_STATES)]
        super().__init__("anvil", command, folder / "anvil.log", keep=keep)
        self._log_start = 0

    @property
    def rpc(self) -> str:
        """URL of its JSON-RPC."""
        return f"http://127.0.0.1:{self.port}"

    def launch(self) -> "Anvil":
        """Start it and wait until it answers. Raises LocalMarketError."""
        self.start(self._answers)
        return self

    def spawn(self) -> "subprocess.Popen[bytes]":
        """Start it and do not wait."""
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        return super().spawn()

    def call(self, method: str, *parameters: Any) -> Any:
        """One JSON-RPC call; raises LocalMarketError on an error answer."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        answer = httpx.post(self.rpc, json=body, timeout=_CALL_SECONDS, verify=shared_tls()).json()
        if "error" in answer:
            raise LocalMarketError(f"anvil refused {method}: {answer['error'].get('message')}")
        return answer["result"]

    def now(self) -> int:
        """Time of the latest block, Unix seconds."""
        return int(self.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def advance_to(self, timestamp: int) -> None:
        """Mine a block at `timestamp` (Unix seconds), or none if that has passed."""
        if timestamp > self.now():
            try:
                self.call("evm_setNextBlockTimestamp", timestamp)
            except LocalMarketError:
                if timestamp > self.now():  # otherwise a block was mined in between
                    raise
            self.call("evm_mine")

    def mine(self, blocks: int = 1) -> None:
        """Mine empty blocks."""
        self.call("anvil_mine", hex(blocks))

    def set_balance(self, account: str, wei: int) -> None:
        """Set an account's balance, in wei, from which it pays for gas."""
        self.call("anvil_setBalance", account, hex(wei))

    def accounts(self) -> list[str]:
        """The unlocked accounts."""
        return [str(account) for account in self.call("eth_accounts")]

    def _answers(self) -> bool:
        """Whether it is the one that answers: another chain on the same port might do so instead."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            if b"Listening on" not in log.read():
                return False
        try:
            return int(self.call("eth_chainId"), 16) == CHAIN_ID
        except (httpx.HTTPError, ValueError):
            return False
