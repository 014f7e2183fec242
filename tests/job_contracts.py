"""A job contract of ERC-8183 on a test's chain, which knows nothing of Assay, and what its users do there."""

from __future__ import annotations

import json
from typing import Any

from forge import OUT, forge

SOURCE = "tests/contracts/bridges/JobContracts.sol"
NOBODY = "0x" + "00" * 20
DAYS = 86_400


class JobContract:
    """One of the contracts in ``JobContracts.sol``, deployed.

    Attributes:
        address: where it is.
    """

    def __init__(self, chain: Any, kind: str = "ReferenceJobs") -> None:
        done = forge("build", SOURCE)
        assert done.returncode == 0, done.stdout + done.stderr
        artifact = json.loads((OUT / "JobContracts.sol" / f"{kind}.json").read_text())
        self._chain, web3 = chain, chain.web3
        factory = web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"]["object"])
        arguments = [] if kind == "HostileJobs" else [chain.deployment.tokens.payment]
        sent = factory.constructor(*arguments).transact({"from": chain.governance})
        self.address = web3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
        self.contract = web3.eth.contract(address=self.address, abi=artifact["abi"])

    def tell(self, name: str, function: str, *arguments: Any) -> None:
        """Somebody calls it."""
        wallet, web3 = self._chain.wallet(name), self._chain.web3
        called = self.contract.functions[function](*arguments)
        nonce = web3.eth.get_transaction_count(wallet.address)
        built = called.build_transaction({"from": wallet.address, "nonce": nonce})
        sent = web3.eth.send_raw_transaction(wallet.sign_transaction(built))
        assert web3.eth.wait_for_transaction_receipt(sent)["status"] == 1

    def create(self, client: str, provider: str, **changes: Any) -> int:
        """A job for which Assay is the evaluator; its number."""
        now = self._chain.web3.eth.get_block("latest")["timestamp"]
        said = {
            "evaluator": self._chain.at("JobEvaluator"),
            "expiry": now + 60 * DAYS,
            "hook": NOBODY,
        } | changes
        whose = self._chain.wallet(provider).address if provider else NOBODY
        self.tell(
            client, "createJob", whose, said["evaluator"], said["expiry"], "A classifier.", said["hook"]
        )
        return int(self.contract.functions.count().call())

    def fund(self, client: str, job_id: int, budget: int) -> None:
        """The client locks the budget."""
        market = self._chain.market(client)
        token = market.session.contract_at("TestToken", self._chain.deployment.tokens.payment)
        market.session.send_call(token.call("approve", self.address, budget))
        market.close()
        self.tell(client, "fund", job_id, budget)

    def status(self, job_id: int) -> int:
        """Where a job stands, as the standard numbers it."""
        return int(self.contract.functions.getJob(job_id).call()[7])
