"""Finished models in a browser: offers, licences, trials, auctions, agreements."""

from __future__ import annotations

import json

import httpx
import pytest
from bazaar import BOND, Bazaar
from playwright.sync_api import expect
from readable import check_page, check_shown
from stage import UNIT

from assay.manifests import ModelManifest
from assay.markets.sales import context_of
from assay.seal import ContentKey
from assay.seal.delivery import deliver
from assay.structs import TrialAllowance, views


@pytest.fixture
def bazaar(stage, indexed) -> Bazaar:
    """The hospital's model, for sale in every way."""
    stage["developer"].models.deliver(stage.delivering)
    stage.chain.advance(86_401)
    stage["anyone"].commissions.settle(stage.delivering)
    bazaar = Bazaar(stage, stage["hospital"].commissions.get(stage.delivering).manifest)
    bazaar.open_for_all()
    indexed()
    return bazaar


@pytest.fixture
def busy(bazaar, patients, indexed) -> list[str]:
    """Something of each kind; the addresses of its pages."""
    bought, delivered = bazaar.buy("newcomer"), bazaar.buy("collector")
    bazaar.deliver(delivered)
    trial = bazaar.try_out(patients)
    text = bazaar.sign("newcomer", "collector")
    agreement, _ = bazaar.pledge("collector")
    sale = bazaar.put_to_auction(exclusive=True)
    bazaar.bid("newcomer", sale, 300 * UNIT)
    bazaar.bid("collector", sale, 200 * UNIT)
    bazaar.chain.advance(601)
    bazaar.reveal("newcomer", sale, 300 * UNIT)
    indexed()
    accounts = [bazaar[name].address for name in ("newcomer", "collector", "hospital")]
    return [
        f"/offers/{bazaar.offer_id}",
        f"/licences/{bought}",
        f"/licences/{delivered}",
        f"/trials/{trial}",
        f"/auctions/{sale}",
        f"/agreements/{text.hex()}",
        f"/agreements/{agreement.hex()}",
        "/models/1",
        "/models?way=auction",
        *(f"/accounts/{one}" for one in accounts),
        *(f"/accounts/{one}/deals" for one in accounts),
    ]


def test_pages_are_small_readable_without_scripts_and_clean(busy, served, visitor, pictures):
    with httpx.Client(base_url=served.url, timeout=30) as client:
        offer = client.get(busy[0]).text
        assert "reserved for" in offer  # by the auction, so it is not for sale
        assert "act-offer-buy" not in offer
        for path in busy:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.text[-2000:])
            check_page(answer, path)
    desk = visitor("hospital")
    phone = visitor("developer", viewport={"width": 390, "height": 844}, color_scheme="dark")
    for path in busy:
        for name, one in (("desk", desk), ("phone", phone)):
            page = one.visit(path)
            page.screenshot(path=pictures / f"{path.replace('/', '_')[-30:]}-{name}.png", full_page=True)
            check_shown(page, path)


def bought(visitor, name: str, offer_id: int):
    """Somebody buys in a browser; the visitor."""
    one = visitor(name)
    one.visit(f"/offers/{offer_id}")
    one.connect()
    assert "each for 120 tUSD" in one.do("offer-buy")[-1]
    return one


def test_a_licence_from_the_purchase_to_the_opened_model(bazaar, visitor, indexed, model, tmp_path):
    """Bought, delivered and opened in browsers, with the keys that the command would use."""
    buyer = bought(visitor, "newcomer", bazaar.offer_id)
    (record,) = bazaar["newcomer"].licences.held_by(bazaar["newcomer"].address)
    bazaar.deliver(record.sale_id)
    indexed()
    page = buyer.visit(f"/licences/{record.sale_id}")
    buyer.do("licence-open_licence")
    with page.expect_download() as download:
        page.locator("a[download]").click()
    download.value.save_as(tmp_path / "browser.onnx")
    bazaar["newcomer"].licences.open(
        bazaar["newcomer"].licences.get(record.sale_id), tmp_path / "command.onnx"
    )
    opened = {(tmp_path / f"{way}.onnx").read_bytes() for way in ("browser", "command")}
    assert opened == {model.read_bytes()}
    form = page.locator("#act-licence-refute")
    form.locator("button").click()
    expect(form.locator(".bad[data-status]")).to_contain_text("The right key was delivered")
    bazaar.chain.advance(90_000)
    indexed()
    anyone = visitor("anyone")
    anyone.visit(f"/licences/{record.sale_id}")
    anyone.connect()
    assert "Pay the seller" in anyone.do("licence-collect_licence")[-1]
    assert bazaar["anyone"].licences.get(record.sale_id).state.words == "collected"


