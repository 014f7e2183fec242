"""Tries a setup before anything is at stake: each part alone, then a tiny model from end to end."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from assay.chain import Connection, Deployment
from assay.errors import AssayError
from assay.market import Market
from assay.store import BlockStore, KuboStore, store_at
from assay.structs import Role
from assay.wallet.keystore import Wallet
from assay.words import times
from assay.words.formatting import count
from assay_oracle.connect import open_wallet, validation_node
from assay_oracle.settings import Settings
from assay_validation.sandbox import runner
from assay_validation.self_test import self_test

_ETHER = 10**18
_LEAST_GAS_MONEY = _ETHER // 100
_MOST_SKEW_SECONDS = 120


@dataclass(frozen=True)
class Check:
    """One thing that was tried: its *name*, whether it is *good*, and what was found (*detail*)."""

    name: str
    good: bool
    detail: str


@dataclass
class _Parts:
    """What later checks need from earlier ones."""

    settings: Settings
    stack: ExitStack
    deployment: Deployment | None = None
    wallet: Wallet | None = None
    store: KuboStore | BlockStore | None = None
    market: Market | None = None


class _FailedCheck(AssayError):
    """What was tried does not work."""


def run_checks(settings: Settings) -> Iterator[Check]:
    """Try everything; a check that fails does not stop the others."""
    with ExitStack() as stack:
        parts = _Parts(settings, stack)
        for name, trial in _TRIALS:
            try:
                yield Check(name, True, trial(parts))
            except AssayError as error:
                yield Check(name, False, str(error))
            except OSError as error:
                yield Check(name, False, error.strerror or str(error))


def _folder(parts: _Parts) -> str:
    folder = parts.settings.folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        raise _FailedCheck(f"Others may look into {folder}.", hint=f"chmod 700 {folder}")
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"\0")
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    if free < 2 * parts.settings.max_artifact_bytes:
        raise _FailedCheck("The disk is too full for a model and a dataset of the largest size.")
    return f"{folder}, {free / 2**30:.1f} GiB free"


def _keystore(parts: _Parts) -> str:
    parts.wallet = open_wallet(parts.settings)
    return parts.wallet.address


def _chain(parts: _Parts) -> str:
    deployment = Deployment.load(parts.settings.deployment)
    for url in parts.settings.rpc:  # each alone: otherwise a faulty spare would be noticed too late
        connection = Connection([url], rounds=1)
        try:
            connection.check(deployment)
        finally:
            connection.close()
    parts.deployment = deployment
    endpoints = count(len(parts.settings.rpc), "endpoint")
    return f"chain {deployment.chain_id}, {endpoints}, contracts in place"


def _storage(parts: _Parts) -> str:
    for url in parts.settings.ipfs:
        with store_at(url) as store:
            content = os.urandom(64)
            cid = store.put_block(content)
            store.get_block(cid)
            store.unpin(cid)
    parts.store = store_at(parts.settings.ipfs)
    parts.stack.callback(parts.store.close)
    return f"{count(len(parts.settings.ipfs), 'place')} stored a block and gave it back"


def _clock(parts: _Parts) -> str:
    market = _market(parts)
    skew = abs(time.time() - market.session.now())
    if skew > _MOST_SKEW_SECONDS and parts.settings.confirmations:
        raise _FailedCheck(
            f"The newest block is {times.left(round(skew))} away from this machine's clock.",
            hint="Synchronise the clock (NTP), or look whether the RPC endpoint lags behind.",
        )
    return f"{times.left(round(skew))} from the newest block"


def _gas(parts: _Parts) -> str:
    market = _market(parts)
    balance = market.session.connection.balance(market.address)
    if balance < _LEAST_GAS_MONEY:
        raise _FailedCheck(
            f"{market.address} has {balance / _ETHER:.6f} of the chain's currency.",
            hint="Send it some: a validator that cannot pay for gas is slashed for silence.",
        )
    return f"{balance / _ETHER:,.4f} of the chain's currency"


def _registration(parts: _Parts) -> str:
    market = _market(parts)
    participant = market.participants.get()
    if participant.encryption_key != market.session.encryption_key().public_key().public_bytes_raw():
        raise _FailedCheck(
            "The registered encryption key is not this wallet's: nobody's grant would open.",
            hint="Register from this keystore, or run `assay participant change --encryption-key`.",
        )
    if not market.participants.holds_role(Role.VALIDATOR):
        raise _FailedCheck(
            "The account does not hold the role validator now.",
            hint="A newly taken trusted role counts after the market's waiting time.",
        )
    return "role validator, encryption key as registered"


def _stake(parts: _Parts) -> str:
    market = _market(parts)
    stake, seat = market.staking.stake_of(), market.policy.stakes().seat
    say = market.escrow.token(market.deployment.tokens.staking).format
    if stake.amount < seat:
        raise _FailedCheck(
            f"The stake of {say(stake.amount)} does not cover a seat, which takes {say(seat)}.",
            hint="Add to it with `assay stake add` before you expect to be drawn.",
        )
    return f"{say(stake.amount)}, {say(stake.locked)} of it in seats; a seat takes {say(seat)}"


def _sandbox(parts: _Parts) -> str:
    if parts.settings.validation_url is not None:
        return "left to the validation node"
    return runner.describe()


def _self_test(parts: _Parts) -> str:
    started = time.monotonic()
    self_test(validation_node(parts.settings).evaluate)
    return f"a known model gives the bits that it should ({time.monotonic() - started:.1f} s)"


def _market(parts: _Parts) -> Market:
    if parts.deployment is None or parts.wallet is None:
        raise _FailedCheck("Not tried: this needs the keystore and the chain.")
    if parts.market is None:
        market = Market.connect(
            parts.settings.rpc, deployment=parts.deployment, wallet=parts.wallet, store=parts.store
        )
        parts.market = parts.stack.enter_context(market)
    return parts.market


_TRIALS: tuple[tuple[str, Callable[[_Parts], str]], ...] = (
    ("folder", _folder),
    ("keystore", _keystore),
    ("chain", _chain),
    ("storage", _storage),
    ("clock", _clock),
    ("gas money", _gas),
    ("registration", _registration),
    ("stake", _stake),
    ("sandbox", _sandbox),
    ("self-test", _self_test),
)
