"""The ``assay-index`` command."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.errors import AssayError
from assay.words.help import speak_plainly

if TYPE_CHECKING:
    from assay.market import Market

speak_plainly()
app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The market's index: tables, search and a read API, made from what the contracts have said.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
Rpc = Annotated[
    list[str],
    typer.Option("--rpc", envvar="ASSAY_RPC", help="RPC endpoint of the chain; several are tried in turn."),
]
Ipfs = Annotated[
    list[str],
    typer.Option("--ipfs", envvar="ASSAY_IPFS", help="Where manifests are; several are tried in turn."),
]
DeploymentFile = Annotated[
    Path,
    typer.Option("--deployment", envvar="ASSAY_DEPLOYMENT", help="File with the market's addresses."),
]
DatabaseUrl = Annotated[
    str,
    typer.Option(
        "--database", envvar="ASSAY_INDEX_DATABASE", help="sqlite:///FILE, or postgresql://USER@HOST/NAME."
    ),
]
_RPC, _IPFS = ["http://127.0.0.1:8545"], ["http://127.0.0.1:5001"]
_DEPLOYMENT, _DATABASE = Path("deployments/31337.json"), "sqlite:///assay-index.sqlite"
Confirmations = Annotated[
    int, typer.Option(min=0, max=1000, help="Blocks on top of one after which it is taken for final.")
]


@app.command()
def run(
    rpc: Rpc = _RPC,
    ipfs: Ipfs = _IPFS,
    deployment: DeploymentFile = _DEPLOYMENT,
    database: DatabaseUrl = _DATABASE,
    listen: Annotated[
        str, typer.Option(help="Address and port of the read API, /health and /metrics.")
    ] = "127.0.0.1:8646",
    confirmations: Confirmations = 12,
    rate: Annotated[
        float, typer.Option(min=0, help="Requests a second that one client may make; 0 for any number.")
    ] = 20.0,
    proxy: Annotated[
        list[str] | None,
        typer.Option(help="Address of a proxy in front, whose X-Forwarded-For counts; may be repeated."),
    ] = None,
    host_name: Annotated[
        list[str] | None,
        typer.Option(
            envvar="ASSAY_INDEX_HOSTS",
            help="A name or address by which it is asked, beside this machine's own; may be repeated.",
        ),
    ] = None,
    private_webhooks: Annotated[
        bool,
        typer.Option("--private-webhooks", help="Let saved searches post into private networks."),
    ] = False,
    poll_seconds: Annotated[
        float, typer.Option(min=0.05, max=60, help="Pause between two looks at the chain.")
    ] = 1.0,
) -> None:
    """Follow the chain and answer questions, until told to stop (SIGTERM, Ctrl-C)."""
    from assay_indexer.database import engine_at, prepare
    from assay_indexer.monitor import Monitor
    from assay_indexer.server import serving
    from assay_indexer.service import Service

    _log_to_stderr()
    stop, monitor, engine = threading.Event(), Monitor(), engine_at(database)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    prepare(engine)
    options: dict[str, Any] = {
        "rate": rate,
        "private_webhooks": private_webhooks,
        "proxies": tuple(proxy or ()),
        "hosts": tuple(host_name or ()),
    }
    with _market(rpc, ipfs, deployment) as market, serving(engine, monitor, listen, **options) as port:
        logging.getLogger("assay_indexer").info("the read API is on port %d", port)
        service = Service(
            market,
            engine,
            monitor,
            confirmations=confirmations,
            poll_seconds=poll_seconds,
            private_webhooks=private_webhooks,
        )
        service.run(stop)


@app.command()
def check(
    rpc: Rpc = _RPC,
    ipfs: Ipfs = _IPFS,
    deployment: DeploymentFile = _DEPLOYMENT,
    database: DatabaseUrl = _DATABASE,
) -> None:
    """Compare the index with the chain, deal by deal; exit code 1 where they differ."""
    from assay_indexer.check import differences
    from assay_indexer.queries import Index

    with _market(rpc, ipfs, deployment) as market:
        found = list(differences(Index.at(database), market))
    for sentence in found:
        typer.echo(sentence)
    if found:
        raise typer.Exit(1)
    typer.echo("The index says what the chain says.")


@app.command()
def rebuild(
    rpc: Rpc = _RPC,
    ipfs: Ipfs = _IPFS,
    deployment: DeploymentFile = _DEPLOYMENT,
    database: DatabaseUrl = _DATABASE,
    confirmations: Confirmations = 12,
) -> None:
    """Forget what was read from the chain, and read it again. Manifests and saved searches are kept."""
    from assay_indexer.database import engine_at, prepare
    from assay_indexer.follow import Follower

    _log_to_stderr()
    engine = engine_at(database)
    with _market(rpc, ipfs, deployment) as market:
        prepare(engine, anew=True)
        progress = Follower(market.session, engine, confirmations=confirmations).poll()
    typer.echo(f"The index has been made anew, up to block {progress.head}.")


@contextmanager
def _market(rpc: list[str], ipfs: list[str], deployment: Path) -> Iterator[Market]:
    from assay.market import Market
    from assay.store import store_at

    store = store_at(ipfs)
    with Market.connect(rpc, deployment=deployment, store=store) as market:
        yield market


def _log_to_stderr() -> None:
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("assay_indexer").setLevel(logging.INFO)


def main() -> None:
    """Run the command; foreseeable failures end in one sentence and exit code 1."""
    try:
        app()
    except AssayError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
    except ModuleNotFoundError as error:
        if str(error.name).startswith("assay"):
            raise
        typer.echo(f"error: This needs the package {error.name}: pip install 'assay[index]'", err=True)
        sys.exit(1)
