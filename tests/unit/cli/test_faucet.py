"""Money on a local chain, and nowhere else."""

from __future__ import annotations

import json

import pytest
from terminal import ADDRESS, UNIT, failure
from typer.testing import CliRunner

from assay_local.cli import app as local


def faucet(terminal, *arguments: str):
    """The program that `assay faucet` becomes."""
    return CliRunner().invoke(local, ["faucet", *arguments], env=terminal.environment)


def test_a_faucet_on_a_local_chain(terminal):
    given = faucet(terminal, ADDRESS, "--tokens", "12.5", "--currency", "2", "--json")
    assert json.loads(given.stdout) == {
        "account": ADDRESS,
        "tokens": dict.fromkeys(("tUSD_base_units", "tASY_base_units"), str(125 * UNIT // 10)),
        "currency_wei": str(2 * UNIT),
    }
    again = faucet(terminal, ADDRESS, "--tokens", "0.5", "--currency", "1")
    assert "13 tUSD, 13 tASY" in again.stdout
    assert "3 ether" in again.stdout
    assert terminal.json("escrow", "balance", ADDRESS)["in_wallet_base_units"] == str(13 * UNIT)
    assert "finer" in failure(faucet(terminal, ADDRESS, "--tokens", "0." + "0" * 18 + "1"))
    assert (
        faucet(terminal, "somebody").exit_code == faucet(terminal, ADDRESS, "--tokens", "-1").exit_code == 2
    )


@pytest.mark.parametrize("client", ["Geth/v1.15.0", "anvilish", ""])
def test_no_faucet_where_money_is_real(terminal, monkeypatch, client):
    """Nothing is sent to such a chain."""
    asked = []

    def call(chain, method, *_parameters):
        asked.append(method)
        return client

    monkeypatch.setattr("assay_local.local_chain.LocalChain.call", call)
    assert "is not a local one" in failure(faucet(terminal, ADDRESS))
    assert asked == ["web3_clientVersion"]


def test_no_faucet_for_a_token_that_nobody_can_mint(terminal):
    """Policy has no `mint`, like a token that is worth something."""
    chain = terminal.chain
    before = chain.web3.eth.get_balance(ADDRESS)
    payment = chain.deployment.tokens.payment
    code = chain.anvil.call("eth_getCode", payment, "latest")
    chain.anvil.call("anvil_setCode", payment, code.replace("40c10f19", "40c10f1a"))  # another selector
    assert "is not a test token" in failure(faucet(terminal, ADDRESS))
    assert chain.web3.eth.get_balance(ADDRESS) == before
    terminal.environment["ASSAY_RPC"] = "http://127.0.0.1:9"
    assert "No chain answers" in failure(faucet(terminal, ADDRESS))
