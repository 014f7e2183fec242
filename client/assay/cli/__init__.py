"""The `assay` command: one module a noun, each a thin layer over :class:`assay.Market`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assay.cli import (
    audit,
    bid,
    commission,
    conformity,
    dispute,
    escrow,
    governance,
    juror,
    local,
    model,
    opinion,
    participant,
    reputation,
    stake,
    tx,
    wallet,
)
from assay.cli.settings import Commands, Settings
from assay.cli.status import status
from assay.cli.verify import verify

app = typer.Typer(
    name="assay",
    cls=Commands,
    help="A decentralized marketplace for AI models: every model is tested before anyone is paid.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(wallet.app, name="wallet")
app.add_typer(participant.app, name="participant")
app.add_typer(escrow.app, name="escrow")
app.add_typer(commission.app, name="commission")
app.add_typer(bid.app, name="bid")
app.add_typer(model.app, name="model")
app.add_typer(audit.app, name="audit")
app.add_typer(opinion.app, name="opinion")
app.add_typer(dispute.app, name="dispute")
app.add_typer(juror.app, name="juror")
app.add_typer(conformity.app, name="conformity")
app.add_typer(reputation.app, name="reputation")
app.add_typer(stake.app, name="stake")
app.add_typer(governance.app, name="governance")
app.add_typer(tx.app, name="tx")
app.command()(status)
app.command()(verify)
app.command()(local.up)
app.command()(local.demo)
app.command()(local.time_travel)


@app.callback()
def root(
    context: typer.Context,
    rpc: Annotated[
        list[str] | None,
        typer.Option(envvar="ASSAY_RPC", help="RPC endpoint of the chain; several are tried in turn."),
    ] = None,
    ipfs: Annotated[
        list[str] | None,
        typer.Option(envvar="ASSAY_IPFS", help="RPC endpoint of an IPFS node; several are tried in turn."),
    ] = None,
    deployment: Annotated[
        Path | None,
        typer.Option(envvar="ASSAY_DEPLOYMENT", help="The file with the contracts' addresses."),
    ] = None,
    keystore: Annotated[
        Path | None,
        typer.Option(
            envvar="ASSAY_KEYSTORE",
            help="The account's keystore. Its passphrase is in the file that ASSAY_PASSPHRASE_FILE names, "
            "or is asked for.",
        ),
    ] = None,
    debug: Annotated[bool, typer.Option(help="Show where an error comes from.")] = False,
) -> None:
    """Connection settings come before the command, or from the environment."""
    context.obj = Settings(
        rpc=rpc or ["http://127.0.0.1:8545"],
        ipfs=ipfs or ["http://127.0.0.1:5001"],
        deployment=deployment or Path("deployments/31337.json"),
        keystore=keystore,
        debug=debug,
    )


def main() -> None:
    """Entry point."""
    app()
