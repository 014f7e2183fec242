"""What only a local chain can do: let time pass, and give money away."""

from __future__ import annotations

from typing import Any

import httpx

from assay.errors import LocalMarketError
from assay.store.transport import shared_tls

_SECONDS = 20
_BLOCKS = 4  # enough for a draw that waits for its block


class LocalChain:
    """An Anvil that is already running.

    Args:
        url: the URL of its RPC.

    Raises:
        LocalMarketError: nobody answers there, or it is not Anvil; nothing was changed.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        client = self.call("web3_clientVersion")
        if not str(client).lower().startswith("anvil/"):
            raise LocalMarketError(
                f"The chain at {url} is not a local one: its money and its time are real.",
                hint="This works on the chain of `assay up`, or on another Anvil.",
            )

    def call(self, method: str, *parameters: Any) -> Any:
        """One JSON-RPC call; raises :class:`LocalMarketError`."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        try:
            answer = httpx.post(self.url, json=body, timeout=_SECONDS, verify=shared_tls()).json()
            if "error" not in answer:
                return answer["result"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise LocalMarketError(
                f"No chain answers at {self.url}.", hint="`assay up` starts one."
            ) from error
        raise LocalMarketError(f"The chain at {self.url} refuses {method}.")

    def travel(self, seconds: int) -> int:
        """Move time forward and mine a few blocks; returns the time of the newest block, Unix seconds."""
        self.call("evm_increaseTime", seconds)
        self.call("anvil_mine", hex(_BLOCKS))
        return int(self.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def give_currency(self, account: str, wei: int) -> int:
        """Add to the balance from which an account pays for gas; returns its new balance, wei."""
        balance = int(self.call("eth_getBalance", account, "latest"), 16) + wei
        self.call("anvil_setBalance", account, hex(balance))
        return balance

    def send(self, to: str, data: bytes) -> None:
        """Send a transaction from an account that the chain has unlocked; it is mined when this returns."""
        self.call("eth_sendTransactionSync", {"from": self._rich(), "to": to, "data": "0x" + data.hex()})

    def would_do(self, to: str, data: bytes) -> bool:
        """Whether such a transaction would succeed."""
        try:
            self.call("eth_call", {"from": self._rich(), "to": to, "data": "0x" + data.hex()}, "latest")
        except LocalMarketError:
            return False
        return True

    def _rich(self) -> str:
        accounts = self.call("eth_accounts")
        if not accounts:
            raise LocalMarketError(f"The chain at {self.url} has no account of its own to send from.")
        return str(accounts[0])