def test_a_browser_delivers_as_the_command_does(bazaar, stage, visitor):
    """Byte for byte, proof included."""
    number = bazaar.buy("collector")
    record = bazaar["hospital"].licences.get(number)
    page = visitor("developer").visit("/")
    artifact = stage["developer"].session.fetch(bazaar.good, ModelManifest).artifact
    key = stage["developer"].keys.own(artifact)
    context = context_of(stage["hospital"].session, record)
    delivery, proof = deliver(key, context)
    said = page.evaluate(
        """async ([key, number, x, y]) => {
            const { delivered } = await import('/static/js/delivery.js');
            const bytes = Uint8Array.from(key);
            const made = await delivered(bytes, 'Licences', BigInt(number), { x: BigInt(x), y: BigInt(y) });
            return JSON.stringify(made, (_, one) => typeof one === 'bigint' ? one.toString() : one);
        }""",
        [list(key.reveal()), str(number), *map(str, record.recipient)],
    )
    made = json.loads(said)
    assert (int(made["delivery"]["ephemeral"]["x"]), made["delivery"]["masked"]) == (
        delivery.ephemeral.x,
        "0x" + delivery.masked.hex(),
    )
    assert (int(made["proof"]["challenge"]), int(made["proof"]["response"])) == tuple(proof)


def test_what_its_sender_did_not_make_is_not_refuted(visitor):
    """Its refutation could open what somebody else has delivered."""
    said = (
        visitor("developer")
        .visit("/")
        .evaluate(
            """async () => {
            const { deliveryKey, delivered, refuted } = await import('/static/js/delivery.js');
            const { secp256k1 } = await import('/static/vendor/@noble/curves/secp256k1.js');
            const { x, y } = secp256k1.Point.BASE.multiply(5n).toAffine();
            const own = { secret: 5n, x, y };
            const made = await delivered(new Uint8Array(32).fill(7), 'Licences', 1n, { x, y });
            await refuted(made, own, 1n, 'Licences');
            const forged = { ...made, proof: { ...made.proof, response: made.proof.response + 1n } };
            const refusals = [];
            for (const [one, number] of [[forged, 1n], [made, 2n]])
                await refuted(one, own, number, 'Licences').catch(error => refusals.push(error.message));
            return refusals;
        }"""
        )
    )
    assert [one[:26] for one in said] == ["The delivery lacks a valid"] * 2


def test_a_wrong_key_is_refuted_in_the_browser(bazaar, visitor, indexed):
    buyer = bought(visitor, "newcomer", bazaar.offer_id)
    (record,) = bazaar["newcomer"].licences.held_by(bazaar["newcomer"].address)
    delivery, proof = deliver(ContentKey(b"\x07" * 32), context_of(bazaar["hospital"].session, record))
    session = bazaar["hospital"].session
    session.send("Licences", "deliver", record.sale_id, record.sale.to_abi(), delivery, proof)
    indexed()
    page = buyer.visit(f"/licences/{record.sale_id}")
    form = page.locator("#act-licence-open_licence")
    form.locator("button").click()
    buyer.agree()
    expect(form.locator(".bad[data-status]")).to_contain_text("Refute it in time")
    before = bazaar["newcomer"].escrow.balance()
    assert "Prove that a wrong key" in buyer.do("licence-refute")[-1]
    assert bazaar["newcomer"].licences.get(record.sale_id).refuted
    assert bazaar["newcomer"].escrow.balance() == before + record.sale.price + record.sale.bond


