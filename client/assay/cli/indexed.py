"""What commands share that ask the market's index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from assay.cli.settings import Settings, open_market, say

if TYPE_CHECKING:
    from assay.index import IndexReader
    from assay.market import Market
    from assay.structs import Listing


@contextmanager
def open_index(context: typer.Context) -> Iterator[tuple[Market, IndexReader]]:
    """The market and its index, whose answers are held against the market's chain.

    Raises:
        IndexUnavailable: none is named.
    """
    from assay.errors import IndexUnavailable
    from assay.index import IndexReader

    settings: Settings = context.obj
    if not settings.index:
        raise IndexUnavailable(
            "This asks the market's index, and none is named.",
            hint="Set ASSAY_INDEX, or read the chain: `assay commission list`.",
        )
    with open_market(context) as market, IndexReader(settings.index, market.session.connection) as index:
        yield market, index


def all_commissions(context: typer.Context, market: Market) -> Iterator[Listing]:
    """All commissions, the newest first: from the index where one is named and of use, or from the chain."""
    from assay.errors import IndexUnavailable
    from assay.index import IndexReader
    from assay.markets.indexed import listings

    settings: Settings = context.obj
    if settings.index:
        seen = False
        try:
            with IndexReader(settings.index, market.session.connection) as index:
                for one in listings(index):
                    seen = True
                    yield one
            return
        except IndexUnavailable as error:
            if seen:  # some are listed already
                raise
            say(f"{error.message} The chain is read instead.")
    yield from market.commissions.list()
