"""A breach of a licence costs the bond that its terms name, if a jury confirms it, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jury import enlist, rule
from typer.testing import CliRunner

from assay import ContractError
from assay.cli import app
from assay.errors import InvalidInput, StoreError
from assay.judges.disputes import Claim
from assay.markets.templates import agreement_of
from assay.structs import Ground, PledgeState, Side

UNIT, DAY = 10**18, 86_400
BOND, JURY_FEE = 300 * UNIT, 100 * UNIT
CLAIM = Claim(claim="The holder serves others with the model.", statement="See the price list on its page.")


@pytest.fixture(scope="module")
def agreed(opened) -> Iterator[bytes]:
    """Nine jurors, and an agreement of the hospital's with a bond."""
    shop = opened
    with shop.chain.undone():
        enlist(shop)
        seller = shop["hospital"]
        text = seller.agreements.publish(agreement_of("Use", "The holder serves nobody else with the model."))
        domain = seller.policy.domain_id("healthcare")
        yield seller.pledges.draw_up(text, BOND, 365 * DAY, domain).agreement


@pytest.fixture
def agreement(agreed, shop) -> bytes:
    return bytes(agreed)


def pledged(shop: Any, agreement: bytes) -> int:
    """A buyer pledges and buys."""
    buyer = shop.buyer("newcomer")
    offered = shop.offer(agreement=agreement).offer_id
    found = buyer.licences.quote(offered)
    terms, token = found.pledge
    assert (terms.bond, token.address) == (BOND, found.token.address)
    with pytest.raises(ContractError, match="has not put up the bond"):
        buyer.licences.buy(found, jurisdiction="CH")
    number: int = buyer.pledges.make(agreement).pledge_id
    buyer.licences.buy(found, jurisdiction="CH")
    return number


def test_a_breach_that_a_jury_confirms_costs_the_bond(shop, agreement):
    seller = shop["hospital"]
    number = pledged(shop, agreement)
    before = seller.escrow.balance() + seller.escrow.wallet_balance()
    dispute = seller.disputes.open(number, Ground.BREACH, CLAIM, contract="Pledges").dispute_id
    assert seller.pledges.get(number).state == PledgeState.DISPUTED
    (evidence,) = seller.disputes.submitted(dispute)
    assert seller.disputes.read(evidence).claim == CLAIM.claim
    rule(shop, dispute, Side.CUSTOMER)
    found = seller.pledges.get(number)
    assert found.state == PledgeState.FORFEITED
    assert found.to_beneficiary + found.burnt == BOND
    assert 0 < found.to_beneficiary <= JURY_FEE
    after = seller.escrow.balance() + seller.escrow.wallet_balance()
    assert abs(after - before) <= 10, "its costs are made good, and nobody gains"
    assert seller.pledges.next_step(number).is_last
    with pytest.raises(InvalidInput, match="is forfeited: no breach can be claimed"):
        seller.pledges.require_contestable(number)


def test_a_false_accusation_costs_the_holder_nothing(shop, agreement):
    seller, buyer = shop["hospital"], shop["newcomer"]
    number = pledged(shop, agreement)
    until = seller.pledges.get(number).deadline
    dispute = seller.disputes.open(number, Ground.BREACH, CLAIM, contract="Pledges").dispute_id
    rule(shop, dispute, Side.DEVELOPER)
    found = seller.pledges.get(number)
    assert (found.state, found.deadline) == (PledgeState.PLEDGED, until)
    with pytest.raises(ContractError):
        buyer.pledges.release(number)
    shop.chain.advance(366 * DAY)
    assert f"assay pledge release {number}" in str(seller.pledges.next_step(number))
    before = buyer.escrow.balance()
    shop["anyone"].pledges.release(number)
    assert buyer.escrow.balance() - before == BOND
    with pytest.raises(InvalidInput, match="is returned"):
        seller.pledges.require_contestable(number)


def test_a_renewal_is_for_nothing_and_lasts_longer(shop, agreement):
    buyer = shop.buyer("newcomer")
    number = buyer.pledges.make(agreement).pledge_id
    balance, until = buyer.escrow.balance(), buyer.pledges.get(number).deadline
    shop.chain.advance(8 * DAY)
    assert buyer.pledges.make(agreement).pledge_id == number
    assert buyer.escrow.balance() == balance
    assert buyer.pledges.get(number).deadline >= until + 8 * DAY
    assert [one.pledge_id for one in buyer.pledges.list(party=buyer.address)] == [number]


