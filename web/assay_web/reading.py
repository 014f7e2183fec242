"""Where the pages read: the chain through the SDK, and the index's tables."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cached_property

from fastapi import Request

from assay.chain import Deployment
from assay.errors import ContractError, StoreUnavailable
from assay.escrow import Token
from assay.market import Market
from assay_indexer.queries import Index, View
from assay_indexer.tables import RuleChange
from assay_web.figures import Figures, figures
from assay_web.settings import Settings

ASKER: ContextVar[str] = ContextVar("asker", default="")
"""Who sends the request that is answered."""
_AT_ONCE, _OF_ONE = 16, 4
_WAITING: Counter[str] = Counter()
_COUNTED = threading.Lock()


@contextmanager
def from_storage() -> Iterator[None]:
    """What may wait long for storage: so many at a time, to leave threads for others, and few of one client.

    Raises:
        StoreUnavailable: there are so many.
    """
    asker = ASKER.get()
    with _COUNTED:
        if _WAITING.total() >= _AT_ONCE or _WAITING.get(asker, 0) >= _OF_ONE:
            raise StoreUnavailable("Storage is asked for too much at once.", hint="Try again in a minute.")
        _WAITING[asker] += 1
    try:
        yield
    finally:
        with _COUNTED:
            _WAITING[asker] -= 1
            if not _WAITING[asker]:
                del _WAITING[asker]


class Reading:
    """A market without a wallet for each thread that answers requests, and what never changes."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.deployment = Deployment.load(settings.deployment)
        self._threads, self._tokens = threading.local(), dict[str, Token]()
        self._figures: tuple[str, Figures] | None = None

    @cached_property
    def index(self) -> Index:
        """The index's tables."""
        return Index.at(self.settings.index)

    @property
    def market(self) -> Market:
        """This thread's market.

        Raises:
            ChainUnavailable, WrongChain: as :meth:`Market.connect` does.
        """
        found: Market | None = getattr(self._threads, "market", None)
        if found is None:
            found = self._threads.market = Market.connect(
                self.settings.rpc, deployment=self.deployment, store=self.settings.ipfs, rounds=1
            )
        return found

    def token(self, address: str) -> Token:
        """Symbol and decimals of a token, which never change."""
        if address not in self._tokens:
            self._tokens[address] = self.market.escrow.token(address)
        return self._tokens[address]

    def figures(self, view: View) -> Figures:
        """The market's figures, which are counted once a block."""
        kept, block = self._figures, view.progress.head_hash
        if kept is None or kept[0] != block:
            kept = self._figures = (block, figures(view))
        return kept[1]

    def accepted(self, view: View) -> tuple[Token, ...]:
        """The tokens in which deals may be paid now, the market's own first."""
        allowed = {self.deployment.tokens.payment: True}
        for rule in view.all(RuleChange, name="TokenRuleSet"):
            allowed[rule.arguments["token"]] = rule.arguments["allowed"]
        found = []
        for address, is_allowed in allowed.items():
            with suppress(ContractError):  # governance may name what is no token
                found += [self.token(address)] if is_allowed else []
        return tuple(found)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The market's own tokens: what is paid in, and what is staked."""
        named = self.deployment.tokens
        return tuple(self.token(one) for one in dict.fromkeys((named.payment, named.staking)))


def reading(request: Request) -> Reading:
    """Where a request reads."""
    found: Reading = request.app.state.reading
    return found
