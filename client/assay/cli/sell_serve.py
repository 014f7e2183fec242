"""`assay sell serve`: the seller's daemon."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from typing import Annotated

import typer

from assay.cli.arguments import parse_duration
from assay.cli.settings import open_market

_LOCAL_CHAIN, _HOUR = 31337, 3_600


def serve(
    context: typer.Context,
    poll: Annotated[
        float, typer.Option(min=0.05, max=60, help="Seconds between two looks at the chain.")
    ] = 1.0,
    confirmations: Annotated[
        int | None,
        typer.Option(
            min=0, max=1000, help="Blocks on top of a sale before its key is delivered; 2, or 0 locally."
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(parser=parse_duration, help="How long money that is due may wait for more: 1h."),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log more.")] = False,
) -> None:
    """Deliver keys, grant them to panels and collect, until told to stop (SIGTERM, Ctrl-C)."""
    from assay.selling.daemon import Seller

    _log_to_stderr(logging.DEBUG if verbose else logging.INFO)
    stop = threading.Event()
    with open_market(context, acting=True, quiet=True) as market:
        local = market.deployment.chain_id == _LOCAL_CHAIN
        believed = confirmations if confirmations is not None else (0 if local else 2)
        seller = Seller(
            market,
            confirmations=believed,
            poll_seconds=poll,
            patience=_HOUR if patience is None else patience,
        )
        if once:
            seller.cycle()
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: stop.set())
        seller.run(stop)


def _log_to_stderr(level: int) -> None:
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("assay.selling").setLevel(level)
