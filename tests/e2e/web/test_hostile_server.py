"""What a server that lies in its facts gets: nothing that is signed, granted, delivered or published."""

from __future__ import annotations

import json

import pytest
from bazaar import BOND, NDA, Bazaar
from playwright.sync_api import expect
from stage import UNIT

from assay.chain import Deployment
from assay.manifests import Agreement


@pytest.fixture
def bazaar(stage, indexed) -> Bazaar:
    """A model on sale."""
    stage["developer"].models.deliver(stage.delivering)
    stage.chain.advance(86_401)
    stage["anyone"].commissions.settle(stage.delivering)
    bazaar = Bazaar(stage, stage["hospital"].commissions.get(stage.delivering).manifest)
    bazaar.open_for_all()
    indexed()
    return bazaar


def lie(page, form: str, module: str, facts: dict) -> None:
    """The server has a form carried out by another module, or on other facts; somebody sends it."""
    page.locator(f"#{form}").evaluate(
        """(form, [act, facts]) => {
            Object.assign(form.dataset, { act, facts });
            form.noValidate = true;
            form.requestSubmit();
        }""",
        [module, json.dumps(facts)],
    )


def money_for(deployment: Deployment, thief: str) -> list[dict]:
    """Calls that would let a thief take money."""
    token = deployment.tokens.payment
    own = [{"value": one} for one in (thief, 2**95)]
    return [
        {"contract": "IERC20Metadata", "name": "approve", "args": own, "at": token},
        {"contract": "Escrow", "name": "setOperator", "args": [own[0], {"value": token}, {"value": True}]},
    ]


def test_nobody_is_allowed_to_take_money(stage, visitor):
    hospital = visitor("hospital")
    page = hospital.visit(f"/accounts/{stage['hospital'].address}")
    hospital.connect()
    status = page.locator("#act-account1-deposit [data-status].bad")
    for facts in money_for(stage.chain.deployment, stage["anyone"].address):
        lie(page, "act-account1-deposit", "call", facts)
        expect(status).to_have_text("This page does not know that act.")
    refused = page.evaluate(
        """async ([thief, token]) => {
            const { call, read } = await import('/static/js/market.js');
            const calls = [await call('IERC20Metadata', 'approve', [thief, 5], token),
                           await call('Escrow', 'setOperator', [thief, token, true])];
            calls.push(await call('Escrow', 'multicall', [[calls[1].data]]));
            const said = [];
            for (const one of calls) await read(one).catch(error => said.push(error.message));
            return said;
        }""",
        [stage["anyone"].address.lower(), stage.chain.deployment.tokens.payment],
    )
    assert len(refused) == 3
    assert all("a contract of this market" in one for one in refused)
    assert not hospital.wallet.signed


def test_the_key_of_ones_data_is_granted_in_ones_own_deal_alone(stage, visitor, order, patients, served):
    """Somebody could open a deal about the same sealed data, to have its panel read it."""
    own, form = stage.to_granting(order, patients), "act-deal-grant"
    stranger = visitor("rival")
    there = stranger.visit(f"/deals/{own}")
    stranger.connect()
    there.locator(f"#{form}").evaluate("form => form.requestSubmit()")
    expect(there.locator(f"#{form} .bad[data-status]")).to_contain_text("another account's deal")
    assert not stranger.wallet.signed
    hospital = visitor("hospital")
    page = hospital.visit(f"/deals/{own}")
    hospital.connect()
    served.bodies.clear()
    page.locator(f"#{form} button").click()
    hospital.agree()  # to derive the key
    expect(page.locator("dialog.review .sentence")).to_contain_text("Publish grants", timeout=20_000)
    page.locator("dialog.review button[value='']").click()
    expect(page.locator(f"#{form} [data-status]")).to_have_text("Nothing was sent.")
    assert b"KeyGrants" not in served.bodies  # no grant has left the browser


def test_a_text_is_shown_as_it_is_signed(bazaar, visitor, indexed):
    """The page shows one text; what is shown before the signature is the text that would be signed."""
    shown = bazaar.sign("hospital")
    worse = Agreement(title="Another", text="The recipient owes everything.")
    other = bazaar["hospital"].agreements.publish(worse)
    indexed()
    newcomer = visitor("newcomer")
    page = newcomer.visit(f"/agreements/{shown.hex()}")
    newcomer.connect()
    lie(page, "act-agreement1-sign", "sign", {"text": f"0x{other.hex()}"})
    document = page.locator("dialog.review .document")
    expect(document).to_contain_text("The recipient owes everything.", timeout=20_000)
    page.locator("dialog.review button[value='']").click()
    expect(page.locator("#act-agreement1-sign [data-status]")).to_have_text("Nothing was sent.")
    manifest = f"0x{bazaar.good.hex()}"
    lie(page, "act-agreement1-sign", "sign", {"text": manifest})
    refused = page.locator("#act-agreement1-sign .bad[data-status]")
    expect(refused).to_contain_text("is not an agreement", timeout=20_000)
    assert not newcomer.wallet.signed


