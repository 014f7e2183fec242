"""What a validator has to do now, read from the chain and, without disturbing a daemon, from its journal."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from assay.market import Market
from assay.structs import Kind, Stake
from assay_oracle.connect import checkpoints
from assay_oracle.docket import WatchedRound
from assay_oracle.settings import Settings
from assay_oracle.watch import Watch


class OpenRequest(BaseModel):
    """A request that is not final; times are Unix seconds."""

    request_id: int
    panel_id: int
    deal: str | None
    """What it is for, by the market's address."""
    kind: str
    commit_ends: int
    reveal_ends: int
    committed: bool
    revealed: bool

    @property
    def words(self) -> str:
        """What it is and what is due, in one line."""
        if self.revealed:
            due = "revealed"
        elif self.committed:
            due = f"committed; to be revealed by {_utc(self.reveal_ends)}"
        else:
            due = f"to be committed to by {_utc(self.commit_ends)}"
        return f"{self.kind} for {self.deal}: {due}"


class Status(BaseModel):
    """One validator's state of affairs."""

    address: str
    head_block: int
    stake: Stake
    weight: int
    """In the draws of the present epoch, base units."""
    gas_balance: int
    """Wei."""
    panels: tuple[int, ...]
    """Panels on which the account sits."""
    requests: tuple[OpenRequest, ...]
    decisions: int
    """In the journal."""


def read_status(settings: Settings, market: Market) -> Status:
    """Raises :class:`AssayError` when the chain cannot be read."""
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


def _utc(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


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
