"""Transactions on a real chain: races, dead endpoints, doomed calls, empty pockets."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from eth_utils.crypto import keccak

from assay import ContractError, Market, Role, Wallet
from assay.chain import Call
from assay.chain.journal import Fate, state_folder
from assay.chain.transactions import Transactor
from assay.errors import (
    ChainError,
    ChainUnavailable,
    InsufficientGas,
    InvalidInput,
    TransactionPending,
    TransactionReplaced,
    WalletError,
    WrongChain,
)

UNIT = 10**18


def deposits(market: Market, count: int) -> list[str]:
    return [market.escrow.deposit(UNIT).tx_hash for _ in range(count)]


def test_threads_that_share_a_market(chain):
    market = chain.market("busy")
    market.escrow.deposit(UNIT)
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(market.escrow.set_operator, "CommissionMarket", i % 2 == 0) for i in range(24)]
        hashes = {call.result().tx_hash for call in calls}
    assert len(hashes) == 24


def test_threads_with_a_market_each_for_one_account(chain):
    markets = [chain.market("busy") for _ in range(4)]
    before = chain.web3.eth.get_transaction_count(markets[0].address)
    with ThreadPoolExecutor(4) as pool:
        calls = [
            pool.submit(m.escrow.set_operator, "CommissionMarket", True) for m in markets for _ in range(6)
        ]
        hashes = {call.result().tx_hash for call in calls}
    assert len(hashes) == 24
    assert chain.web3.eth.get_transaction_count(markets[0].address) == before + 24


def test_a_doomed_call_costs_nothing_and_says_why(chain):
    market = chain.market("poor")
    balance, nonce = (
        chain.web3.eth.get_balance(market.address),
        chain.web3.eth.get_transaction_count(market.address),
    )
    with pytest.raises(ContractError) as doomed:
        market.escrow.withdraw(5)
    assert doomed.value.name == "InsufficientBalance"
    assert doomed.value.arguments["needed"] == 5
    assert "assay escrow deposit" in str(doomed.value)
    assert chain.web3.eth.get_balance(market.address) == balance
    assert chain.web3.eth.get_transaction_count(market.address) == nonce


def test_an_error_of_a_nested_contract(chain):
    market = chain.market("poor")
    with pytest.raises(ContractError) as doomed:
        market.escrow.deposit(10**9 * UNIT)
    assert doomed.value.name == "ERC20InsufficientBalance"


def test_no_money_for_gas(chain):
    wallet = Wallet.from_private_key(keccak(text="penniless"))
    with Market.connect(chain.rpc, deployment=chain.deployment, wallet=wallet) as market:
        with pytest.raises(InsufficientGas, match="cannot pay for the gas"):
            market.participants.register(Role.CUSTOMER, jurisdiction="CH")
        assert not market.participants.is_registered()


def test_no_wallet(chain):
    with Market.connect(chain.rpc, deployment=chain.deployment) as market:
        assert market.commissions.count() == 0
        with pytest.raises(WalletError, match="needs a wallet"):
            market.escrow.withdraw(1)


def test_the_receipt_says_what_it_cost(chain):
    market = chain.market("payer")
    before = chain.web3.eth.get_balance(market.address)
    receipt = market.escrow.deposit(UNIT)
    assert before - chain.web3.eth.get_balance(market.address) == receipt.fee
    assert receipt.event("Deposited").arguments["amount"] == UNIT
    with pytest.raises(ChainError):
        receipt.event("Withdrawn")


def test_a_first_deposit_is_one_transaction(chain):
    market = chain.market("newcomer")
    nonce = chain.web3.eth.get_transaction_count(market.address)
    market.escrow.deposit(UNIT)
    assert chain.web3.eth.get_transaction_count(market.address) == nonce + 1
    assert all(market.escrow.operators().values())


def through(chain, proxy, name: str = "hospital") -> Market:
    return Market.connect(
        proxy.url, deployment=chain.deployment, wallet=chain.wallet(name), timeout=30, rounds=1
    )


def test_the_endpoint_dies_before_sending(chain, proxy):
    market = through(chain, proxy)
    proxy.behave = lambda method, _params, forward: None if method == "eth_estimateGas" else forward()
    with pytest.raises(ChainUnavailable):
        market.escrow.deposit(UNIT)
    proxy.behave = lambda _method, _params, forward: forward()
    assert market.escrow.balance() == 0
    market.escrow.deposit(UNIT)
    assert market.escrow.balance() == UNIT


def test_the_endpoint_dies_while_sending(chain, proxy):
    market = through(chain, proxy)

    def take_and_die(method, _params, forward):
        if method != "eth_sendRawTransaction":
            return forward()
        forward()
        return None

    proxy.behave = take_and_die
    market.escrow.deposit(UNIT)
    assert market.escrow.balance() == UNIT


def test_the_endpoint_is_away_while_waiting(chain, proxy):
    market = through(chain, proxy)
    absences = iter([True] * 3)

    def away(method, _params, forward):
        return None if method == "eth_getTransactionReceipt" and next(absences, False) else forward()

    proxy.behave = away
    assert market.escrow.deposit(UNIT).event("Deposited").arguments["amount"] == UNIT


@pytest.mark.parametrize("said", ["nonce too low", "replacement transaction underpriced"])
def test_a_taken_nonce_is_tried_anew(chain, proxy, refuse, said):
    market = through(chain, proxy)
    times = iter([True] * 3)

    def taken(method, _params, forward):
        return refuse(said) if method == "eth_sendRawTransaction" and next(times, False) else forward()

    proxy.behave = taken
    market.escrow.deposit(UNIT)
    assert market.escrow.balance() == UNIT


def test_a_nonce_that_is_always_taken_is_pending(chain, proxy, refuse):
    """The node says that the nonce is used, and shows nothing that uses it."""
    market = through(chain, proxy)
    market.session.transactor.outbox.timeout = 0
    proxy.behave = lambda method, _params, forward: (
        refuse("nonce too low") if method == "eth_sendRawTransaction" else forward()
    )
    with pytest.raises(TransactionPending, match="assay tx wait"):
        market.escrow.deposit(UNIT)


def test_a_transaction_that_the_node_knows_already(chain, proxy, refuse):
    market = through(chain, proxy)

    def known(method, _params, forward):
        if method != "eth_sendRawTransaction":
            return forward()
        forward()
        return refuse("already known")

    proxy.behave = known
    market.escrow.deposit(UNIT)
    assert market.escrow.balance() == UNIT


def elsewhere(chain, name: str = "hospital") -> Market:
    """The same account on another machine."""
    market = chain.market(name)
    market.session.transactor.outbox.folder = state_folder() / "elsewhere"
    return market


def allow(chain, market: Market) -> Call:
    return market.session.contract("Escrow").call(
        "setOperator", chain.at("AuditRegistry"), chain.deployment.tokens.staking, True
    )


def lose_first(proxy, *, then) -> None:
    """The first transaction is taken and lost, and *then* something happens."""
    first = iter([True])

    def lose(method, _params, forward):
        if method == "eth_sendRawTransaction" and next(first, False):
            return then()
        return forward()

    proxy.behave = lose


def test_a_nonce_that_another_machine_has_taken_is_no_hindrance(chain, proxy, refuse):
    market = through(chain, proxy)

    def overtaken():
        elsewhere(chain).escrow.deposit(2 * UNIT)
        return refuse("nonce too low")

    lose_first(proxy, then=overtaken)
    assert market.session.send_call(allow(chain, market)).event("OperatorSet").arguments["approved"]


def test_what_a_node_has_taken_is_not_sent_anew_when_another_takes_its_place(chain, proxy):
    """The other transaction's block could be reorganised away, and then both would be mined."""
    market = through(chain, proxy)

    def overtaken():
        elsewhere(chain).escrow.deposit(2 * UNIT)
        return {"jsonrpc": "2.0", "id": 0, "result": "0x" + "11" * 32}

    lose_first(proxy, then=overtaken)
    nonce = chain.web3.eth.get_transaction_count(market.address)
    with pytest.raises(TransactionReplaced, match="never will be") as replaced:
        market.session.send_call(allow(chain, market))
    assert replaced.value.by in [tx.to_0x_hex() for tx in chain.web3.eth.get_block("latest")["transactions"]]
    assert chain.web3.eth.get_transaction_count(market.address) == nonce + 1
    assert market.session.send_call(allow(chain, market)).event("OperatorSet")


