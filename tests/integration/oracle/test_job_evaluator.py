"""A job of another contract is judged by real daemons: data attested, model scored, delivered, paid for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from forge import OUT, forge

from assay.chain import wiring
from assay.seal.delivery import DeliveryContext, DeliveryKey, deliver, open_delivery
from assay.structs import RoundState

CLIENT, PROVIDER = "hospital", "developer"
BUDGET, FEE, THRESHOLD = 5000 * 10**18, 10 * 10**18, 900_000
READY, DELIVERING, PASSED = 2, 4, 5  # of IJobEvaluator.State
COMPLETED = 3  # of ERC-8183
SOURCE = "tests/contracts/bridges/JobContracts.sol"


@pytest.fixture(scope="session")
def job_contract() -> dict[str, Any]:
    """A job contract as the standard's reference implementation lays it out, compiled."""
    done = forge("build", SOURCE)
    assert done.returncode == 0, done.stdout + done.stderr
    artifact: dict[str, Any] = json.loads((OUT / "JobContracts.sol" / "ReferenceJobs.json").read_text())
    return artifact


class Job:
    """A job on a stage, and what its parties do."""

    def __init__(self, stage: Any, artifact: dict[str, Any]) -> None:
        self.stage, self.chain = stage, stage.chain
        self.token = self.chain.deployment.tokens.payment
        known = {name: self.chain.at(name) for name in wiring.CONSTRUCTORS}
        self.evaluator = self.chain._create("JobEvaluator", *wiring.arguments("JobEvaluator", known))
        self.chain.transact("Escrow", self.chain.at("Escrow"), "authorise", self.evaluator)
        self.chain.let_in("Rounds", self.evaluator)
        web3, abi = self.chain.web3, artifact["abi"]
        factory = web3.eth.contract(abi=abi, bytecode=artifact["bytecode"]["object"])
        sent = factory.constructor(self.token).transact({"from": self.chain.governance})
        self.address = web3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
        self.contract = web3.eth.contract(address=self.address, abi=abi)

    def of(self, name: str) -> Any:
        """Somebody's session."""
        return self.stage[name].session

    def tell(self, name: str, function: str, *arguments: Any) -> None:
        """Call the job contract."""
        wallet, web3 = self.of(name).wallet, self.chain.web3
        nonce = web3.eth.get_transaction_count(wallet.address)
        built = self.contract.functions[function](*arguments).build_transaction(
            {"from": wallet.address, "nonce": nonce}
        )
        sent = web3.eth.send_raw_transaction(wallet.sign_transaction(built))
        assert web3.eth.wait_for_transaction_receipt(sent)["status"] == 1

    def ask(self, name: str, function: str, *arguments: Any) -> Any:
        """Call the evaluator."""
        session = self.of(name)
        return session.send_call(
            session.contract_at("JobEvaluator", self.evaluator).call(function, *arguments)
        )

    @property
    def state(self) -> int:
        """The evaluator's, of enrolment 1: the lowest byte; the deadline is above."""
        found = self.of(CLIENT).contract_at("JobEvaluator", self.evaluator).read("enrolment", 1)
        return int(found["at"]) & 0xFF

    @property
    def panel(self) -> int:
        return next(self.stage[CLIENT].rounds.panels(self.evaluator, 1))


@pytest.mark.slow
def test_from_the_job_to_the_opened_model(stage, order, patients, models, card, hire, job_contract):
    job = Job(stage, job_contract)
    client, provider = stage[CLIENT], stage[PROVIDER]
    recipient = DeliveryKey.generate()
    context = DeliveryContext(
        chain_id=stage.chain.deployment.chain_id,
        contract=job.evaluator,
        deal_id=1,
        recipient=recipient.point,
    )
    sealed, data_key = client.keys.seal(patients)
    dataset = client.session.publish(order.dataset_manifest(sealed))
    reader = client.session.encryption_key().public_key().public_bytes_raw()
    spec = client.session.publish(order.spec(dataset, reader, recipient.point))
    client.escrow.deposit(1000 * 10**18)
    client.session.send("Escrow", "setOperator", job.evaluator, job.token, True)

    expiry = stage.chain.web3.eth.get_block("latest")["timestamp"] + 60 * 86_400
    none = "0x" + "00" * 20
    job.tell(CLIENT, "createJob", provider.address, job.evaluator, expiry, "A classifier.", none)
    terms = (spec, dataset, job.token, FEE, 1000 * 10**18, THRESHOLD, 10_000, 0, 5)
    job.ask(CLIENT, "enrol", job.address, 1, terms)
    daemons = [hire(name, keeper=True) for name in stage.validators]
    granted: set[tuple[str, int]] = set()

    def until(state: int, *, name: str, artifact: int, key: Any) -> None:
        """Daemons work, and *name* grants a key when it is asked for."""

        def work() -> None:
            stage.chain.anvil.mine()
            waiting = stage[CLIENT].rounds.get(job.panel).state == RoundState.GRANTING
            if waiting and (name, artifact) not in granted:
                stage[name].rounds.grant(job.panel, artifact, key)
                granted.add((name, artifact))
            for daemon in daemons:
                daemon.cycle()
            if state == DELIVERING:
                stage.chain.advance(3600)  # towards the end of the time for an appeal

        stage.wait(lambda: job.state == state, 240, work)

    until(READY, name=CLIENT, artifact=0, key=data_key)
    token = client.session.contract_at("TestToken", job.token)
    client.session.send_call(token.call("approve", job.address, BUDGET))
    job.tell(CLIENT, "fund", 1, BUDGET)
    model = provider.models.publish(models[0], card)
    model_key = provider.models.key_of(model)
    job.tell(PROVIDER, "submit", 1)
    job.ask(PROVIDER, "evaluate", 1, model, bytes(32))
    until(DELIVERING, name=PROVIDER, artifact=1, key=model_key)

    manifest = provider.session.fetch_any(model)
    delivery, proof = deliver(model_key, context)
    hashes = bytes.fromhex(manifest.artifact.key_hash), bytes.fromhex(manifest.artifact.ciphertext)
    provider.session.send(
        "Deliveries", "deliverAgreed", job.evaluator, 1, recipient.point, *hashes, delivery, proof
    )
    assert job.state == PASSED
    before = token.read("balanceOf", provider.address)
    job.ask("anyone", "conclude", 1)
    assert job.contract.functions.getJob(1).call()[7] == COMPLETED
    assert job.contract.functions.reasonOf(1).call() == model
    assert token.read("balanceOf", provider.address) == before + BUDGET
    assert open_delivery(delivery, recipient, context, manifest.artifact.key_hash) == model_key
    held = client.session.contract("Escrow").read("held", job.evaluator, job.token, (1).to_bytes(32))
    assert held == 0
