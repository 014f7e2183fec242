"""The demo, played whole; its record is held against what the story says must have happened."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from assay.market import Market
from assay.structs import Cause, Kind, Role, Side, State, views
from assay_local.demo import cast
from assay_local.demo.developers import DEVELOPERS
from assay_local.demo.play import play
from assay_local.demo.record import Record, Round, as_json, read_record
from assay_local.demo.telling import Played as Story
from assay_local.demo.telling import tell
from assay_local.market import LocalMarket

pytestmark = pytest.mark.slow
COMMISSION = 1


@dataclass(frozen=True)
class Played:
    local: LocalMarket
    story: Story
    record: Record
    page: str
    shown: str

    @property
    def hospital(self) -> Market:
        return self.local.actor(cast.HOSPITAL)

    def net(self, account: str, token: str) -> int:
        names = cast.names(self.local)
        balances = self.record.balances
        return sum(one.net for one in balances if names.get(one.account) == account and one.token == token)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("demo")
    page = folder / "demo.html"
    with LocalMarket(folder / "market") as local, (folder / "shown").open("w") as shown:
        console = Console(file=shown, width=120)
        story = play(local, page, console)
        tell(console, story)
        shown.flush()
        record = read_record(local.actor(cast.HOSPITAL), COMMISSION, cast.names(local))
        yield Played(local, story, record, page.read_text(), (folder / "shown").read_text())


def evaluations(played: Played) -> list[Round]:
    return [one for one in played.record.rounds if one.kind == Kind.SCORE]


def test_its_history_has_every_event_once(played: Played) -> None:
    events = played.hospital.commissions.history(COMMISSION).events
    assert len({(event.block, event.log_index) for event in events}) == len(events)
    assert [one.kind for one in played.record.rounds] == [Kind.VERDICT, Kind.SCORE, Kind.SCORE]


def test_the_second_model_passes_and_the_deal_is_settled(played: Played) -> None:
    first, second = evaluations(played)
    threshold = played.record.commission.request.threshold
    assert first.score < threshold <= second.score
    assert played.record.commission.state == State.SETTLED
    assert re.search(r"^2 score +validator-\d +96\.6 % +96\.6 %", played.shown, re.MULTILINE)


def test_the_winner_is_promised_the_second_price(played: Played) -> None:
    token = played.record.token
    costs = sorted(token.parse(developer.cost) for developer in DEVELOPERS)
    assert played.record.commission.price == costs[1]


def test_every_unit_is_accounted_for(played: Played) -> None:
    for token in (played.record.token.address, played.record.staking.address):
        assert sum(one.net for one in played.record.balances if one.token == token) == 0
    market = played.hospital
    hold = COMMISSION.to_bytes(32, "big")
    address = market.deployment.address("CommissionMarket")
    assert market.session.view(views.escrow.held(address, played.record.token.address, hold)) == 0


def test_the_liar_and_the_silent_lose_stake_and_the_result_stands(played: Played) -> None:
    _, second = evaluations(played)
    said = {one.member: one for one in second.said}
    assert said[cast.LIAR].score < second.score
    assert said[cast.SILENT].status is None
    assert said[cast.LIAR].slashed > said[cast.SILENT].slashed > 0
    honest = set(cast.VALIDATORS) - {cast.LIAR, cast.SILENT}
    assert all(said[name].score == second.score and said[name].slashed == 0 for name in honest)
    staking = played.record.staking.address
    assert played.net("burnt", staking) == said[cast.LIAR].slashed + said[cast.SILENT].slashed


def test_validators_take_the_steps_that_anyone_may_take_and_are_paid(played: Played) -> None:
    commission = played.record.commission
    names = cast.names(played.local)
    paid = [
        one for one in played.hospital.commissions.payments(COMMISSION).entries if one.purpose == "step fee"
    ]
    earned = {names.get(one.account) for one in paid if one.amount > 0}
    assert earned <= set(cast.VALIDATORS)
    assert sum(one.amount for one in paid if one.amount > 0) == commission.steps * commission.step_fee > 0


def test_owners_of_training_data_and_auditors_are_paid(played: Played) -> None:
    token = played.record.token
    for owner in cast.DATA_OWNERS:
        assert played.net(owner, token.address) == played.record.commission.price // 8
    for auditor in (cast.INDEPENDENT, cast.REGULATOR):
        assert played.net(auditor, token.address) == played.record.commission.request.audit_fee
    assert played.net(cast.CONFLICTED, token.address) == 0


def test_only_the_independent_auditors_are_heard(played: Played) -> None:
    names = cast.names(played.local)
    manifest = played.record.commission.manifest
    heard = {names[verdict.auditor] for _, verdict in played.hospital.audits.verdicts(manifest)}
    assert heard == {cast.INDEPENDENT, cast.REGULATOR}
    assert "conflict of interest" in played.shown


def test_the_hospital_owns_the_model_and_can_open_it_anywhere(played: Played, tmp_path: Path) -> None:
    hospital = played.hospital
    assert hospital.models.owner_of(played.record.commission.model_id) == hospital.address
    hospital.models.fetch(COMMISSION, tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").stat().st_size > 0


def test_the_clinic_wins_its_dispute_and_has_its_money_back(played: Played) -> None:
    contested, market = played.story.contested, played.local.actor(cast.CLINIC)
    commission = market.commissions.get(contested.commission_id)
    assert (commission.state, commission.cause) == (State.REFUNDED, Cause.DISPUTE_LOST)
    assert [ballot.side for ballot in contested.ballots].count(Side.CUSTOMER) == 2
    names = cast.names(played.local)
    balances = market.commissions.payments(contested.commission_id).balances()
    for token in (played.record.token.address, played.record.staking.address):
        assert sum(one.net for one in balances if one.token == token) == 0
    nets = {(names.get(one.account), one.token): one.net for one in balances}
    # the developer's bond makes good all that the deal and the jury have cost the clinic
    assert nets[cast.CLINIC, played.record.token.address] == 0
    assert nets[names[commission.developer], played.record.token.address] < 0
    dissenter = next(ballot.juror for ballot in contested.ballots if ballot.side == Side.DEVELOPER)
    assert nets[dissenter, played.record.staking.address] < 0


def test_the_hospital_earns_from_its_model_and_from_what_was_made_of_it(played: Played) -> None:
    parent, child = played.story.resold.parent, played.story.resold.child
    assert parent.buyers == (cast.CLINIC, child.seller)
    assert child.buyers == (cast.NEWCOMER,)
    assert parent.royalties == 0
    assert child.royalties == child.paid // 10
    assert parent.rightly == played.story.ending.agreed  # what was bought is what was commissioned
    assert child.rightly > 0.9 * played.story.ending.asked
    assert child.size < parent.size / 10
    market = played.hospital
    earned = [
        payment["amount"]
        for event in market.session.events.find("Escrow", "ReleasedEach")
        if event.arguments["module"] == market.deployment.address("Licences")
        for payment in event.arguments["payments"]
        if payment["to"] == market.address
    ]
    assert sum(earned) == parent.kept + child.royalties
    newcomer = played.local.actor(cast.NEWCOMER)
    (licence,) = newcomer.licences.held_by(newcomer.address)
    assert newcomer.licences.check(licence, newcomer.address, "use").counts
    assert "Licences sold" in played.shown
    assert "Licences sold" in played.page


def test_the_vote_passes_against_one_chamber_and_the_rule_holds(played: Played) -> None:
    voted = played.story.voted
    assert "Developers from DE may not serve customers from US in healthcare" in voted.sentence
    assert [role for role, tally in voted.chambers.items() if not tally.approves] == [Role.DEVELOPER]
    assert "may not serve this customer" in voted.refusal
    assert "The bid that the new rule refused" in played.shown
    assert "The bid that the new rule refused" in played.page
    policy = played.hospital.policy
    assert policy.blocked_developers(policy.domain_id(cast.DOMAIN), policy.jurisdiction_id("US"))


def test_programs_read_it_exactly(played: Played) -> None:
    content = json.loads(json.dumps(as_json(played.record)))
    assert sum(int(one["paid"]) - int(one["received"]) for one in content["balances"]) == 0
    assert int(content["commission"]["price"]) == played.record.commission.price
    assert [one["score"] for one in content["rounds"]] == [one.score for one in played.record.rounds]


def test_the_page_needs_nothing_from_elsewhere(played: Played) -> None:
    assert not re.search(r'(?:src|href)="(?!#)', played.page)
    assert played.page.count("<svg") == 3
    for step in played.record.steps:
        assert step.tx_hash[:10] in played.page
