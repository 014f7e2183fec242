"""Whatever an endpoint does, a payment is made once, or is clearly pending."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

import pytest
from eth_utils.abi import function_signature_to_4byte_selector
from faulty_rpc import HONEST, Faults, FaultyRpc
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from assay import Market
from assay.chain import journal
from assay.chain.provider import FailoverProvider
from assay.errors import ChainError, TransactionPending

UNIT = 10**18
EXAMPLES = int(os.environ.get("ASSAY_SOAK", "4"))
share = st.sampled_from([0, 0, 0.2, 0.5, 0.8])
faults = st.builds(
    Faults,
    seed=st.integers(0, 2**32),
    lag=st.integers(1, 3),
    behind=share,
    no_receipt=st.sampled_from([0, 0.5, 0.9, 1]),
    false_receipt=share,
    lost=st.sampled_from([0, 0, 0.1, 0.3]),
    dropped=st.sampled_from([0, 0, 0.1, 0.3]),
    misjudged=share,
    nonce_ahead=st.sampled_from([0, 0, 0.1, 0.5]),
    limited=st.sampled_from([0, 0, 0.2]),
)


class Killed(BaseException):
    """What a process that is killed does: nothing more."""


@pytest.fixture
def rpc(chain) -> Iterator[FaultyRpc]:
    rpc = FaultyRpc(chain.rpc)
    yield rpc
    rpc.close()


class Payer:
    """Somebody who runs commands, each a program of its own, until one succeeds."""

    def __init__(self, chain, url: str, name: str) -> None:
        self._chain, self._url, self._name, self._programs = chain, url, name, 0
        self.address = chain.wallet(name).address

    def run(self, command, *, seconds: float = 0.4):
        self._programs += 1
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(journal, "_TOKEN", f"program {self._programs}")
            market = Market.connect(
                self._url, deployment=self._chain.deployment, wallet=self._chain.wallet(self._name), rounds=3
            )
            with market:
                market.session.transactor.outbox.timeout = seconds
                with market.session.transactor.outbox.reporting():
                    return command(market)

    def deposits(self) -> list[int]:
        """Every deposit of the account, those included that wait for a block."""
        self._chain.anvil.mine(1)
        with Market.connect(self._chain.rpc, deployment=self._chain.deployment) as reader:
            found = reader.session.events.find("Escrow", "Deposited", account=self.address)
            return [event.arguments["amount"] for event in found]


@settings(
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a smaller example is not worth its time
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(troubles=st.lists(faults, min_size=1, max_size=3), mined=st.booleans())
def test_a_deposit_is_made_once(chain, rpc, troubles, mined):
    with chain.undone():
        payer = Payer(chain, rpc.url, "payer")
        chain.anvil.call("evm_setAutomine", mined)
        try:
            for trouble in troubles:
                rpc.break_with(trouble)
                with suppress(ChainError):
                    payer.run(lambda market: market.escrow.deposit(UNIT))
                    assert payer.deposits() == [UNIT]
                    return
                assert len(payer.deposits()) <= 1
        finally:
            chain.mine_at_once()
        rpc.break_with(HONEST)
        try:
            payer.run(lambda market: market.escrow.deposit(UNIT), seconds=3)
        except TransactionPending as pending:  # an endpoint counted too high
            tx_hash = pending.tx_hash
            payer.run(lambda market: market.session.transactor.speed_up(tx_hash), seconds=60)
        assert payer.deposits() == [UNIT]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@settings(
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(request=st.integers(26, 60), mined=st.booleans())
def test_a_program_that_is_killed_has_paid_once(chain, rpc, after, request, mined):
    """At any request, and run again."""
    with chain.undone(), pytest.MonkeyPatch.context() as patch:
        payer = Payer(chain, rpc.url, "payer")
        chain.anvil.call("evm_setAutomine", mined)
        patch.setattr(journal.Journal, "release", lambda *_: None)  # the dead release nothing
        forward = FailoverProvider.request

        def killed(provider, method, *parameters):
            nonlocal request
            request -= 1
            if request == 0:
                if after:
                    forward(provider, method, *parameters)
                raise Killed
            return forward(provider, method, *parameters)

        patch.setattr(FailoverProvider, "request", killed)
        with suppress(Killed, TransactionPending):
            payer.run(lambda market: market.escrow.deposit(UNIT))
        chain.mine_at_once()
        if request > 0:
            return
        assert len(payer.deposits()) <= 1
        payer.run(lambda market: market.escrow.deposit(UNIT), seconds=60)
        assert payer.deposits() == [UNIT]


def test_an_endpoint_that_is_behind_is_not_asked_for_the_balance(chain, rpc):
    payer = Payer(chain, rpc.url, "payer")
    payer.run(lambda market: market.escrow.deposit(UNIT), seconds=60)
    rpc.break_with(Faults(lag=1, behind=1))
    with pytest.raises(ChainError):
        payer.run(lambda market: market.escrow.top_up(UNIT), seconds=60)
    assert payer.deposits() == [UNIT]


def test_one_head_of_several_that_does_not_know_the_deposit(chain, proxy):
    """It answers for the newest state, and says that the balance is empty."""
    payer = Payer(chain, proxy.url, "payer")
    payer.run(lambda market: market.escrow.deposit(UNIT), seconds=60)
    selector = "0x" + function_signature_to_4byte_selector("balanceOf(address,address)").hex()

    def behind(method, parameters, forward):
        if method == "eth_call" and parameters[0]["data"].startswith(selector) and parameters[1] == "pending":
            return {"jsonrpc": "2.0", "id": 0, "result": "0x" + "00" * 32}
        return forward()

    proxy.behave = behind
    payer.run(lambda market: market.escrow.top_up(UNIT), seconds=60)
    assert payer.deposits() == [UNIT]


def test_what_a_reorganisation_has_taken_out_is_handed_over_again(chain, rpc):
    payer = Payer(chain, rpc.url, "payer")
    payer.run(lambda market: market.escrow.approve_modules(), seconds=60)
    before = chain.anvil.call("evm_snapshot")
    payer.run(lambda market: market.escrow.deposit(UNIT), seconds=60)
    chain.anvil.call("evm_revert", before)
    assert payer.deposits() == []
    payer.run(lambda market: market.escrow.set_operator("Rounds", False), seconds=60)
    assert payer.deposits() == [UNIT]