def test_a_used_nonce_proves_nothing(chain, proxy):
    """The endpoint counts the transaction and has no receipt of it."""
    market = through(chain, proxy)
    market.session.transactor.outbox.timeout = 2
    proxy.behave = lambda method, _params, forward: (
        {"jsonrpc": "2.0", "id": 0, "result": None} if method == "eth_getTransactionReceipt" else forward()
    )
    nonce = chain.web3.eth.get_transaction_count(market.address)
    hashes = set()
    for _ in range(2):
        with pytest.raises(TransactionPending) as pending:
            market.session.send_call(allow(chain, market))
        hashes.add(pending.value.tx_hash)
    assert len(hashes) == 1
    assert chain.web3.eth.get_transaction_count(market.address) == nonce + 1


def test_a_transaction_in_no_block_is_pending(chain, proxy):
    market = through(chain, proxy)
    market.session.transactor.outbox.timeout = 0
    lose_first(proxy, then=lambda: {"jsonrpc": "2.0", "id": 0, "result": "0x" + "11" * 32})
    with pytest.raises(TransactionPending) as pending:
        market.session.send_call(allow(chain, market))
    assert market.session.transactor.outbox.journal.get(pending.value.tx_hash).state == Fate.SENT
    market.session.transactor.outbox.timeout = 60
    receipt = market.session.send_call(allow(chain, market))  # the same, handed over again
    assert receipt.tx_hash == pending.value.tx_hash


