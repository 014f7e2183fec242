"""Commands that pay or take long, each with what comes before it: what is stopped in e2e/test_chaos.py."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay import Order, Role
from assay.judges.disputes import Claim
from assay.manifests import Assessment
from assay.manifests.evaluation import ReportStatus
from assay.markets.auctions import AuctionPlan
from assay.structs import Ground, Report, Side
from assay.wallet.backup import restore
from assay.wallet.keystore import Wallet
from assay_local.governing import take_seats

DAY, HOUR = 86_400, 3_600
ASSESSMENT = Assessment(scopes=("performance",), limitations="The rest.")
CLAIM = Claim.model_validate({"claim": "The data is as committed.", "statement": "Count the rows."})


@dataclass(frozen=True)
class Case:
    """A command, and what has to be so when it has been run until it succeeded.

    Attributes:
        who: whose account it uses.
        words: of the command.
        typed: what is typed.
        files: that it writes, and what reads one: raises where it is not whole.
        refused: whether it may also find, when it is run again, that all is done: what it says then.
        pays: whether it sends something although it writes files.
    """

    who: str
    words: list[str]
    typed: str = ""
    files: dict[str, Callable[[Path], Any]] = field(default_factory=dict)
    refused: str = ""
    pays: bool = False


def deposit(stage, _inputs, _data, _model) -> Case:
    return Case("hospital", ["escrow", "deposit", "3"])


def withdraw(stage, _inputs, _data, _model) -> Case:
    stage["hospital"].escrow.deposit(10**18)
    return Case("hospital", ["escrow", "withdraw", "0.5"])


def stake(stage, _inputs, _data, _model) -> Case:
    return Case(stage.validators[0], ["stake", "add", "7"])


def leave(stage, _inputs, _data, _model) -> Case:
    stage[stage.validators[0]].staking.stake(10**18)
    return Case(stage.validators[0], ["stake", "leave", "1"])


def open_commission(_stage, inputs, data, _model) -> Case:
    return Case("hospital", ["commission", "open", str(inputs / "order.json"), str(data), "--unchecked"])


def grant(stage, _inputs, _data, _model) -> Case:
    return Case("hospital", ["commission", "grant", str(stage.granting)])


def commit(stage, inputs, data, _model) -> Case:
    number = ordered(stage, inputs, data)
    return Case("rival", ["bid", "commit", str(number)], typed="600\n")


def reveal(stage, inputs, data, _model) -> Case:
    number = ordered(stage, inputs, data)
    stage["rival"].bids.commit(number, 600 * 10**18)
    stage.chain.advance(601)
    return Case("rival", ["bid", "reveal", str(number)], typed="600\n")


def submit(stage, inputs, _data, model) -> Case:
    card = str(inputs / "card.json")
    return Case("developer", ["model", "submit", str(stage.building), str(model), card])


def deliver(stage, _inputs, _data, _model) -> Case:
    return Case("developer", ["model", "deliver", str(stage.delivering)])


def settle(stage, _inputs, _data, _model) -> Case:
    stage["developer"].models.deliver(stage.delivering)
    stage.chain.advance(DAY + 1)
    return Case("anyone", ["commission", "settle", str(stage.delivering)])


def fetch(stage, _inputs, _data, model) -> Case:
    stage["developer"].models.deliver(stage.delivering)
    whole = model.read_bytes()

    def same(path: Path) -> None:
        assert path.read_bytes() == whole

    return Case("hospital", ["model", "fetch", str(stage.delivering), "got.onnx"], files={"got.onnx": same})


JURORS = [f"juror {number}" for number in range(9)]


def enrol(stage, _inputs, _data, _model) -> Case:
    stage.accredit("juror 0", Role.AUDITOR)
    stage.chain.advance(HOUR + 1)
    return Case("juror 0", ["juror", "enrol"])


def dispute(stage, inputs, data, _model) -> Case:
    """Of a refund for bad data that has been announced."""
    number = announced(stage, inputs, data)
    (inputs / "claim.json").write_text(CLAIM.model_dump_json())
    return Case("hospital", ["dispute", "open", str(number), "panel-conduct", str(inputs / "claim.json")])


def announced(stage, inputs, data) -> int:
    """A deal that was opened when there were jurors, and is to be refunded."""
    for name in JURORS:
        stage.accredit(name, Role.AUDITOR)
    stage.chain.advance(HOUR + 1)
    for name in JURORS:
        stage[name].court.enrol()
    stage.chain.advance(HOUR + 1)
    number = int(stage.to_granting(written(inputs), data))
    stage["hospital"].commissions.grant_data(number)
    stage.report(number, Report(status=ReportStatus.REJECTED, manifest=b"\x01" * 32))
    return number


def accept(stage, inputs, data, _model) -> Case:
    number, jury = seated(stage, inputs, data)
    return Case(jury[0], ["juror", "accept", str(number)])


def vote(stage, inputs, data, _model) -> Case:
    number, jury = voting(stage, inputs, data)
    return Case(jury[0], ["juror", "vote", str(number)], typed="customer\n")


def reveal_vote(stage, inputs, data, _model) -> Case:
    number, jury = voting(stage, inputs, data)
    for name in jury:
        stage[name].court.commit(stage[name].court.case_of(number), Side.CUSTOMER)
    stage["rival"].disputes.advance(number)
    return Case(jury[0], ["juror", "reveal", str(number)])


def seated(stage, inputs, data) -> tuple[int, list[str]]:
    """A dispute, and the jury that was drawn for it."""
    number = announced(stage, inputs, data)
    court, disputes = stage["hospital"].court, stage["hospital"].disputes
    case = disputes.open(number, Ground.PANEL_CONDUCT, CLAIM).dispute_id
    disputes.advance(case)
    stage.chain.anvil.mine(3)
    disputes.advance(case)
    names = {stage[name].address: name for name in JURORS}
    return case, [names[seat.juror] for seat in court.seats(court.case_of(case))]


def voting(stage, inputs, data) -> tuple[int, list[str]]:
    """A dispute whose jury votes, and the jury."""
    number, jury = seated(stage, inputs, data)
    for name in jury:
        stage[name].court.accept(stage[name].court.case_of(number))
    stage["rival"].disputes.advance(number)
    return number, jury


def seal_verdict(stage, inputs, data, model) -> Case:
    audit_id, auditors = audited(stage, inputs, data, model)
    file = inputs / "assessment.json"
    file.write_text(ASSESSMENT.model_dump_json())
    return Case(auditors[0], ["audit", "post", str(audit_id), str(file), "--approve"])


def open_verdict(stage, inputs, data, model) -> Case:
    audit_id, auditors = audited(stage, inputs, data, model)
    for name in auditors:
        stage[name].audits.post(audit_id, True, ASSESSMENT)
    return Case(auditors[0], ["audit", "open", str(audit_id)])


def audited(stage, inputs, data, model) -> tuple[int, list[str]]:
    """An audit with two seats, and who sits there."""
    stage.accredit("second auditor", Role.AUDITOR)
    stage.chain.advance(HOUR + 1)
    stage["second auditor"].audits.enrol()
    stage.chain.advance(HOUR + 1)
    two = (True, 2, False, False, 180 * DAY, False)
    stage.chain.transact("Policy", stage.chain.at("Policy"), "setRiskClass", 3, two)
    number = stage.to_building(written(inputs).model_copy(update={"risk_class": 3, "audit_fee": "20"}), data)
    stage.pass_test(number, model)
    stage.seat_auditors(number)
    return stage["hospital"].commissions.get(number).audit_id, ["auditor", "second auditor"]


def vote_on_rules(stage, _inputs, _data, _model) -> Case:
    seats = [(stage["hospital"], Role.CUSTOMER), (stage["developer"], Role.DEVELOPER)]
    take_seats(stage.chain.anvil, stage["accreditor"], seats)
    stage.chain.hand_over()
    governance = stage["hospital"].governance
    proposed = governance.propose([governance.changes.fee(10_000)], "Cheaper deals")
    number = governance.number_of(proposed.event("ProposalCreated").arguments["proposalId"])
    stage.chain.anvil.advance_to(governance.get(number).votes_from)
    return Case("developer", ["governance", "vote", str(number), "for"])


def refute(stage, inputs, data, model) -> Case:
    number = stage.to_building(written(inputs), data)
    stage.deliver_wrong_key(number, model)
    return Case("hospital", ["model", "refute", str(number)])


def offer(stage, _inputs, _data, _model) -> Case:
    stage.sell(stage.delivering)
    good = stage["hospital"].commissions.get(stage.delivering).manifest
    return Case("hospital", ["sell", "offer", good.hex(), "--price", "120"])


def buy(stage, _inputs, _data, model) -> Case:
    stage.buyer("newcomer")
    words = [
        "buy",
        str(stage.offer_model()),
        "bought.onnx",
        "--jurisdiction",
        "CH",
        "--at-most",
        "120",
        "--json",
    ]
    whole = model.read_bytes()

    def same(path: Path) -> None:
        assert path.read_bytes() == whole

    return Case("newcomer", words, files={"bought.onnx": same}, pays=True)


def open_trial(stage, inputs, data, _model) -> Case:
    words = ["trial", "open", str(stage.offer_trial()), str(inputs / "order.json"), str(data)]
    return Case("newcomer", [*words, "--at-most", "500", "--json"])


def claim_lineage(stage, inputs, _data, model) -> Case:
    parent, child = stage.two_models(model)
    (inputs / "claim.json").write_text(CLAIM.model_dump_json())
    words = ["lineage", "claim", parent.hex(), child.hex(), str(inputs / "claim.json"), "--at-most", "200"]
    return Case("hospital", [*words, "--json"])


def deny_lineage(stage, inputs, _data, model) -> Case:
    parent, child = stage.two_models(model)
    number = stage["hospital"].lineage_claims.claim(parent, child, CLAIM).claim_id
    (inputs / "claim.json").write_text(CLAIM.model_dump_json())
    words = ["lineage", "deny", str(number), str(inputs / "claim.json"), "--at-most", "200", "--json"]
    return Case("rival", words)


def pursue_lineage(stage, inputs, _data, model) -> Case:
    parent, child = stage.two_models(model)
    number = stage["hospital"].lineage_claims.claim(parent, child, CLAIM).claim_id
    stage["rival"].lineage_claims.deny(number, CLAIM)
    (inputs / "claim.json").write_text(CLAIM.model_dump_json())
    return Case("hospital", ["lineage", "pursue", str(number), str(inputs / "claim.json")])


def bid_for_a_licence(stage, _inputs, _data, _model) -> Case:
    offered = stage.offer_model()
    stage.buyer("newcomer").participants.register(Role.CUSTOMER, jurisdiction="CH")
    plan = AuctionPlan(deposit=500 * 10**18, bidding_seconds=HOUR, revealing_seconds=HOUR)
    number = stage["hospital"].auctions.open(offered, plan).number
    words = ["auction", "commit", str(number), "--at-most", "500", "--json"]
    return Case("newcomer", words, typed="200\n")


def check(stage, inputs, data, _model) -> Case:
    return Case("hospital", ["commission", "check", str(inputs / "order.json"), str(data)])


def new_order(stage, _inputs, data, _model) -> Case:
    words = ["order", "new", str(data), "--domain", "healthcare"]
    return Case("hospital", words, files={"order.json": lambda path: json.loads(path.read_text())})


def new_wallet(stage, _inputs, _data, _model) -> Case:
    return Case(
        "hospital",
        ["wallet", "create", "new.json"],
        files={"new.json": Wallet.open},
        refused="exists",
    )


def backup(stage, _inputs, _data, _model) -> Case:
    return Case(
        "hospital",
        ["wallet", "backup", "backup.json"],
        files={"backup.json": lambda path: restore(path, path.with_name(f"restored {time.monotonic_ns()}"))},
        refused="exists",
    )


CASES = [
    *(
        deposit,
        withdraw,
        stake,
        leave,
        open_commission,
        grant,
        commit,
        reveal,
        submit,
        deliver,
        settle,
        fetch,
    ),
    *(enrol, dispute, accept, vote, reveal_vote, vote_on_rules, refute),
    *(seal_verdict, open_verdict),
    *(offer, buy, open_trial, bid_for_a_licence),
    *(claim_lineage, deny_lineage, pursue_lineage),
    *(check, new_order, new_wallet, backup),
]
SHORT = [deliver, deposit, fetch, new_wallet]
"""Those of continuous integration; test_paid_once.py and test_outages.py stop others there."""


def ordered(stage, inputs, data) -> int:
    return int(stage["hospital"].commissions.open(written(inputs), data).commission_id)


def written(inputs: Path) -> Order:
    return Order.model_validate_json((inputs / "order.json").read_text())
