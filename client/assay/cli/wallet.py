"""`assay wallet`: keystores."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.output import show
from assay.cli.settings import Json, open_wallet
from assay.errors import WalletError

app = typer.Typer(no_args_is_help=True)


@app.command()
def create(
    path: Annotated[Path, typer.Argument(help="A file that does not exist yet.")], as_json: Json = False
) -> None:
    """Make a new account and write its encrypted keystore."""
    from assay.wallet.keystore import Wallet

    show({"address": Wallet.create(path, prompt=_new_passphrase).address, "keystore": str(path)}, as_json)


@app.command()
def address(context: typer.Context, as_json: Json = False) -> None:
    """Show whose keystore it is."""
    show({"address": open_wallet(context.obj).address}, as_json)


def _new_passphrase() -> str:
    first, second = getpass.getpass("New passphrase: "), getpass.getpass("Again: ")
    if first != second:
        raise WalletError("The passphrases differ; nothing was written.")
    return first