@pytest.fixture
def stuck(chain) -> Iterator[tuple[Market, str]]:
    """A transaction that no block takes, and its hash."""
    market = chain.market("hospital")
    market.escrow.deposit(UNIT)
    chain.anvil.call("evm_setAutomine", False)
    market.session.transactor.outbox.timeout = 0
    with pytest.raises(TransactionPending) as pending:
        market.session.send_call(allow(chain, market))
    yield market, pending.value.tx_hash
    chain.mine_at_once()


def fees(chain, tx_hash: str) -> tuple[int, int]:
    found = chain.web3.eth.get_transaction(tx_hash)
    return found["maxPriorityFeePerGas"], found["maxFeePerGas"]


def test_a_pending_transaction_is_sped_up(chain, stuck):
    market, first = stuck
    with pytest.raises(TransactionPending) as pending:
        market.session.transactor.speed_up(first)
    second = pending.value.tx_hash
    old = market.session.transactor.outbox.journal.get(first).fields
    tip, most = fees(chain, second)
    assert tip * 10 >= old["maxPriorityFeePerGas"] * 11
    assert most * 10 >= old["maxFeePerGas"] * 11
    chain.anvil.mine()
    assert market.session.transactor.wait(first).tx_hash == second
    states = {entry.hash: entry.state for entry in market.session.transactor.outbox.entries()}
    assert (states[first], states[second]) == (Fate.REPLACED, Fate.MINED)


def test_a_pending_transaction_is_cancelled(chain, stuck):
    market, first = stuck
    with pytest.raises(TransactionPending) as pending:
        market.session.transactor.cancel(first)
    chain.anvil.mine()
    assert market.session.transactor.wait(pending.value.tx_hash).events == ()
    with pytest.raises(TransactionReplaced, match=r"cancel Escrow\.setOperator"):
        market.session.transactor.wait(first)
    assert not market.escrow.operators(token=chain.deployment.tokens.staking)["AuditRegistry"]


