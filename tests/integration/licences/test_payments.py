"""A purchase is paid for by permit, by authorisation, or after an approval, as its token allows."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assay import ContractError, token_signatures
from assay.chain import Call

UNIT = 10**6
ROOT = Path(__file__).resolve().parents[3]
SOURCE = "tests/contracts/escrow/Payers.sol"


@pytest.fixture(scope="module")
def compiled() -> dict[str, Any]:
    question = {
        "language": "Solidity",
        "sources": {SOURCE: {"content": (ROOT / SOURCE).read_text()}},
        "settings": {
            "evmVersion": "cancun",
            "outputSelection": {SOURCE: {"*": ["abi", "evm.bytecode.object"]}},
        },
    }
    done = subprocess.run(
        [ROOT / "scripts" / "solc", "--standard-json"],
        input=json.dumps(question), capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    return dict(json.loads(done.stdout)["contracts"][SOURCE])


@pytest.fixture(params=["PlainToken", "WrappedToken", "AuthorisedToken"])
def token(request, shop, compiled) -> tuple[str, str]:
    """The name of a token's contract, and its address; the market takes it, and the buyer has some."""
    chain, code = shop.chain, compiled[request.param]
    factory = chain.web3.eth.contract(abi=code["abi"], bytecode=code["evm"]["bytecode"]["object"])
    sent = factory.constructor().transact({"from": chain.governance})
    address = chain.web3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
    rule, tiers = (True, UNIT, 100 * UNIT, UNIT), [(20_000 * UNIT, 3), (2**96 - 1, 5)]
    chain.transact("Policy", chain.at("Policy"), "setTokenRule", address, rule, tiers)
    for name in ("hospital", "newcomer"):
        account = shop.buyer(name).address
        minted = chain.web3.eth.contract(address=address, abi=code["abi"]).functions.mint(account, 10**12)
        chain.web3.eth.wait_for_transaction_receipt(minted.transact({"from": chain.governance}))
    return request.param, address


def test_one_transaction_where_the_token_takes_authorisations(shop, token):
    name, address = token
    seller, buyer = shop["hospital"], shop["newcomer"]
    offered = seller.offers.make(
        seller.offers.draft(shop.good, shop.plan(price=120 * UNIT, token=address))
    ).offer_id
    before = buyer.session.connection.nonce(buyer.address)
    held = buyer.escrow.wallet_balance(token=address)
    bought = buyer.licences.buy(buyer.licences.quote(offered), jurisdiction="CH")
    sent = buyer.session.connection.nonce(buyer.address) - before
    assert sent == (1 if name == "AuthorisedToken" else 2)
    assert held - buyer.escrow.wallet_balance(token=address) == 120 * UNIT
    record = buyer.licences.get(bought.sale_id)
    assert (record.sale.holder, record.sale.price) == (buyer.address, 120 * UNIT)
    another = buyer.licences.buy(buyer.licences.quote(offered))  # by an authorisation of its own
    assert another.sale_id != bought.sale_id
    assert held - buyer.escrow.wallet_balance(token=address) == 240 * UNIT


def test_a_refusal_of_the_market_sends_nothing(shop, token):
    name, address = token
    seller, buyer = shop["hospital"], shop["newcomer"]
    offers = seller.offers
    offered = offers.make(offers.draft(shop.good, shop.plan(price=120 * UNIT, token=address))).offer_id
    seen = buyer.licences.quote(offered)
    offers.withdraw(offers.offer(offered))
    before = buyer.session.connection.nonce(buyer.address)
    with pytest.raises(ContractError, match="changed or withdrawn"):
        buyer.licences.buy(seen, jurisdiction="CH")
    if name == "AuthorisedToken":
        assert buyer.session.connection.nonce(buyer.address) == before


def test_an_authorisation_is_for_one_order(shop, token):
    """Whoever sees it can bring it, and pay nothing else with it."""
    name, address = token
    if name != "AuthorisedToken":
        return
    buyer, escrow = shop["newcomer"], shop.chain.at("Escrow")
    module = shop.chain.at("Licences")
    signed = token_signatures.authorization(buyer.session, address, escrow, UNIT, module, b"\x01")
    stranger = shop["anyone"].session
    call = stranger.contract("Escrow").call(
        "payWithAuthorization", module, address, buyer.address, UNIT, signed, b"\x02"
    )
    with pytest.raises(ContractError, match="another's signature"):
        stranger.simulate(call)


@pytest.mark.parametrize("lies", [False, True])
def test_an_authorisation_that_others_present_is_paid_once(shop, token, lies, monkeypatch):
    """An endpoint sees it in the first call that it is asked to simulate, everybody in the transaction."""
    name, address = token
    if name != "AuthorisedToken":
        return
    seller, buyer, stranger = shop["hospital"], shop["newcomer"], shop["anyone"].session
    offers = seller.offers
    offered = offers.make(offers.draft(shop.good, shop.plan(price=120 * UNIT, token=address))).offer_id
    simulate, presented = buyer.session.transactor.simulate, []

    def overtaken(call: Call) -> bytes:
        if call.function in ("payWithAuthorization", "pay") and not presented:
            presented.append(stranger.send_call(replace(call, purpose="")))
            if lies:
                raise ContractError("The token refuses it.", name="Error")
        return simulate(call)

    monkeypatch.setattr(buyer.session.transactor, "simulate", overtaken)
    held = buyer.escrow.wallet_balance(token=address)
    bought = buyer.licences.buy(buyer.licences.quote(offered), jurisdiction="CH")
    assert bought.receipt.tx_hash == presented[0].tx_hash
    assert held - buyer.escrow.wallet_balance(token=address) == 120 * UNIT
    assert [one.sale_id for one in buyer.licences.held_by(buyer.address)] == [bought.sale_id]
    buyer.licences.buy(buyer.licences.quote(offered))  # another one, with a delivery key of its own
    assert held - buyer.escrow.wallet_balance(token=address) == 240 * UNIT
