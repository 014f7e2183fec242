"""A browser with a wallet in it: Debian's Chromium, and an EIP-6963 provider that signs with a local key."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import uvicorn
from eth_account import Account
from eth_account.messages import encode_typed_data
from web3 import Web3

CHROMIUM = "/usr/bin/chromium"
PROVIDER = """(() => {
  const request = async ({method, params}) => {
    const answer = JSON.parse(await window.__wallet(JSON.stringify({method, params: params || []})));
    if (!answer.error) return answer.result;
    throw Object.assign(new Error(answer.error.message), answer.error);
  };
  const provider = Object.freeze({ request, on() {}, removeListener() {} });
  const info = Object.freeze({
    uuid: "350670db-19fa-4704-a166-e52e178b59d2", name: "Test Wallet", icon: "data:image/svg+xml,<svg/>",
    rdns: "example.wallet",
  });
  const announce = () => window.dispatchEvent(
    new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
  window.addEventListener("eip6963:requestProvider", announce);
  announce();
})()"""
_SIGNS = ("eth_sendTransaction", "eth_signTypedData_v4")


class TestWallet:
    """What the page's provider asks. It keeps what it signed; it refuses when it is told to.

    Attributes:
        refuses: say no to the next signature, as a person does.
        chain: the id of another chain that the wallet says it is on.
    """

    __test__ = False

    def __init__(self, rpc: str, private_key: bytes) -> None:
        self.web3 = Web3(Web3.HTTPProvider(rpc))
        self.account = Account.from_key(private_key)
        self.signed: list[dict[str, Any]] = []
        self.refuses = False
        self.chain: str | None = None

    def __call__(self, asked: str) -> str:
        question = json.loads(asked)
        try:
            return json.dumps({"result": self._answer(question["method"], question["params"])})
        except PermissionError as error:
            return json.dumps({"error": {"code": 4001, "message": str(error)}})
        except RuntimeError as error:
            return json.dumps({"error": error.args[0]})

    def _answer(self, method: str, params: list[Any]) -> Any:
        if method in ("eth_requestAccounts", "eth_accounts"):
            return [self.account.address]
        if method == "eth_chainId" and self.chain is not None:
            return self.chain
        if method in _SIGNS:
            if self.refuses:
                raise PermissionError("User rejected the request.")
            self.signed.append({"method": method, "params": params})
            return self._send(params[0]) if method == _SIGNS[0] else self._sign(params[1])
        answer = self.web3.provider.make_request(method, params)  # type: ignore[arg-type]
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]

    def _send(self, wanted: dict[str, Any]) -> str:
        eth, number = self.web3.eth, {"value", "nonce", "gas", "maxFeePerGas", "maxPriorityFeePerGas"}
        given = {name: int(str(value), 0) for name, value in wanted.items() if name in number}
        transaction: Any = {
            "to": Web3.to_checksum_address(wanted["to"]),
            "data": wanted.get("data", "0x"),
            "chainId": eth.chain_id,
            "nonce": eth.get_transaction_count(self.account.address, "pending"),
            "maxFeePerGas": 3 * 10**9,
            "maxPriorityFeePerGas": 10**9,
        } | given
        if "gas" not in given:
            transaction["gas"] = eth.estimate_gas({**transaction, "from": self.account.address}) * 5 // 4
        return eth.send_raw_transaction(
            self.account.sign_transaction(transaction).raw_transaction
        ).to_0x_hex()

    def _sign(self, text: str) -> str:
        return (
            "0x" + self.account.sign_message(encode_typed_data(full_message=json.loads(text))).signature.hex()
        )


class Served:
    """An ASGI application on a port of this machine, in a thread, until it is closed.

    Attributes:
        bodies: all that was sent to it, but for what only reads.
    """

    def __init__(self, app: Any, port: int) -> None:
        self.url, self.bodies, self._app = f"http://127.0.0.1:{port}", bytearray(), app
        self._server = uvicorn.Server(
            uvicorn.Config(self._heard, port=port, log_level="warning", interface="asgi3", ws="none")
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        end = time.monotonic() + 20
        while not self._server.started:
            assert time.monotonic() < end, "the server does not start"
            time.sleep(0.01)

    async def _heard(self, scope: Any, receive: Any, send: Any) -> None:
        async def listening() -> Any:
            message = await receive()
            self.bodies += message.get("body", b"")
            return message

        await self._app(scope, listening, send)

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