def test_a_cancellation_that_comes_too_late(chain, stuck):
    market, first = stuck
    chain.anvil.mine()
    assert market.session.transactor.cancel(first).tx_hash == first
    assert market.escrow.operators(token=chain.deployment.tokens.staking)["AuditRegistry"]


def test_no_more_is_offered_than_the_limit(chain, stuck):
    market, first = stuck
    offered = market.session.transactor.outbox.journal.get(first).fields["maxFeePerGas"]
    market.session.transactor.max_fee_per_gas = offered + 1
    with pytest.raises(ChainError, match="above the limit"):
        market.session.transactor.speed_up(first)
    assert len(market.session.transactor.outbox.entries()) == 2


def test_a_hash_from_elsewhere(chain):
    with pytest.raises(InvalidInput, match="assay tx list"):
        chain.market("hospital").session.transactor.wait("0x" + "11" * 32)


def test_another_call_queues_behind_a_pending_one(chain, stuck):
    market, _ = stuck
    other = market.session.contract("Escrow").call("withdraw", chain.deployment.tokens.payment, 1)
    said: list[str] = []
    with Market.connect(
        chain.rpc, deployment=chain.deployment, wallet=market.session.wallet, tell=said.append
    ) as second:
        second.session.transactor.outbox.timeout = 0
        with pytest.raises(TransactionPending):
            second.session.send_call(other)
    assert any("still pending; Escrow.withdraw waits behind it" in sentence for sentence in said)
    chain.anvil.mine()
    assert {entry.state for entry in market.session.transactor.outbox.entries()} == {Fate.MINED}


def test_a_node_of_another_chain_behind_the_same_endpoint(chain, proxy):
    market = through(chain, proxy)
    session = market.session
    transactor = Transactor(session.connection, session.wallet, session.events, chain_id=1)
    with pytest.raises(WrongChain):
        transactor.send(allow(chain, market))


def test_a_node_that_asks_for_a_fortune(chain, proxy):
    market = through(chain, proxy)
    proxy.behave = lambda method, _params, forward: (
        {"jsonrpc": "2.0", "id": 0, "result": hex(10**15)}
        if method == "eth_maxPriorityFeePerGas"
        else forward()
    )
    with pytest.raises(ChainError, match="gwei"):
        market.escrow.deposit(UNIT)


def test_a_state_that_changes_between_simulation_and_block(chain, proxy):
    """The simulation passes, the block does not: the reason is found by simulating again."""
    market = through(chain, proxy)
    market.escrow.deposit(UNIT)

    def overtake(method, _params, forward):
        if method == "eth_sendRawTransaction":
            chain.anvil.call("evm_setAutomine", False)
            answer = forward()
            chain.anvil.call("anvil_setStorageAt", chain.at("Escrow"), balance_slot(), "0x" + "00" * 32)
            chain.mine_at_once()
            return answer
        return forward()

    def balance_slot() -> str:
        account, token = market.address, chain.deployment.tokens.payment
        for base in range(10):
            inner = keccak(bytes.fromhex(account[2:]).rjust(32, b"\0") + base.to_bytes(32, "big"))
            slot = "0x" + keccak(bytes.fromhex(token[2:]).rjust(32, b"\0") + inner).hex()
            if int(chain.anvil.call("eth_getStorageAt", chain.at("Escrow"), slot, "latest"), 16):
                return slot
        raise AssertionError("the account's slot was not found")

    proxy.behave = overtake
    with pytest.raises(ContractError) as failed:
        market.escrow.withdraw(UNIT)
    assert failed.value.name == "InsufficientBalance"


def test_markets_share_nothing(chain):
    first, second = chain.market("first"), chain.market("second")
    first.escrow.deposit(UNIT)
    assert (first.escrow.balance(), second.escrow.balance()) == (UNIT, 0)
    first.close()
    assert second.commissions.count() == 0
