"""`assay-web`: serve the market as pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assay.cli.settings import HELP, Commands

app = typer.Typer(
    cls=Commands, no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False, context_settings=HELP
)


@app.callback()
def root() -> None:
    """Serve the market as pages, to read without scripts and to act in with a browser wallet."""


@app.command()
def run(
    rpc: Annotated[list[str], typer.Option(envvar="ASSAY_RPC", help="RPC endpoint of the chain.")],
    deployment: Annotated[
        Path, typer.Option(envvar="ASSAY_DEPLOYMENT", help="The file with the contracts' addresses.")
    ],
    ipfs: Annotated[
        str, typer.Option(envvar="ASSAY_IPFS", help="IPFS node, folder or bucket with what was published.")
    ],
    index: Annotated[
        str, typer.Option(envvar="ASSAY_INDEX_DATABASE", help="The index's tables, a database URL.")
    ],
    host: Annotated[str, typer.Option(help="Address to listen on; others than this machine need TLS.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8080,
    rate: Annotated[
        float, typer.Option(min=0, help="Requests a second for each client; 0 for any number.")
    ] = 20.0,
    proxy: Annotated[
        list[str] | None,
        typer.Option(help="Address of a proxy in front, whose X-Forwarded-For counts; may be repeated."),
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="Where people reach it, such as https://market.example; may be repeated."),
    ] = None,
) -> None:
    """Serve the pages until Ctrl-C."""
    import uvicorn

    from assay_indexer.api.limits import behind
    from assay_web.app import create_app
    from assay_web.settings import Settings

    origins = tuple(origin or (f"http://{host}:{port}", f"http://localhost:{port}"))
    settings = Settings(tuple(rpc), deployment, ipfs, index, origins, rate)
    uvicorn.run(
        create_app(settings),
        host=host,
        port=port,
        server_header=False,
        access_log=False,
        **behind(proxy or ()),
    )


def main() -> None:
    """Run a command."""
    app(prog_name="assay-web")
