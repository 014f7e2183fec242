"""Promise 11: the daemons serve a market that they have never heard of, whatever it asks."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from forge import OUT, forge

from assay.manifests import ConformitySpec, DigestWork, Manifest, ValidationReport
from assay.seal import ContentKey, open_message, report_purpose
from assay.seal.delivery import NOBODY, DeliveryContext, DeliveryKey, agreement, deliver
from assay.structs import ZERO_DIGEST, Kind, Outcome, Question, RoundState

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "tests" / "contracts" / "toy" / "ToyMarket.sol"
FEE = 10 * 10**18
OWNER = "developer"


class Toy:
    """The toy market on a stage, asked by an owner of data and models."""

    def __init__(self, stage: Any, artifact: dict[str, Any]) -> None:
        self.stage, chain = stage, stage.chain
        factory = chain.web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"]["object"])
        token = chain.deployment.tokens.payment
        modules = [chain.at(name) for name in ("Escrow", "Rounds", "Rulebook")]
        sent = factory.constructor(*modules, token).transact({"from": chain.governance})
        self.address = chain.web3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
        self.contract = chain.web3.eth.contract(address=self.address, abi=artifact["abi"])
        chain.transact("Escrow", chain.at("Escrow"), "authorise", self.address)
        chain.let_in("Rounds", self.address)
        self.session = stage[OWNER].session
        stage[OWNER].escrow.deposit(1000 * 10**18)
        self.session.send("Escrow", "setOperator", self.address, token, True)

    @property
    def count(self) -> int:
        """Deals so far."""
        return len(list(self.stage[OWNER].session.events.find("Rounds", "RoundOpened", market=self.address)))

    def ask(self, question: Question) -> tuple[int, int]:
        """The deal and its panel."""
        account, deal = self.session.wallet, self.count
        web3 = self.stage.chain.web3
        nonce = web3.eth.get_transaction_count(account.address)
        call = self.contract.functions.ask(question.to_abi())
        transaction = call.build_transaction({"from": account.address, "nonce": nonce})
        sent = web3.eth.send_raw_transaction(account.sign_transaction(transaction))
        assert web3.eth.wait_for_transaction_receipt(sent)["status"] == 1
        return deal, next(self.stage[OWNER].rounds.panels(self.address, deal))

    def deal(self, number: int) -> dict[str, Any]:
        names = ("asker", "panel", "outcome", "score", "word")
        return dict(zip(names, self.contract.functions.deals(number).call(), strict=True))

    def question(self, kind: Kind, work: bytes, artifacts: tuple[bytes, ...], **changes: Any) -> Question:
        count = len(artifacts)
        question = Question(
            kind=kind,
            subjects=count - 1 if kind == Kind.SCORE else 0,
            tolerance=10_000,
            appealable=False,
            fresh=2**count - 1,
            work=work,
            delivers=False,
            artifacts=artifacts,
            granters=(self.session.address,) * count,
            grants=(ZERO_DIGEST,) * count,
        )
        return question.model_copy(update=changes)


class Shelf:
    """What the owner has published: sealed data and models, with their keys."""

    def __init__(self, stage, order, patients: Path, models: tuple[Path, Path], card) -> None:
        owner = stage[OWNER]
        self.owner, self.order = owner, order
        sealed, data_key = owner.keys.seal(patients)
        self.data = owner.session.publish(order.dataset_manifest(sealed))
        self.models = tuple(owner.models.publish(model, card) for model in models)
        self.keys = {self.data: data_key} | {one: owner.models.key_of(one) for one in self.models}
        self.reader = owner.session.encryption_key().public_key().public_bytes_raw()

    def key(self, artifact: bytes) -> ContentKey:
        return self.keys[artifact]

    def publish(self, manifest: Manifest) -> bytes:
        return self.owner.session.publish(manifest)

    def order_of_data(self, recipient: DeliveryKey) -> bytes:
        return self.publish(self.order.spec(self.data, self.reader, recipient.point))

    def test_of_models(self) -> bytes:
        shared = {name: getattr(self.order, name) for name in ("title", "description", "evaluation")}
        return self.publish(ConformitySpec(**shared, body_key=self.reader.hex()))


@pytest.fixture(scope="session")
def toy_artifact() -> dict[str, Any]:
    """The toy market, compiled."""
    done = forge("build", str(SOURCE.relative_to(ROOT)))
    assert done.returncode == 0, done.stdout + done.stderr
    artifact: dict[str, Any] = json.loads((OUT / "ToyMarket.sol" / "ToyMarket.json").read_text())
    return artifact


@pytest.fixture
def toy(stage, toy_artifact) -> Toy:
    return Toy(stage, toy_artifact)


@pytest.fixture
def shelf(stage, order, patients, models, card) -> Shelf:
    return Shelf(stage, order, patients, models, card)


@pytest.fixture
def serve(stage, toy, shelf, hire) -> Callable[..., None]:
    """Has the daemons of all validators but the *silent* serve panels, and the owner grant its keys once."""

    def act(*asked: tuple[int, int], silent: tuple[str, ...] = ()) -> None:
        daemons = {name: hire(name, keeper=True) for name in stage.validators}
        granted: set[int] = set()

        def work() -> None:
            stage.chain.anvil.mine()
            for _, panel in asked:
                grant_once(panel)
            for name, daemon in daemons.items():
                if name not in silent:
                    daemon.cycle()

        def grant_once(panel: int) -> None:
            rounds = stage[OWNER].rounds
            if panel in granted or toy_is_done(panel) or rounds.get(panel).state != RoundState.GRANTING:
                return
            for place, artifact in enumerate(rounds.question(panel).artifacts):
                rounds.grant(panel, place, shelf.key(artifact))
            granted.add(panel)

        def toy_is_done(panel: int) -> bool:
            return any(toy.deal(deal)["outcome"] for deal, one in asked if one == panel)

        stage.wait(lambda: all(toy_is_done(panel) for _, panel in asked), 240, work)

    return act


def answer_of(stage, panel: int):
    ((_, answer),) = stage[OWNER].rounds.answers(panel)
    return answer


def test_the_market_is_a_toy():
    assert len(SOURCE.read_text().splitlines()) <= 80


@pytest.mark.slow
def test_a_question_of_each_kind_is_answered_and_paid(stage, toy, shelf, serve, patients):
    challenge = secrets.token_bytes(32)
    verdict = toy.ask(toy.question(Kind.VERDICT, shelf.order_of_data(DeliveryKey.generate()), (shelf.data,)))
    score = toy.ask(toy.question(Kind.SCORE, shelf.test_of_models(), (shelf.data, *shelf.models)))
    work = shelf.publish(DigestWork(challenge=challenge.hex()))
    digest = toy.ask(toy.question(Kind.DIGEST, work, (shelf.data,)))
    serve(verdict, score, digest)

    for deal, panel in (verdict, score, digest):
        assert toy.deal(deal)["outcome"] == answer_of(stage, panel).outcome == Outcome.ANSWERED
    assert toy.deal(digest[0])["word"] == hashlib.sha256(challenge + patients.read_bytes()).digest()
    assert answer_of(stage, verdict[1]).word != answer_of(stage, score[1]).word != ZERO_DIGEST
    scores = answer_of(stage, score[1]).scores
    assert len(scores) == 2
    assert all(900_000 < one < 1_000_000 for one in scores)
    check_details(stage, score[1], scores)

    paid = {stage[name].address: stage[name].escrow.balance() for name in stage.validators}
    earned = dict.fromkeys(paid, 0)
    for _, panel in (verdict, score, digest):
        members = answer_of(stage, panel).paid
        assert len(members) == 5
        for member in members:
            earned[member] += FEE
    assert paid == earned
    assert stage[OWNER].escrow.balance() == 1000 * 10**18 - 15 * FEE
    assert all(stage[name].staking.stake_of().locked == 0 for name in stage.validators)


def check_details(stage, panel, scores):
    """The details open for whom the work names, one for each model."""
    session = stage[OWNER].session
    (event,) = session.events.find("Rounds", "Answered", panelId=panel)
    for address, report in stage[OWNER].oracle.reports(event.arguments["requestId"]):
        manifest = session.fetch(report.manifest, ValidationReport)
        purpose = report_purpose(manifest.chain_id, manifest.oracle, manifest.request_id, address)
        details = json.loads(open_message(manifest.sealed_details, session.encryption_key(), purpose=purpose))
        for one, score in zip(details, scores, strict=True):
            assert abs(one["metrics"]["accuracy"] * 1_000_000 - score) <= 10_000


@pytest.mark.slow
def test_a_word_delivers_the_last_artifacts_key(stage, toy, shelf, serve):
    recipient = DeliveryKey.generate()
    context = DeliveryContext(
        chain_id=stage.chain.deployment.chain_id,
        contract=toy.address,
        deal_id=toy.count,
        recipient=recipient.point,
    )
    model = shelf.models[0]
    order, artifacts = shelf.order_of_data(recipient), (shelf.data, model)
    right = toy.question(Kind.SCORE, order, artifacts, delivers=True)
    asked = toy.ask(right)
    nobody = toy.ask(right.model_copy(update={"work": shelf.test_of_models()}))  # names no delivery key
    serve(asked, nobody)
    manifest = stage[OWNER].session.fetch_any(model)
    delivery, _ = deliver(shelf.key(model), context)
    expected = agreement(manifest.artifact.key_hash, manifest.artifact.ciphertext, delivery, context)
    assert toy.deal(asked[0])["word"] == expected
    context = replace(context, deal_id=nobody[0], recipient=NOBODY)
    attested, _ = deliver(shelf.key(model), context)
    assert toy.deal(nobody[0])["word"] == agreement(
        manifest.artifact.key_hash, manifest.artifact.ciphertext, attested, context
    )


@pytest.mark.slow
def test_members_hand_the_keys_to_those_who_replace_the_silent(stage, toy, shelf, serve, hire):
    asked = toy.ask(toy.question(Kind.SCORE, shelf.test_of_models(), (shelf.data, shelf.models[0])))
    keeper = hire("validator 0", keeper=True)

    def seated() -> bool:
        stage.chain.anvil.mine()
        return stage[OWNER].rounds.get(asked[1]).state == RoundState.GRANTING

    stage.drive([keeper], seated)
    keeper.stop()
    silent = tuple(stage.members(asked[1])[:2])
    daemons = [hire(name, keeper=True) for name in stage.members(asked[1]) if name not in silent]
    for place, artifact in enumerate((shelf.data, shelf.models[0])):
        stage[OWNER].rounds.grant(asked[1], place, shelf.key(artifact))
    request = stage[OWNER].rounds.get(asked[1]).request_id
    stage.drive(daemons, lambda: stage.commits(request).total() == 3)
    stage.chain.advance(6 * 3600)
    stage.drive(daemons, lambda: len(stage.reports(request)) == 3)
    stage.chain.advance(2 * 3600)
    for daemon in daemons:
        daemon.stop()

    def act() -> None:
        stage.chain.anvil.mine()
        stage.chain.advance(600)  # for the members' turns
        for daemon in everybody:
            daemon.cycle()

    everybody = [hire(name, keeper=True) for name in stage.validators if name not in silent]
    stage.wait(lambda: toy.deal(asked[0])["outcome"] != Outcome.PENDING, 240, act)
    answer = answer_of(stage, asked[1])
    assert answer.outcome == Outcome.ANSWERED
    assert len(answer.paid) == 5
    assert not set(answer.paid) & {stage[name].address for name in silent}
    granters = {
        event.arguments["by"]
        for event in stage[OWNER].session.events.find("Rounds", "KeysGranted", panelId=asked[1])
    }
    assert len(granters) > 1  # the owner has granted once, to the first panel
