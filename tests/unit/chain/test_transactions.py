"""Transactions on a real chain: races, dead endpoints, doomed calls, empty pockets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from eth_utils.crypto import keccak

from assay import ContractError, Market, Role, Wallet
from assay.chain import EventReader, Transactor
from assay.errors import (
    ChainError,
    ChainUnavailable,
    InsufficientGas,
    TransactionPending,
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
        proxy.url, deployment=chain.deployment, wallet=chain.wallet(name), timeout=5, rounds=1
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
    with pytest.raises(TransactionPending) as pending:
        market.escrow.deposit(UNIT)
    assert chain.web3.eth.wait_for_transaction_receipt(pending.value.tx_hash)["status"] == 1


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


def test_a_nonce_that_is_always_taken_ends(chain, proxy, refuse):
    market = through(chain, proxy)
    proxy.behave = lambda method, _params, forward: (
        refuse("nonce too low") if method == "eth_sendRawTransaction" else forward()
    )
    with pytest.raises(ChainError, match="nonce"):
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


def test_a_replaced_transaction_is_sent_anew(chain, proxy):
    """Another program of the same account takes the nonce while ours waits in the pool."""
    market = through(chain, proxy)
    session = market.session
    transactor = Transactor(
        session.connection,
        session.wallet,
        EventReader(session.connection, chain.deployment),
        chain_id=31337,
        replaced_after=0,
    )
    dropped = iter([True])

    def drop_first(method, params, forward):
        if method == "eth_sendRawTransaction" and next(dropped, False):
            chain.market("hospital").escrow.deposit(2 * UNIT)
            return {"jsonrpc": "2.0", "id": 0, "result": "0x" + "11" * 32}
        return forward()

    proxy.behave = drop_first
    call = session.contract("Escrow").call(
        "setOperator", chain.at("AuditRegistry"), chain.deployment.tokens.staking, True
    )
    assert transactor.send(call).event("OperatorSet").arguments["approved"]


def test_a_transaction_in_no_block_is_pending(chain, proxy):
    market = through(chain, proxy)
    session = market.session
    transactor = Transactor(session.connection, session.wallet, session.events, chain_id=31337, timeout=0)
    proxy.behave = lambda method, _params, forward: (
        {"jsonrpc": "2.0", "id": 0, "result": "0x" + "11" * 32}
        if method == "eth_sendRawTransaction"
        else forward()
    )
    call = session.contract("Escrow").call(
        "setOperator", chain.at("AuditRegistry"), chain.deployment.tokens.staking, True
    )
    with pytest.raises(TransactionPending) as pending:
        transactor.send(call)
    assert pending.value.tx_hash.startswith("0x")


def test_a_node_of_another_chain_behind_the_same_endpoint(chain, proxy):
    market = through(chain, proxy)
    session = market.session
    transactor = Transactor(session.connection, session.wallet, session.events, chain_id=1)
    call = session.contract("Escrow").call(
        "setOperator", chain.at("AuditRegistry"), chain.deployment.tokens.staking, True
    )
    with pytest.raises(WrongChain):
        transactor.send(call)


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
            chain.anvil.call("evm_setAutomine", True)
            chain.anvil.mine()
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
