"""Disputes through the SDK and the command line, before the market's own court and an outside arbitrator."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from outage import CUT, EVERYWHERE, cut_everywhere
from typer.testing import CliRunner

from assay import ContractError, Role, State
from assay.chain import Contract
from assay.cli import app
from assay.errors import InsufficientGas, InvalidInput
from assay.judges.disputes import Claim
from assay.manifests import DisputeEvidence
from assay.manifests.evaluation import ReportStatus
from assay.structs import Cause, CourtState, Ground, Report, Side

UNIT = 10**18
DAY, HOUR = 86_400, 3_600
FEE, KILL_FEE, JURY_FEE, BOND = 5 * UNIT, 30 * UNIT, 100 * UNIT, 500 * UNIT
DRAWS = 4  # of a jury that can be held
JURORS = [f"juror {number}" for number in range(9)]
REJECTED = Report(status=ReportStatus.REJECTED, manifest=b"\x01" * 32)
ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = "tests/contracts/dispute/Arbitrators.sol"
COST, APPEAL_COST = UNIT // 10, UNIT // 5  # what the outside arbitrator asks for
CLAIM = {"claim": "The data is as committed.", "statement": "Count the rows."}


@pytest.fixture(scope="module")
def announced(prepared, order, patients) -> Iterator[int]:
    """A deal whose refund for bad data is announced, in a market with nine jurors."""
    stage = prepared
    with stage.chain.undone():
        for name in JURORS:
            stage.accredit(name, Role.AUDITOR)
        stage.chain.advance(HOUR + 1)
        for name in JURORS:
            stage[name].court.enrol()
        stage.chain.advance(HOUR + 1)
        number = stage.to_granting(order, patients)
        stage["hospital"].commissions.grant_data(number)
        stage.report(number, REJECTED)
        deal = stage["hospital"].commissions.get(number)
        assert (deal.state, deal.cause) == (State.CHALLENGE, Cause.BAD_DATA)
        yield number


@pytest.fixture
def number(announced, stage) -> int:
    """The announced refund; what a test does about it is undone."""
    return announced


@pytest.fixture
def run(stage):
    """One command as somebody, its JSON."""

    def command(name: str, *arguments: object, line: str | None = None):
        words = [*map(str, arguments), "--json"]
        done = CliRunner().invoke(app, words, env=stage.environment(name), input=line)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return command


@pytest.fixture(scope="session")
def outside_code() -> dict[str, Any]:
    """ABI and code of the arbitrator that the contracts' tests have."""
    question = {
        "language": "Solidity",
        "sources": {OUTSIDE: {"content": (ROOT / OUTSIDE).read_text()}},
        "settings": {
            "evmVersion": "cancun",
            "outputSelection": {OUTSIDE: {"OutsideArbitrator": ["abi", "evm.bytecode.object"]}},
        },
    }
    done = subprocess.run(
        [ROOT / "scripts" / "solc", "--standard-json"],
        input=json.dumps(question), capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    return dict(json.loads(done.stdout)["contracts"][OUTSIDE]["OutsideArbitrator"])


class Arbitrator:
    """An outside arbitrator on the market's list; it rules what it is told."""

    def __init__(self, chain: Any, code: dict[str, Any]) -> None:
        self._eth, self._from = chain.web3.eth, {"from": chain.governance}
        factory = self._eth.contract(abi=code["abi"], bytecode=code["evm"]["bytecode"]["object"])
        receipt = self._eth.wait_for_transaction_receipt(factory.constructor().transact(self._from))
        self.address = receipt["contractAddress"]
        self._contract = self._eth.contract(address=self.address, abi=code["abi"])
        chain.transact("Policy", chain.at("Policy"), "setArbitrator", self.address, True)

    def give(self, disputes: str, number: int, ruling: Side) -> None:
        sent = self._contract.functions.give(disputes, number, ruling).transact(self._from)
        assert self._eth.wait_for_transaction_receipt(sent)["status"] == 1

    @property
    def paid(self) -> int:
        return int(self._eth.get_balance(self.address))


@pytest.fixture
def arbitrator(stage, outside_code) -> Arbitrator:
    return Arbitrator(stage.chain, outside_code)


def seated(stage, case_id: int) -> list[str]:
    names = {stage[name].address: name for name in JURORS}
    return [names[seat.juror] for seat in stage["rival"].court.seats(case_id)]


def test_a_customer_wins_its_kill_fee_back(stage, number, run, tmp_path):
    claim = tmp_path / "claim.json"
    claim.write_text(json.dumps(CLAIM))
    hospital, rival = stage["hospital"], stage["rival"]
    assert "assay dispute open" in str(hospital.commissions.next_step(number))
    dispute = run("hospital", "dispute", "open", number, "panel-conduct", claim)["dispute"]
    assert stage.state(number) == State.DISPUTED
    run("developer", "dispute", "evidence", dispute, claim)
    check_evidence(stage, number, dispute)

    case_id = hospital.court.case_of(dispute)
    rival.commissions.advance(number)  # which moves the court, where a deal is disputed
    stage.chain.anvil.mine(3)
    assert "jurors" in run("rival", "dispute", "advance", dispute)["next"]["who"]
    jury = seated(stage, case_id)
    (summons,) = run(jury[0], "juror", "list")
    assert (summons["dispute"], summons["seat"]) == (dispute, "drawn")
    for name in jury:
        run(name, "juror", "accept", dispute)
    assert "go on" in str(hospital.commissions.next_step(number))
    rival.disputes.advance(dispute)
    with pytest.raises(ContractError, match="is voting until 20") as early:
        rival.disputes.advance(dispute)
    assert set(early.value.arguments) == {"id", "state", "deadline"}
    assert early.value.arguments["state"] == CourtState.VOTING
    for name, side in zip(jury, ("customer", "customer", "developer"), strict=True):
        run(name, "juror", "vote", dispute, line=f"{side}\n")
    rival.disputes.advance(dispute)
    with pytest.raises(InvalidInput):
        rival.court.reveal(case_id)
    for name in jury:
        run(name, "juror", "reveal", dispute)
    rival.disputes.advance(dispute)
    with pytest.raises(ContractError) as refused:
        stage["developer"].disputes.appeal(dispute)  # seven would be over a third of nine
    assert refused.value.name == "WrongState"
    for _ in range(2):
        rival.disputes.advance(dispute)

    deal = hospital.commissions.get(number)
    assert (deal.state, deal.cause) == (State.REFUNDED, Cause.OVERTURNED)
    check_books(stage, number, jury)
    with pytest.raises(InvalidInput, match=f"Dispute {dispute} was resolved for the customer; nothing is"):
        rival.disputes.advance(dispute)
    shown = run("rival", "dispute", "show", dispute)
    assert (shown["state"], shown["ruling"], shown["resolved"]) == ("closed", "customer", True)
    assert [seat["vote"] for seat in shown["jury"]] == ["customer", "customer", "developer"]
    assert [row["dispute"] for row in run("rival", "dispute", "list", "--commission", number)] == [dispute]
    words = " / ".join(step.step for step in hospital.commissions.timeline(number))
    for phrase in (
        "refund announced: bad data",
        "disputed",
        "juror drawn",
        "vote committed",
        "jury's ruling: for the customer",
        "dispute resolved: for the customer",
        "refunded: overturned",
    ):
        assert phrase in words


def check_evidence(stage, number, dispute):
    disputes = stage["rival"].disputes
    check_words(stage, number, dispute)
    first, second, _, _ = disputes.submitted(dispute)
    assert (first.party, second.party) == (stage["hospital"].address, stage["developer"].address)
    read = disputes.read(first)
    assert isinstance(read, DisputeEvidence)
    assert (read.deal_id, read.party, read.claim) == (number, first.party, CLAIM["claim"])
    with pytest.raises(ContractError) as refused:
        disputes.submit(dispute, Claim.model_validate(CLAIM))
    assert refused.value.name == "NotParty"


def check_words(stage, number, dispute):
    """A juror reads what the parties say, and neither can look like the other."""
    hospital, developer = stage["hospital"], stage["developer"]
    own = developer.disputes.read(developer.disputes.submitted(dispute)[1])
    forged = own.model_copy(update={"party": hospital.address})
    aside = own.model_copy(update={"statement": "Really.\nruling  developer"})
    for digest in (hospital.session.publish(forged), hospital.session.publish(aside)):
        developer.session.send("Disputes", "submitEvidence", dispute, digest)

    show = ["dispute", "show", str(dispute)]
    environment = stage.environment("rival")
    ran = CliRunner().invoke(app, [*show, "--json"], env=environment)
    said = json.loads(ran.stdout)["evidence"]
    assert [one["claim"] for one in said] == [CLAIM["claim"], CLAIM["claim"], None, CLAIM["claim"]]
    assert [one["unread"] for one in said if not one["claim"]] == [
        "It is evidence of another party, or about another deal."
    ]
    assert (said[0]["party"], said[0]["statement"]) == (hospital.address, CLAIM["statement"])
    shown = CliRunner().invoke(app, show, env=environment).stdout
    assert CLAIM["statement"] in shown
    (line,) = [line for line in shown.splitlines() if line.strip() == "ruling  developer"]
    assert line.startswith(" " * 12)
    assert "\nruling" in shown

    cut = CliRunner().invoke(app, [*show, "--json"], env=environment | {"ASSAY_IPFS": "http://127.0.0.1:9"})
    assert cut.exit_code == 0
    said = json.loads(cut.stdout)
    assert said["state"] == "seating"
    assert [one["claim"] for one in said["evidence"]] == [None] * 4
    assert all(one["unread"] for one in said["evidence"])


def check_books(stage, number, jury):
    """The hospital pays panel and jury and no kill fee; who voted otherwise pays those who did not."""
    names = {stage[name].address: name for name in jury}
    names |= {stage["hospital"].address: "hospital", stage["developer"].address: "developer"}
    balances = stage["hospital"].commissions.payments(number).balances()
    tokens = stage.chain.deployment.tokens
    for token in (tokens.payment, tokens.staking):
        assert sum(row.net for row in balances if row.token == token) == 0
    paid = {names.get(row.account): row.net for row in balances if row.token == tokens.payment}
    assert paid["hospital"] == -3 * FEE - JURY_FEE - stage.step_fees(number)
    assert paid["developer"] == 0
    assert [paid.get(name, 0) for name in jury] == [JURY_FEE // 2, JURY_FEE // 2, 0]
    bonds = {names.get(row.account): row.net for row in balances if row.token == tokens.staking}
    assert [bonds[name] for name in jury] == [BOND // 10, BOND // 10, -BOND // 5]


def test_silence_rules_for_nobody(stage, number):
    """No juror ever comes: at the deadline a stranger ends it, and the announced refund is carried out."""
    hospital, rival = stage["hospital"], stage["rival"]
    dispute = hospital.disputes.open(number, Ground.BREACH, Claim.model_validate(CLAIM)).dispute_id
    assert hospital.disputes.of_commission(number) == dispute
    found = hospital.disputes.get(dispute)
    assert found.court is not None
    assert (found.court.state, found.court.ruling) == (CourtState.SEATING, Side.NONE)
    stage.chain.anvil.advance_to(found.case.deadline)
    assert "silent" in str(hospital.commissions.next_step(number))
    rival.disputes.advance(dispute)
    deal = hospital.commissions.get(number)
    assert (deal.state, deal.cause) == (State.REFUNDED, Cause.BAD_DATA)
    assert hospital.disputes.get(dispute).case.resolved
    assert hospital.disputes.get(dispute).court.state == CourtState.SEATING  # it has to pay back still
    end_court(stage, dispute)
    assert hospital.disputes.get(dispute).court.state == CourtState.RULING
    with pytest.raises(InvalidInput, match="was resolved for nobody; nothing is left to do"):
        rival.disputes.advance(dispute)
    words = " / ".join(step.step for step in hospital.commissions.timeline(number))
    assert "arbitrator silent" in words


def end_court(stage, dispute):
    """Every draw is held and nobody accepts; a draw that is not held in its epoch would be repeated."""
    for _ in range(DRAWS):
        stage["rival"].disputes.advance(dispute)
        stage.chain.anvil.mine(3)
        stage["rival"].disputes.advance(dispute)
        stage.chain.advance(DAY + 1)
    while stage["rival"].disputes.get(dispute).court.state != CourtState.RULING:
        stage["rival"].disputes.advance(dispute)


def test_what_is_refused_before_anything_is_sent(stage, number):
    """A stranger cannot contest; nobody can when the window is over; then anyone carries the refund out."""
    with pytest.raises(ContractError) as refused:
        stage["rival"].disputes.open(number, Ground.DELIVERY, Claim.model_validate(CLAIM))
    assert refused.value.name == "NotParty"
    with pytest.raises(InvalidInput):
        stage["rival"].disputes.of_commission(number)
    with pytest.raises(ContractError):
        stage["rival"].disputes.get(1)
    stage.chain.advance(DAY + 1)
    with pytest.raises(ContractError) as late:
        stage["hospital"].disputes.open(number, Ground.DELIVERY, Claim.model_validate(CLAIM))
    assert late.value.name == "DeadlinePassed"
    with pytest.raises(InvalidInput):
        stage["rival"].commissions.settle(number)  # nothing was submitted
    assert "carry out the refund" in str(stage["rival"].commissions.next_step(number))
    stage["rival"].commissions.advance(number)
    assert stage.state(number) == State.REFUNDED
    assert stage.net(number)["developer"] == KILL_FEE


def test_who_lost_its_accreditation_is_taken_out_of_the_pool(stage, number, run):
    juror = stage[JURORS[0]].address
    with pytest.raises(ContractError) as refused:
        stage["rival"].court.prune(juror)
    assert refused.value.name == "StillAccredited"
    stage["accreditor"].participants.revoke_accreditation(juror)
    run("rival", "juror", "prune", juror)
    assert stage["rival"].court.pool_size() == len(JURORS) - 1
    with pytest.raises(ContractError) as too_small:
        stage["hospital"].disputes.open(number, Ground.BREACH, Claim.model_validate(CLAIM))
    assert too_small.value.name == "PoolTooSmall"


def test_an_outside_arbitrator_is_paid_and_rules(stage, order, patients, arbitrator, run, tmp_path):
    hospital, developer = stage["hospital"], stage["developer"]
    number = stage.to_granting(order, patients, arbitrator=arbitrator.address)
    assert hospital.commissions.arbitrator(number) == arbitrator.address
    assert run("rival", "commission", "show", number)["arbitrator"] == arbitrator.address
    hospital.commissions.grant_data(number)
    stage.report(number, REJECTED)
    claim = tmp_path / "claim.json"
    claim.write_text(json.dumps(CLAIM))
    with pytest.raises(InvalidInput, match=r"asks for 0\.1 of the chain's currency"):
        hospital.disputes.open(number, Ground.PANEL_CONDUCT, Claim.model_validate(CLAIM), max_cost=COST - 1)
    rich = stage.chain.web3.eth.get_balance(hospital.address)
    stage.chain.anvil.set_balance(hospital.address, COST // 2)
    with pytest.raises(InsufficientGas):
        hospital.disputes.open(number, Ground.PANEL_CONDUCT, Claim.model_validate(CLAIM), max_cost=COST)
    stage.chain.anvil.set_balance(hospital.address, rich)
    assert stage.state(number) == State.CHALLENGE
    opened = run("hospital", "dispute", "open", number, "panel-conduct", claim, "--max-cost", "0.5")
    dispute = opened["dispute"]
    assert (arbitrator.paid, stage.state(number)) == (COST, State.DISPUTED)
    shown = run("rival", "dispute", "show", dispute)
    assert (shown["arbitrator"], shown["state"], shown["ruling"]) == (arbitrator.address, "waiting", None)
    assert hospital.commissions.next_step(number).who == "the arbitrator"
    with pytest.raises(InvalidInput, match="waits for its arbitrator"):
        stage["rival"].disputes.advance(dispute)
    with pytest.raises(InvalidInput, match=r"asks for 0\.2"):
        developer.disputes.appeal(dispute)
    run("developer", "dispute", "appeal", dispute, "--max-cost", "0.2")
    assert arbitrator.paid == COST + APPEAL_COST
    arbitrator.give(stage.chain.at("Disputes"), 0, Side.CUSTOMER)
    deal = hospital.commissions.get(number)
    assert (deal.state, deal.cause) == (State.REFUNDED, Cause.OVERTURNED)
    shown = run("rival", "dispute", "show", dispute)
    assert (shown["ruling"], shown["resolved"]) == ("customer", True)
    words = " / ".join(step.step for step in hospital.commissions.timeline(number))
    for phrase in ("outside arbitrator named", "disputed", "refunded: overturned"):
        assert phrase in words


def saying(status: int, ruling: int, cost: int, end: int) -> Callable[..., Any]:
    """The reads of contracts, where an arbitrator says anything."""
    said = {
        "disputeStatus": status,
        "currentRuling": ruling,
        "appealCost": cost,
        "appealPeriod": {"start": 0, "end": end},
    }
    read = Contract.read

    def answer(contract: Contract, view: str, *arguments: Any) -> Any:
        return said[view] if contract.name == "IArbitrator" else read(contract, view, *arguments)

    return answer


def test_whatever_an_arbitrator_says_can_be_followed(stage, order, patients, arbitrator, run, monkeypatch):
    """Nothing, where its code is gone; or anything. Its silence ends the dispute."""
    hospital = stage["hospital"]
    number = stage.to_granting(order, patients, arbitrator=arbitrator.address)
    hospital.commissions.grant_data(number)
    stage.report(number, REJECTED)
    dispute = hospital.disputes.open(
        number, Ground.BREACH, Claim.model_validate(CLAIM), max_cost=COST
    ).dispute_id
    stage.chain.anvil.call("anvil_setCode", arbitrator.address, "0x")
    assert hospital.disputes.get(dispute).outside is None
    shown = run("rival", "dispute", "show", dispute)
    assert (shown["state"], shown["appeal_fee_wei"]) == ("the arbitrator does not say", None)
    deadline = hospital.disputes.get(dispute).case.deadline
    for answers, phase, ruling, ends in (
        ((1, 2, APPEAL_COST, 7), "appealable", "developer", 7),
        ((1, 9, 2**256 - 1, 2**256 - 1), "appealable", "none", deadline),
        ((2, 1, 5, 5), "solved", "customer", None),
        ((3, 1, 0, 0), "the arbitrator does not say", None, None),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(Contract, "read", saying(*answers))
            shown = run("rival", "dispute", "show", dispute)
        assert (shown["state"], shown["ruling"], shown["deadline_unix"]) == (phase, ruling, ends)
        assert shown["appeal_fee_wei"] == (str(answers[2]) if phase == "appealable" else None)
    stage.chain.anvil.advance_to(deadline)
    stage["rival"].disputes.advance(dispute)
    assert stage.state(number) == State.REFUNDED


def test_an_arbitrator_that_is_not_on_the_list(stage, order, patients, tmp_path):
    """Refused in a plain sentence, before the data is sealed or anything is paid."""
    count = stage["hospital"].commissions.count()
    file = tmp_path / "order.json"
    file.write_text(order.model_dump_json())
    stranger = stage["rival"].address
    command = ["commission", "open", str(file), str(patients), "--arbitrator", stranger]
    done = CliRunner().invoke(app, command, env=stage.environment("hospital"))
    assert done.exit_code == 1
    assert f"The market does not allow the arbitrator {stranger}." in done.stderr
    assert stage["hospital"].commissions.count() == count


# LINES THAT FAIL


@pytest.mark.parametrize(CUT, [pytest.param("rpc", True, False, id="chain, unanswered"), *EVERYWHERE])
def test_opening_while_a_line_fails(stage, number, cut_off, which, mute, every):
    market, lines = cut_off("hospital")
    before = stage["hospital"].escrow.balance() + stage["hospital"].escrow.wallet_balance()

    def is_done(finally_):
        hospital = stage["hospital"]
        if finally_:
            (dispute,) = hospital.disputes.list(commission_id=number)
            assert len(hospital.disputes.submitted(dispute.dispute_id)) == 1
            assert hospital.escrow.balance() + hospital.escrow.wallet_balance() == before - JURY_FEE
        return stage.state(number) == State.DISPUTED

    def step():
        market.disputes.open(number, Ground.DELIVERY, Claim.model_validate(CLAIM))

    assert cut_everywhere(stage, lines, which, step, is_done, every=every, mute=mute)


@pytest.mark.parametrize(CUT, [pytest.param("rpc", True, False, id="chain, unanswered"), *EVERYWHERE[:2]])
def test_voting_while_a_line_fails(stage, number, cut_off, which, mute, every):
    """A vote counts once as it was meant, and another machine with the wallet can reveal it."""
    claim, rival = Claim.model_validate(CLAIM), stage["rival"]
    dispute = stage["hospital"].disputes.open(number, Ground.DELIVERY, claim).dispute_id
    case_id = rival.court.case_of(dispute)
    rival.disputes.advance(dispute)
    stage.chain.anvil.mine(3)
    rival.disputes.advance(dispute)
    jury = seated(stage, case_id)
    for name in jury:
        stage[name].court.accept(case_id)
    rival.disputes.advance(dispute)
    for name in jury[1:]:
        stage[name].court.commit(case_id, Side.DEVELOPER)
    market, lines = cut_off(jury[0])

    def seat():
        return rival.court.seats(case_id)[0]

    def commit():
        market.court.commit(case_id, Side.CUSTOMER)

    def is_committed(finally_):
        if finally_:
            rival.disputes.advance(dispute)  # all have committed
            stage[jury[0]].court.reveal(case_id)
            assert seat().vote == Side.CUSTOMER + 1
        return seat().committed

    assert cut_everywhere(stage, lines, which, commit, is_committed, every=every, mute=mute)
    commit()
    rival.disputes.advance(dispute)

    def reveal():
        market.court.reveal(case_id)

    def is_revealed(finally_):
        return seat().vote == Side.CUSTOMER + 1

    assert cut_everywhere(stage, lines, which, reveal, is_revealed, every=every, mute=mute)
