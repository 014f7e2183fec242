"""What a validator has to do now, read from the chain and, without disturbing a daemon, its journal."""

from __future__ import annotations

import sqlite3
from typing import Any

from pydantic import BaseModel

from assay.chain.saying import panel_name
from assay.cli.output import Cell, moment, money
from assay.market import Market
from assay.structs import Kind, Stake
from assay.words.amounts import format_amount
from assay_oracle.connect import checkpoints
from assay_oracle.docket import WatchedRound
from assay_oracle.settings import Settings
from assay_oracle.watch import Watch

_CURRENCY_DECIMALS = 18


class OpenRequest(BaseModel):
    """A request that is not final; times are Unix seconds."""

    request_id: int
    panel_id: int
    deal: str | None
    """The deal that it is for, with the market's address."""
    kind: str
    commit_ends: int
    reveal_ends: int
    committed: bool
    revealed: bool


class Status(BaseModel):
    """One validator's state of affairs."""

    address: str
    head_block: int
    stake: Stake
    weight: int
    """Its weight in the draws of the present epoch, base units."""
    gas_balance: int
    """Wei."""
    panels: tuple[int, ...]
    """Panels on which the account sits."""
    requests: tuple[OpenRequest, ...]
    decisions: int
    """The number of decisions in the journal."""


def read_status(settings: Settings, market: Market) -> Status:
    """The validator's state of affairs; raises :class:`AssayError` if the chain cannot be read."""
    watch = Watch(market.session, settings.confirmations, checkpoints(settings, market, read_only=True))
    docket = watch.poll()
    panels = {panel_id: market.oracle.panel(panel_id) for panel_id in sorted(docket.seated)}
    seats = {
        panel_id: panel.members.index(market.address)
        for panel_id, panel in panels.items()
        if market.address in panel.members
    }
    requests = [
        _open_request(market, request_id, seats[asked.panel_id], docket.rounds.get(asked.round_id))
        for request_id, asked in sorted(docket.requests.items())
        if asked.panel_id in seats
    ]
    return Status(
        address=market.address,
        head_block=watch.head,
        stake=market.staking.stake_of(),
        weight=market.staking.weight_of(),
        gas_balance=market.session.connection.balance(market.address),
        panels=tuple(seats),
        requests=tuple(requests),
        decisions=_decisions(settings),
    )


def told(found: Status, market: Market) -> dict[str, Any]:
    """*found* as a record, for people and for programs."""
    token = market.escrow.token(market.deployment.tokens.staking)
    stake = found.stake
    ether = f"{format_amount(found.gas_balance, _CURRENCY_DECIMALS)} of the chain's currency"
    return {
        "address": found.address,
        "head_block": found.head_block,
        "staked": money(stake.amount, token),
        "in_panels": money(stake.locked, token),
        "leaving": money(stake.exiting, token),
        "leaves_at": moment(stake.exit_at),
        "weight_in_draws": money(found.weight, token),
        "gas_money": Cell(str(found.gas_balance), ether, "wei"),
        "panels": Cell(list(found.panels), ", ".join(map(panel_name, found.panels)) or "-"),
        "requests": [_told(one) for one in found.requests],
        "decisions": found.decisions,
    }


def _told(request: OpenRequest) -> dict[str, Any]:
    return {
        "request": request.request_id,
        "kind": request.kind,
        "deal": request.deal,
        "panel": Cell(request.panel_id, panel_name(request.panel_id)),
        "commit_by": moment(request.commit_ends),
        "reveal_by": moment(request.reveal_ends),
        "committed": request.committed,
        "revealed": request.revealed,
    }


def _open_request(market: Market, request_id: int, seat: int, watched: WatchedRound | None) -> OpenRequest:
    request, vote = market.oracle.request(request_id), market.oracle.vote(request_id, seat)
    return OpenRequest(
        request_id=request_id,
        panel_id=request.panel_id,
        deal=None if watched is None else str(watched),
        kind=Kind(request.terms.kind).words,
        commit_ends=request.commit_ends,
        reveal_ends=request.reveal_ends,
        committed=vote.committed,
        revealed=vote.revealed,
    )


def _decisions(settings: Settings) -> int:
    path = settings.folder / "journal.sqlite"
    if not path.exists():
        return 0
    connection: Any = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM answers").fetchone()[0])
    except sqlite3.Error:
        return 0
    finally:
        connection.close()