def test_a_bond_is_what_the_contract_takes(bazaar, visitor, indexed):
    agreement, _ = bazaar.pledge("collector")
    indexed()
    newcomer = visitor("newcomer")
    page = newcomer.visit(f"/agreements/{agreement.hex()}")
    newcomer.connect()
    lie(page, "act-agreement1-pledge", "pledge", {"agreement": f"0x{agreement.hex()}", "bond": "1"})
    dialog = page.locator("dialog.review")
    expect(dialog.locator(".worst")).to_contain_text(f"lose the {BOND // UNIT} tUSD", timeout=20_000)
    expect(dialog.locator(".document")).to_contain_text(NDA.text.splitlines()[0])


def test_the_key_of_the_model_that_was_sold_is_delivered_and_no_other(bazaar, visitor):
    """The manifest is the chain's: one that the server names is not looked at."""
    number = bazaar.buy("collector")
    page = visitor("hospital").visit("/")
    said = page.evaluate(
        """async (number) => {
            const { soldAs } = await import('/static/js/sold.js');
            const provider = { request: async ({ method, params }) =>
                JSON.parse(await window.__wallet(JSON.stringify({ method, params }))).result };
            const { terms, bought } = await soldAs(provider, BigInt(number));
            return [terms.offer.good, bought.sale.seller];
        }""",
        str(number),
    )
    assert said == [f"0x{bazaar.good.hex()}", bazaar["hospital"].address.lower()]


def test_evidence_is_published_after_the_yes(stage, visitor, served):
    number = stage.delivering
    stage["developer"].models.deliver(number)
    hospital = visitor("hospital")
    page = hospital.visit(f"/deals/{number}")
    hospital.connect()
    served.bodies.clear()
    form = page.locator("#act-deal-dispute")
    form.locator("[name=claim]").fill("Not to be known yet.")
    form.locator("button").click()
    expect(form.locator(".bad[data-status]")).to_contain_text("jurors")  # there are none to be had
    assert b"Not to be known yet." not in served.bodies


def test_the_server_does_not_get_the_call_that_a_wallet_repeats(stage, visitor, served):
    page = visitor("hospital").visit("/")
    served.bodies.clear()
    page.evaluate(
        """async () => {
            const { explanation } = await import('/static/js/review.js');
            const data = '0x12345678' + '5ec2e7'.repeat(30);
            const error = new Error(`cannot estimate gas (transaction={"data":"${data}"})`);
            await explanation(error, '', { data });
        }"""
    )
    assert b"cannot estimate gas" in served.bodies
    assert b"5ec2e75ec2e7" not in served.bodies


def test_tokens_and_places_are_called_what_the_contracts_call_them(stage, visitor):
    """A server that moves the decimal point, or gives a token another name, changes nothing."""
    hospital = visitor("hospital")
    token = stage.chain.deployment.tokens.payment

    def lying(route) -> None:
        said = route.fetch().json()
        said["tokens"][token] |= {"symbol": "free", "decimals": 3}
        said["jurisdictions"] = dict.fromkeys(said["jurisdictions"], "XX")
        route.fulfill(json=said)

    hospital.page.route("**/market.json", lying)
    page = hospital.visit(f"/accounts/{stage['hospital'].address}")
    hospital.connect()
    before = stage["hospital"].escrow.balance()
    said = hospital.do("account1-deposit", amount="2.5")
    assert any("2.5 tUSD" in one for one in said)
    assert not any("free" in one for one in said)
    assert stage["hospital"].escrow.balance() == before + 5 * UNIT // 2
    page.reload(wait_until="commit")  # a page that has not found its wallet yet asks no other
    place = page.evaluate("import('/static/js/tokens.js').then(({ jurisdiction }) => jurisdiction(1))")
    assert place == "CH"


def test_the_worst_case_of_a_plain_call_is_not_the_servers_to_say(stage, visitor):
    hospital = visitor("hospital")
    page = hospital.visit("/")
    hospital.connect()
    validator = visitor(stage.validators[0])
    page = validator.visit(f"/accounts/{stage[stage.validators[0]].address}")
    validator.connect()
    form = page.locator("#act-account2-stake, #act-account-stake, [id$=-stake]").first
    form.evaluate(
        """form => {
            const facts = JSON.parse(form.dataset.facts);
            facts.worst = { name: 'worst.ballot', facts: {} };
            form.dataset.facts = JSON.stringify(facts);
        }"""
    )
    form.locator("[name=amount]").fill("1")
    form.locator("button[type=submit]").click()
    expect(page.locator("dialog.review .sentence")).to_be_visible(timeout=20_000)
    while "Stake" not in page.locator("dialog.review .sentence").inner_text():
        validator.agree()
        expect(page.locator("dialog.review .sentence")).to_be_visible(timeout=20_000)
    expect(page.locator("dialog.review .worst")).to_contain_text("For a false report you lose")
