"""A journal of what an account has sent, written before any node sees it.

A transaction found here is looked up on the chain before the same thing is paid for again, by this program or
a later one. There is one SQLite file per account and chain, in the user's state folder. It holds no secrets,
only what becomes public once it is sent.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from assay.chain.journal_file import STATE_VARIABLE, JournalFile
from assay.errors import JournalError

_KEPT = 200  # finished entries
_UNFINISHED = "state IN ('sent', 'refused', 'mined') AND NOT acknowledged"
_TOKEN = secrets.token_hex(8)


class Fate(StrEnum):
    """What has become of a transaction, as far as is known."""

    SENT = "sent"
    """Sent or about to be sent; it may be mined at any time."""
    REFUSED = "refused"
    """A node declined it, so its nonce may be used again; another node may still have it."""
    MINED = "mined"
    FAILED = "failed"
    """Mined, and reverted."""
    REPLACED = "replaced"
    """Another transaction was mined with its nonce."""

    @property
    def words(self) -> str:
        """For a sentence about a transaction."""
        return {Fate.SENT: "pending", Fate.REFUSED: "refused by a node"}.get(self, self.value)


class Signed(NamedTuple):
    """A transaction that is ready to be sent; *fields* are as signed."""

    hash: str
    raw: bytes
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """A transaction in the journal.

    Attributes:
        name: what was called, such as ``Escrow.deposit``.
        purpose: two calls with the same purpose are the same payment.
        fields: what was signed, with bytes in hex.
        owner: the process that waits for it; empty if none does.
        sent_at: Unix seconds.
        head: number of the newest block at that time.
        block: number of its block, once mined.
        replaced_by: hash of the transaction that took its nonce.
    """

    id: int
    nonce: int
    hash: str
    name: str
    purpose: str
    fields: Mapping[str, Any]
    raw: bytes
    state: Fate
    owner: str
    acknowledged: bool
    sent_at: int
    head: int
    block: int | None
    replaced_by: str | None


def state_folder() -> Path:
    """Where programs keep persistent state: ``ASSAY_STATE``, or ``assay`` in the user's state folder.

    Raises:
        JournalError: the user has no home folder.
    """
    named = os.environ.get(STATE_VARIABLE)
    if named:
        return Path(named)
    try:
        base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    except RuntimeError:
        raise JournalError(
            "This user has no home folder.", hint=f"Set {STATE_VARIABLE} to a folder."
        ) from None
    return Path(base) / "assay"


def this_process() -> str:
    """Identifies this process among all that write to the journal."""
    return f"{os.getpid()}-{_TOKEN}"


class Journal:
    """One account's transactions on one chain; may be shared by threads, and by processes.

    Args:
        folder: created, for this user only, when the first transaction is recorded.
        chain_id: EIP-155 id of the chain.
        account: the sender's address.
        genesis: hash of the chain's first block.
    """

    def __init__(self, folder: Path, *, chain_id: int, account: str, genesis: str) -> None:
        self.path = folder / f"{chain_id}-{account.lower()}.sqlite"
        self._file = JournalFile(self.path)
        self._genesis = genesis

    def record(
        self,
        *,
        name: str,
        purpose: str,
        pending: int,
        head: int,
        sign: Callable[[int], Signed],
        nonce: int | None = None,
    ) -> Entry | None:
        """Choose a nonce, sign, and record the transaction; durable when this returns.

        The nonce is that of an earlier attempt at the same payment that a node refused, else the lowest one
        used neither on the chain nor by an entry that may still be mined.

        Args:
            pending: the node's count of the account's transactions.
            head: number of the newest block.
            sign: called with the nonce.
            nonce: the nonce to use when replacing another transaction.

        Returns:
            The new entry, or None if another process is making the same payment.

        Raises:
            JournalError: nothing was written, and nothing may be sent.
        """
        with self._file.transaction() as database:
            if nonce is None:
                earlier = self._find(
                    database, f"{_UNFINISHED} AND purpose = ? AND owner != ?", purpose, this_process()
                )
                if any(entry.state is not Fate.REFUSED for entry in earlier):
                    return None
                nonce = earlier[-1].nonce if earlier else self._free_nonce(database, pending)
            signed = sign(nonce)
            # a caller that sends something else has seen how the last one ended
            database.execute(
                "UPDATE transactions SET acknowledged = 1 WHERE genesis = ? AND state = 'mined'",
                (self._genesis,),
            )
            row = {
                "genesis": self._genesis,
                "nonce": nonce,
                "hash": signed.hash,
                "name": name,
                "purpose": purpose,
                "fields": json.dumps(dict(signed.fields)),
                "raw": signed.raw,
                "state": Fate.SENT,
                "owner": this_process(),
                "acknowledged": 0,
                "sent_at": int(time.time()),
                "head": head,
            }
            names = ", ".join(row)
            places = ", ".join(f":{column}" for column in row)
            database.execute(f"INSERT OR REPLACE INTO transactions ({names}) VALUES ({places})", row)  # noqa: S608
            self._prune(database)
            return self._find(database, "hash = ?", signed.hash)[0]

    def entries(self) -> list[Entry]:
        """All entries of this chain, oldest first."""
        return self._read("1")

    def get(self, tx_hash: str) -> Entry | None:
        """The entry of a transaction, if it was sent from here."""
        return next(iter(self._read("hash = ?", tx_hash)), None)

    def with_nonce(self, nonce: int) -> list[Entry]:
        """The transactions with one nonce, newest first; at most one of them is mined."""
        return self._read("nonce = ?", nonce)[::-1]

    def unfinished(self, purpose: str) -> Entry | None:
        """The newest attempt at a payment whose outcome was never reported, except one by this process."""
        found = self._read(f"{_UNFINISHED} AND purpose = ? AND owner != ?", purpose, this_process())
        return found[-1] if found else None

    def pending(self) -> list[Entry]:
        """The transactions that may still be mined, by nonce."""
        return sorted(self._read("state = 'sent'"), key=lambda entry: entry.nonce)

    def last_block(self) -> int | None:
        """The newest block with a transaction from here; an endpoint that does not have it is behind."""
        blocks = [entry.block for entry in self.entries() if entry.block is not None]
        return max(blocks, default=None)

    def refuse(self, entry: Entry) -> None:
        """Record that a node declined it."""
        self._update("state = 'refused' WHERE hash = ? AND state = 'sent'", entry.hash)

    def settle(self, entry: Entry, *, block: int, success: bool) -> None:
        """Record that it was mined; the others with its nonce are marked as replaced."""
        with self._file.transaction() as database:
            database.execute(
                "UPDATE transactions SET state = 'replaced', replaced_by = ?, block = NULL "
                "WHERE nonce = ? AND genesis = ?",
                (entry.hash, entry.nonce, self._genesis),
            )
            database.execute(
                "UPDATE transactions SET state = ?, block = ?, replaced_by = NULL "
                "WHERE hash = ? AND genesis = ?",
                (Fate.MINED if success else Fate.FAILED, block, entry.hash, self._genesis),
            )

    def replace(self, nonce: int, by: str) -> None:
        """Record that a transaction from elsewhere has this nonce."""
        self._update("state = 'replaced', replaced_by = ? WHERE nonce = ?", by, nonce)

    def adopt(self, entry: Entry) -> None:
        """Record that this process sends it and waits for it from now on."""
        self._update("state = 'sent' WHERE hash = ? AND state = 'refused'", entry.hash)
        self._update("owner = ? WHERE hash = ?", this_process(), entry.hash)

    def release(self, entry: Entry) -> None:
        """Record that this process no longer waits for it."""
        self._update("owner = '' WHERE hash = ? AND owner = ?", entry.hash, this_process())

    def acknowledge(self, *hashes: str) -> None:
        """Record that the caller knows the outcome of these; the same call is a new payment from now on."""
        for tx_hash in hashes:
            self._update(
                "acknowledged = 1 WHERE nonce = (SELECT nonce FROM transactions WHERE hash = ?)", tx_hash
            )

    def _free_nonce(self, database: sqlite3.Connection, pending: int) -> int:
        entries = self._find(database, "1")
        mined = [entry.nonce for entry in entries if entry.state in (Fate.MINED, Fate.FAILED)]
        taken = {entry.nonce for entry in entries if entry.state is Fate.SENT}
        nonce = max([pending, *(used + 1 for used in mined)])
        while nonce in taken:
            nonce += 1
        return nonce

    def _prune(self, database: sqlite3.Connection) -> None:
        database.execute(
            f"DELETE FROM transactions WHERE NOT ({_UNFINISHED} AND genesis = ?) AND id NOT IN "  # noqa: S608
            "(SELECT id FROM transactions ORDER BY id DESC LIMIT ?)",
            (self._genesis, _KEPT),
        )

    def _read(self, condition: str, *values: Any) -> list[Entry]:
        if not self.path.exists():
            return []
        with self._file.open() as database:
            return self._find(database, condition, *values)

    def _update(self, change: str, *values: Any) -> None:
        with self._file.transaction() as database:
            database.execute(f"UPDATE transactions SET {change} AND genesis = ?", (*values, self._genesis))  # noqa: S608

    def _find(self, database: sqlite3.Connection, condition: str, *values: Any) -> list[Entry]:
        names = ", ".join(Entry.__dataclass_fields__)
        found = database.execute(
            f"SELECT {names} FROM transactions WHERE ({condition}) AND genesis = ? ORDER BY id",  # noqa: S608
            (*values, self._genesis),
        )
        return [_entry(row) for row in found]


def _entry(row: tuple[Any, ...]) -> Entry:
    values = dict(zip(Entry.__dataclass_fields__, row, strict=True))
    changed = {
        "fields": json.loads(values["fields"]),
        "state": Fate(values["state"]),
        "acknowledged": bool(values["acknowledged"]),
    }
    return Entry(**values | changed)
