"""What counts as proof that a transaction was mined, or that another one was."""

from __future__ import annotations

import pytest

from assay.chain import Connection
from assay.chain.evidence import holder, proven_receipt

UNIT = 10**18
OTHER = "0x" + "11" * 32


@pytest.fixture
def since(chain) -> int:
    """The block before the first deposit."""
    return int(chain.anvil.call("eth_blockNumber"), 16)


@pytest.fixture
def deposit(chain, since) -> str:
    """The hash of a mined transaction of the hospital, its second."""
    market = chain.market("hospital")
    market.escrow.deposit(UNIT)
    tx_hash = market.escrow.deposit(UNIT).tx_hash
    chain.market("developer").escrow.deposit(UNIT)
    return tx_hash


def reader(proxy) -> Connection:
    return Connection([proxy.url], timeout=30, rounds=1)


def lie(proxy, method: str, change) -> None:
    """Have the endpoint *change* the results of a method."""

    def behave(asked, _params, forward):
        answer = forward()
        if asked == method and answer.get("result"):
            change(answer["result"])
        return answer

    proxy.behave = behave


def test_a_receipt_that_blocks_bear_out(proxy, deposit):
    assert proven_receipt(reader(proxy), deposit)["status"] == 1
    assert proven_receipt(reader(proxy), OTHER) is None


@pytest.mark.parametrize(
    "said",
    [
        {"transactionHash": OTHER},
        {"blockHash": OTHER},
        {"blockNumber": "0x1"},
        {"status": "0x0"},
        {"status": "0x0", "logs": []},
        {"status": None},
        {"blockNumber": None},
        {"blockHash": None},
    ],
    ids=str,
)
def test_a_receipt_that_contradicts_the_chain(proxy, deposit, said):
    lie(proxy, "eth_getTransactionReceipt", lambda receipt: receipt.update(said))
    assert proven_receipt(reader(proxy), deposit) is None


def test_a_receipt_from_a_block_that_has_vanished(proxy, deposit):
    """Another block has its number now."""
    lie(proxy, "eth_getBlockByNumber", lambda block: block.update(hash=OTHER))
    assert proven_receipt(reader(proxy), deposit) is None


def test_a_receipt_from_a_block_without_the_transaction(proxy, deposit):
    lie(proxy, "eth_getBlockByNumber", lambda block: block.update(transactions=[]))
    assert proven_receipt(reader(proxy), deposit) is None


def test_who_has_a_nonce(chain, proxy, deposit, since):
    account = chain.wallet("hospital").address
    assert holder(reader(proxy), account, 1, since=since) == deposit
    assert holder(reader(proxy), account, 0, since=since) not in (None, deposit)
    assert holder(reader(proxy), account, 2, since=since) is None


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": "0x7"},
        {"hash": OTHER},
        {"input": "0x"},
        {"value": "0x1"},
        {"r": OTHER},
        {"chainId": "0x1"},
        {"type": "0x3"},
        {"to": None},
    ],
    ids=str,
)
def test_a_transaction_that_the_account_has_not_signed_has_no_nonce(chain, proxy, deposit, since, change):
    def forge(block):
        for transaction in block["transactions"]:
            if isinstance(transaction, dict):
                transaction.update(change)

    lie(proxy, "eth_getBlockByNumber", forge)
    assert holder(reader(proxy), chain.wallet("hospital").address, 1, since=since) is None


def test_a_count_that_runs_ahead_shows_nothing(chain, proxy, deposit, since):
    def ahead(asked, _params, forward):
        return (
            {"jsonrpc": "2.0", "id": 0, "result": "0x9"} if asked == "eth_getTransactionCount" else forward()
        )

    proxy.behave = ahead
    assert holder(reader(proxy), chain.wallet("hospital").address, 2, since=since) is None
