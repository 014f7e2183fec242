"""Selling and buying at the command line, as different people."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from patients import order_for
from typer.testing import CliRunner, Result

from assay.cli import app
from assay.selling.daemon import Seller
from assay.structs import Role

UNIT = 10**18


class Person:
    """Somebody with a keystore at the command line."""

    def __init__(self, shop: Any, name: str) -> None:
        self.market, self.environment = shop.buyer(name), shop.environment(name)

    def run(self, *words: str, typed: str = "") -> Result:
        return CliRunner().invoke(app, words, env=self.environment, input=typed)

    def json(self, *words: str, code: int = 0) -> Any:
        result = self.run(*words, "--json")
        assert result.exit_code == code, result.output + result.stderr
        return json.loads(result.stdout)

    def sent(self) -> int:
        return self.market.session.connection.nonce(self.market.address)


@pytest.fixture
def seller(shop) -> Person:
    return Person(shop, "hospital")


@pytest.fixture
def buyer(shop) -> Person:
    return Person(shop, "newcomer")


def serve_once(shop, name: str = "hospital") -> None:
    Seller(shop[name], confirmations=0, poll_seconds=0.1, patience=0).cycle()


def test_sold_and_bought_in_one_command_and_one_transaction_each(shop, seller, buyer, model, tmp_path):
    before = seller.sent()
    made = seller.json(
        "sell", "offer", shop.good.hex(), "--price", "120.5", "--purpose", "derive", "--purpose", "use",
        "--seats", "3", "--term", "365d", "--not-for", "weapons", "--royalty", "5%", "--domain", "healthcare",
    )  # fmt: skip
    assert seller.sent() == before + 1
    number = str(made["offer"])
    (row,) = buyer.json("licence", "offers")
    assert (row["offer"], row["price_base_units"], row["purposes"]) == (
        made["offer"],
        str(1205 * UNIT // 10),
        ["use", "derive"],
    )
    told = buyer.json("buy", number, "--seats", "2", "--dry-run")
    assert told["price_base_units"] == str(241 * UNIT)
    shares = [told[name] for name in ("to_the_seller_base_units", "market_fee_base_units")]
    assert sum(map(int, shares)) == 241 * UNIT
    assert told["score_ppm"] == 950_000
    assert told["standing"] == "current"
    assert "to develop, make or use weapons" in told["not_allowed"]
    assert buyer.sent() == 0
    dest = tmp_path / "model.onnx"
    words = ("buy", number, str(dest), "--seats", "2", "--jurisdiction", "CH", "--minutes", "0")
    for bound, said in {
        (): "It costs 241 tUSD, and nobody can be asked",
        ("--at-most", "240.99"): "It costs 241 tUSD.",
        ("--at-most", "241 OTHER"): "not in that token",
    }.items():
        assert said in buyer.json(*words, *bound, code=1)["error"]["message"]
    assert "nobody can be asked" in buyer.run(*words).stderr
    assert buyer.sent() == 0
    words += ("--at-most", "241 tUSD")
    bought = buyer.json(*words, code=1)  # nobody delivers
    assert buyer.sent() == 1
    assert bought["next"]["who"] == "seller"
    sale = str(bought["sale"])
    serve_once(shop)
    opened = buyer.json("licence", "open", sale, str(dest))
    assert hashlib.sha256(dest.read_bytes()).hexdigest() == opened["sha256"]
    assert dest.read_bytes() == model.read_bytes()
    text = buyer.json("licence", "text", number)["text"]
    assert "365 days" in text and "120.5 tUSD" in text and "For healthcare" in text  # noqa: PT018
    shop.chain.advance(86_401)
    serve_once(shop)
    shown = buyer.json("licence", "show", sale)
    assert shown["state"] == "collected"
    assert buyer.json("licence", "verify", sale, "--purpose", "derive", "--model", str(dest))["counts"]
    refused = buyer.json("licence", "verify", sale, "--purpose", "serve", code=1)
    assert not refused["counts"]


def test_no_trial_is_opened_at_a_price_that_nobody_has_agreed_to(shop, seller, buyer, patients, tmp_path):
    order = tmp_path / "order.json"
    order.write_text(order_for(patients, risk_class=1).model_dump_json(exclude_none=True))
    buyer.market.participants.register(Role.CUSTOMER, jurisdiction="CH")
    number = str(shop.offer().offer_id)
    seller.json("trial", "allow", number, "--fee", "2", "--bond", "20")
    words, before = ("trial", "open", number, str(order), str(patients)), buyer.sent()
    told = buyer.json(*words, "--dry-run")["total_at_most_base_units"]
    refused = buyer.json(*words, code=1)["error"]
    assert "and nobody can be asked whether you want it" in refused["message"]
    assert "nobody can be asked" in buyer.run(*words, typed="y\n").stderr
    total = buyer.market.escrow.token().format(int(told)).split()[0]
    assert refused["hint"] == f"Say what you pay at most: `--at-most {total}`."
    seller.json("trial", "allow", number, "--fee", "2.01", "--bond", "20")
    assert "Raise --at-most" in buyer.json(*words, "--at-most", total, code=1)["error"]["hint"]
    assert buyer.sent() == before