def test_an_auction_from_the_bid_to_the_opened_model(bazaar, visitor, indexed, model, tmp_path):
    sale = bazaar.put_to_auction()
    indexed()
    bidder = visitor("newcomer")
    bidder.visit(f"/auctions/{sale}")
    bidder.connect()
    said = bidder.do("auction-bid_licence", price="300")
    assert any("Name the key" in one for one in said)
    bazaar.chain.advance(601)
    indexed()
    bidder.visit(f"/auctions/{sale}")
    assert "Reveal your bid of 300 tUSD" in bidder.do("auction-reveal")[-1]
    bazaar.chain.advance(601)
    indexed()
    anyone = visitor("anyone")
    anyone.visit(f"/auctions/{sale}")
    anyone.connect()
    anyone.do("auction-close_auction")
    (record,) = bazaar["newcomer"].licences.held_by(bazaar["newcomer"].address)
    bazaar.deliver(record.sale_id)
    indexed()
    page = bidder.visit(f"/licences/{record.sale_id}")
    bidder.do("licence-open_licence")
    with page.expect_download() as download:
        page.locator("a[download]").click()
    download.value.save_as(tmp_path / "won.onnx")
    assert (tmp_path / "won.onnx").read_bytes() == model.read_bytes()


def test_signing_pledging_and_a_claimed_breach(bazaar, visitor, indexed, stage):
    text = bazaar.sign("hospital")
    agreement, pledge = bazaar.pledge("collector")
    indexed()
    newcomer = visitor("newcomer")
    newcomer.visit(f"/agreements/{text.hex()}")
    newcomer.connect()
    assert "Agree to the text" in newcomer.do("agreement1-sign")[-1]
    assert bazaar["newcomer"].agreements.signed_at(text)
    newcomer.visit(f"/agreements/{agreement.hex()}")
    assert "Put up the bond" in newcomer.do("agreement1-pledge")[-1]
    number = bazaar["newcomer"].session.view(views.pledges.pledge_of(agreement, bazaar["newcomer"].address))
    assert number
    bazaar.chain.advance(31 * 86_400)
    indexed()
    newcomer.visit(f"/pledges/{pledge}")
    held = bazaar["collector"].escrow.balance()
    newcomer.do("agreement2-release")
    assert bazaar["collector"].escrow.balance() == held + BOND


def test_the_key_of_a_trial_is_granted_in_the_browser(bazaar, visitor, indexed, patients):
    number = bazaar.try_out(patients)
    indexed()
    buyer = visitor("newcomer")
    buyer.visit(f"/accounts/{bazaar['newcomer'].address}/deals")
    buyer.connect()
    buyer.page.locator(".card.due a").first.click()
    said = buyer.do("trial-grant_trial")
    assert "Publish grants of the key" in said[-1]
    assert bazaar["newcomer"].trials.next_step(number).who == "seller"


def test_a_trial_is_opened_in_the_browser(bazaar, visitor, indexed, patients, order, tmp_path):
    """With data that is sealed there; the command grants the key of it."""
    allowance = TrialAllowance(exposure_fee=2 * UNIT, bond=20 * UNIT, quota=1, exclusive=False)
    bazaar["hospital"].trials.allow(bazaar.offer_id, allowance)
    indexed()
    path = tmp_path / "order.json"
    path.write_text(order.model_dump_json())
    buyer = visitor("newcomer")
    buyer.visit(f"/offers/{bazaar.offer_id}")
    buyer.connect()
    said = buyer.do("offer-try", order=path, data=patients)
    assert "each seat costs 120 tUSD if the model passes" in said[-1]
    ((number, trial),) = bazaar["newcomer"].trials.list(buyer=bazaar["newcomer"].address)
    assert buyer.page.url.endswith(f"/trials/{number}")
    assert trial.price == 120 * UNIT
    bazaar.chain.anvil.mine(3)
    bazaar["anyone"].trials.advance(number)
    bazaar["newcomer"].trials.grant(number)
    assert bazaar["newcomer"].trials.next_step(number).who == "seller"
