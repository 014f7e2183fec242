"""web3.py over the market's endpoints: what programs may use, and what hands transactions to the node."""

from __future__ import annotations

import pytest
from eth_account import Account

from assay.chain.connection import Connection
from assay.chain.provider import FailoverProvider
from assay.errors import ChainError, ChainUnavailable

HASH = "0x" + "ab" * 32


def answering(monkeypatch, answer):
    """A connection whose one endpoint says *answer* to everything."""
    monkeypatch.setattr(FailoverProvider, "_post", lambda *_: {"jsonrpc": "2.0", "id": 0} | answer)
    return Connection(["http://127.0.0.1:1"], rounds=1)


def test_it_asks_the_same_chain(chain):
    connection = Connection(["http://127.0.0.1:1", chain.rpc], rounds=1)
    assert connection.web3.eth.chain_id == connection.chain_id()
    assert connection.web3.eth.block_number == connection.block_number()
    connection.close()


def test_no_endpoint_answers():
    with pytest.raises(ChainUnavailable):
        Connection(["http://127.0.0.1:1"], rounds=1).web3.eth.chain_id  # noqa: B018


def test_a_transaction_is_handed_over(monkeypatch):
    signed = Account.create().sign_transaction(
        {"nonce": 0, "gas": 21_000, "gasPrice": 1, "to": "0x" + "11" * 20, "value": 0, "chainId": 1}
    )
    assert answering(monkeypatch, {"result": HASH}).send_raw(signed.raw_transaction) == HASH


def test_a_refusal_is_told_in_the_nodes_words(monkeypatch):
    connection = answering(monkeypatch, {"error": {"code": -32000, "message": "nonce too low\x1b[31m"}})
    with pytest.raises(ChainError, match="The node refuses: nonce too low") as refused:
        connection.send_raw(b"\x02")
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize("result", [None, 1, "", "0x", "0x12", "zz", HASH + "00", [], {}, True], ids=repr)
def test_an_answer_that_makes_no_sense(monkeypatch, result):
    with pytest.raises(ChainError, match="makes no sense"):
        answering(monkeypatch, {"result": result}).send_raw(b"\x02")
