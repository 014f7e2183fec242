"""Waiting for a transaction until its outcome is proven."""

from __future__ import annotations

import time
from contextlib import suppress

from assay.chain.answers import Fields
from assay.chain.connection import Connection
from assay.chain.evidence import holder, proven_receipt
from assay.chain.journal import Entry, Fate, Journal
from assay.errors import ChainError, JournalError, TransactionPending, TransactionReplaced

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_PUSH_SECONDS = 5.0  # after which a transaction that is not in a block is sent to the node again
_SEARCH_SECONDS = 1.0  # after which blocks are searched for the user of a used nonce
_CERTAIN = (TransactionReplaced, JournalError)


class Waiting:
    """Looks for one transaction and its rivals with the same nonce, of which at most one is mined.

    Args:
        entry: the transaction being waited for.
        account: its sender.
    """

    def __init__(self, connection: Connection, journal: Journal, entry: Entry, *, account: str) -> None:
        self._connection, self._journal = connection, journal
        self._entry, self._account = entry, account

    def until(self, seconds: float, *, doubtful: bool) -> tuple[Entry, Fields]:
        """The transaction that made the payment (this one or a replacement), and its receipt.

        Args:
            doubtful: whether it is unknown if any node accepted it, so that it is sent again at once.

        Raises:
            TransactionReplaced: another transaction provably has the nonce.
            TransactionPending: nothing is proven after *seconds* seconds.
            JournalError: the outcome cannot be recorded.
        """
        start = time.monotonic()
        pause, push_at, search_at = (
            _FIRST_PAUSE,
            start if doubtful else start + _PUSH_SECONDS,
            start + _SEARCH_SECONDS,
        )
        while True:
            try:
                found = self.look()
                if found is not None:
                    return found
                used, now = self._connection.nonce(self._account), time.monotonic()
                if used > self._entry.nonce and now >= search_at:
                    search_at = now + (now - start)  # each interval is twice as long
                    self._search()
                elif used <= self._entry.nonce and now >= push_at:
                    push_at = now + _PUSH_SECONDS
                    self._push(used)
            except _CERTAIN:
                raise
            except ChainError:
                pass  # the transaction remains sent; the endpoints may come back in time
            if time.monotonic() > start + seconds:
                raise self._pending(seconds)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def look(self) -> tuple[Entry, Fields] | None:
        """Like :meth:`until`, but without waiting: None if nothing is proven now.

        Raises:
            TransactionReplaced, JournalError: as for :meth:`until`.
            ChainError: an endpoint gives no usable answer.
        """
        entry = self._entry
        for rival in self._journal.with_nonce(entry.nonce):
            receipt = proven_receipt(self._connection, rival.hash)
            if receipt is None:
                continue
            self._journal.settle(rival, block=receipt["blockNumber"], success=receipt["status"] == 1)
            if rival.purpose != entry.purpose:
                raise self._replaced(f"{rival.hash} ({rival.name})", rival.hash)
            return rival, receipt
        return None

    def _search(self) -> None:
        """Look for a transaction from elsewhere with this nonce."""
        entry = self._entry
        found = holder(self._connection, self._account, entry.nonce, since=entry.head)
        if found is not None and all(found != rival.hash for rival in self._journal.with_nonce(entry.nonce)):
            self._journal.replace(entry.nonce, found)
            raise self._replaced(f"Another transaction of this account, {found},", found)

    def _push(self, used: int) -> None:
        """Send again what the node does not count and may have lost; a node accepts each only once."""
        for entry in self._journal.entries():
            if used <= entry.nonce <= self._entry.nonce and entry.state in (Fate.SENT, Fate.MINED):
                with suppress(ChainError):
                    self._connection.send_raw(entry.raw)

    def _replaced(self, what: str, by: str) -> TransactionReplaced:
        entry = self._entry
        return TransactionReplaced(
            f"{what} was mined as number {entry.nonce} of this account. {entry.hash} ({entry.name}) was not, "
            "and never will be.",
            tx_hash=entry.hash,
            by=by,
            hint="Run the command again if it is still wanted.",
        )

    def _pending(self, seconds: float) -> TransactionPending:
        entry = self._entry
        return TransactionPending(
            f"{entry.hash} ({entry.name}) was sent and is in no block that could be shown after "
            f"{seconds:.0f} s. It may still be mined.",
            tx_hash=entry.hash,
            hint=f"Wait with `assay tx wait {entry.hash}`; `assay tx speed-up` offers more for it and "
            "`assay tx cancel` takes it back. The same command, run again, does not pay twice.",
        )
