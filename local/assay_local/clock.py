"""Mines empty blocks: a private chain would otherwise stand still while draws wait for their blocks."""

from __future__ import annotations

import contextlib
import threading
import time

import httpx

from assay.errors import LocalMarketError
from assay_local.anvil import Anvil

_POLL_SECONDS = 0.4
_FOLLOWING = 4
"""Empty blocks to mine after somebody else's: enough for a draw, which names the block after the next."""
_IDLE_SECONDS = 60.0
"""After this long, another block is mined, so that deadlines pass even if nobody does anything."""


class Clock:
    """Mines on a local chain while something is going on, and now and then when nothing is.

    Anvil's own interval mining would never pause, and Anvil keeps the whole state of each block.
    """

    def __init__(self, anvil: Anvil) -> None:
        self._anvil = anvil
        self._head, self._left, self._mined_at = 0, 0, time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)

    def start(self) -> None:
        """Start mining in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait for the thread to end."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_POLL_SECONDS):
            with contextlib.suppress(httpx.HTTPError, ValueError, LocalMarketError):  # Anvil is about to end
                self.tick()

    def tick(self) -> None:
        """Mine a block if one is due."""
        head = int(self._anvil.call("eth_blockNumber"), 16)
        if head != self._head:
            self._left = _FOLLOWING
        elif not self._left and time.monotonic() < self._mined_at + _IDLE_SECONDS:
            return
        self._anvil.mine()
        self._head, self._left, self._mined_at = head + 1, max(0, self._left - 1), time.monotonic()