def test_the_licence_says_what_a_breach_costs(shop, agreement):
    seller = shop["hospital"]
    draft = seller.offers.draft(shop.good, shop.plan(agreement=agreement))
    assert "300 tUSD" in draft.text
    assert "There is no bond" in seller.offers.draft(shop.good, shop.plan()).text


def test_bad_input_pledges_nothing(shop, agreement):
    seller, buyer = shop["hospital"], shop.buyer("newcomer")
    text = seller.agreements.publish(agreement_of("Use", "Some other text."))
    domain = seller.policy.domain_id("healthcare")
    for bond, term, said in ((0, 365 * DAY, "needs no pledge"), (UNIT, DAY, "30 days to 1,095 days")):
        with pytest.raises(InvalidInput, match=said):
            seller.pledges.draw_up(text, bond, term, domain)
    with pytest.raises(StoreError):
        seller.pledges.draw_up(b"\x07" * 32, UNIT, 365 * DAY, domain)
    with pytest.raises(InvalidInput, match="Nobody has drawn up"):
        buyer.pledges.make(text)
    with pytest.raises(InvalidInput, match="more than was agreed to"):
        buyer.pledges.make(agreement, at_most=BOND - 1)
    with pytest.raises(ContractError, match="cannot pledge to itself"):
        seller.pledges.make(agreement)
    with pytest.raises(InvalidInput, match="There is no pledge 99"):
        buyer.pledges.get(99)
    number = buyer.pledges.make(agreement).pledge_id
    with pytest.raises(InvalidInput, match="has no part in pledge"):
        shop["rival"].pledges.require_contestable(number)
    assert buyer.pledges.get(number).state == PledgeState.PLEDGED


def test_the_command_line(shop, agreement, tmp_path):
    shop.buyer("newcomer")
    environments = {name: shop.environment(name) for name in ("hospital", "newcomer")}

    def run(name: str, *words: object, code: int = 0) -> Any:
        done = CliRunner().invoke(app, [*map(str, words), "--json"], env=environments[name])
        assert done.exit_code == code, done.output + done.stderr
        return json.loads(done.stdout)

    text = run("hospital", "agreement", "new", "nda", *values())["agreement"]
    drawn = run(
        "hospital", "pledge", "draw-up", text, "--bond", 300, "--term", "365d", "--domain", "healthcare"
    )["agreement"]
    offer = run("hospital", "sell", "offer", shop.good.hex(), "--price", 120, "--agreement", drawn)["offer"]
    told = run("newcomer", "buy", offer, "--dry-run")["bond_to_put_up"]
    assert told["bond_base_units"] == str(BOND)
    assert "nobody can be asked" in run("newcomer", "pledge", "make", drawn, code=1)["error"]["message"]
    number = run("newcomer", "pledge", "make", drawn, "--at-most", 300)["pledge"]
    claim = tmp_path / "claim.json"
    claim.write_text(CLAIM.model_dump_json())
    dispute = run("hospital", "pledge", "accuse", number, claim)["dispute"]
    shown = run("hospital", "dispute", "show", dispute)
    assert (shown["pledge"], shown["commission"], shown["ground"]) == (number, None, "breach")
    assert shown["developer"] == shop["newcomer"].address
    assert shown["evidence"][0]["claim"] == CLAIM.claim
    assert [row["dispute"] for row in run("hospital", "dispute", "list")] == [dispute]
    again = run("hospital", "pledge", "accuse", number, claim, code=1)
    assert "is disputed" in again["error"]["message"]
    rule(shop, dispute, Side.CUSTOMER)
    shown = run("newcomer", "pledge", "show", number)
    assert shown["state"] == "forfeited"
    assert int(shown["to_the_beneficiary_base_units"]) + int(shown["burnt_base_units"]) == BOND
    assert [row["state"] for row in run("newcomer", "pledge", "list", "--agreement", drawn)] == ["forfeited"]


def values() -> list[str]:
    said = {
        "discloser": "The hospital", "subject": "a model", "purpose": "second reading",
        "term": "1 year", "penalty": "300 tUSD", "law": "Switzerland",
    }  # fmt: skip
    return [word for name, value in said.items() for word in ("--value", f"{name}={value}")]
