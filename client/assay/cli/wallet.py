"""`assay wallet`: keystores."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.output import Cell, show
from assay.cli.settings import (
    Json,
    Settings,
    ask_passphrase,
    open_wallet,
    passphrase_of_input,
    type_hidden,
)
from assay.errors import InvalidInput, WalletError

app = typer.Typer(no_args_is_help=True)


@app.command()
def create(
    path: Annotated[Path, typer.Argument(help="A file that does not exist yet.")], as_json: Json = False
) -> None:
    """Make a new account and write its encrypted keystore."""
    from assay.wallet.keystore import Wallet

    wallet, used = (
        Wallet.create(path, prompt=_new_passphrase),
        f"export ASSAY_KEYSTORE={shlex.quote(str(path))}",
    )
    show({"address": wallet.address, "keystore": str(path), "next": used}, as_json)


@app.command()
def address(context: typer.Context, as_json: Json = False) -> None:
    """Show whose keystore it is."""
    show({"address": open_wallet(context.obj).address}, as_json)


@app.command()
def backup(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="A file that does not exist yet.")],
    as_json: Json = False,
) -> None:
    """Put the keystore, the prices of sealed bids, and where the market is, into one encrypted file."""
    from assay.wallet.backup import back_up

    settings: Settings = context.obj
    keystore = settings.backup if settings.signer else settings.keystore
    if keystore is None:
        raise InvalidInput(
            "There is no keystore to back up"
            + (": the account's key is with its signer." if settings.signer else "."),
            hint="Name it by --keystore; for an account of a signer, by --backup.",
        )
    environment = {
        "ASSAY_RPC": " ".join(settings.rpc),
        "ASSAY_IPFS": " ".join(settings.ipfs),
        "ASSAY_SIGNER": settings.signer,
        "ASSAY_ACCOUNT": settings.account,
    }
    bids = back_up(
        path,
        keystore,
        deployment=settings.deployment,
        environment={name: value for name, value in environment.items() if value},
        prompt=ask_passphrase,
    )
    show({"backup": str(path), "keystore": str(keystore), "prices_of_bids": bids}, as_json)


@app.command()
def restore(
    path: Annotated[Path, typer.Argument(help="The backup.")],
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")],
    as_json: Json = False,
) -> None:
    """Make a folder with all that is in a backup. The keystore's passphrase opens it."""
    from assay.wallet.backup import restore

    found = restore(path, folder, prompt=ask_passphrase)
    signed_elsewhere = "ASSAY_SIGNER" in found.environment
    variables = {"ASSAY_BACKUP" if signed_elsewhere else "ASSAY_KEYSTORE": str(found.keystore.absolute())}
    if found.deployment:
        variables["ASSAY_DEPLOYMENT"] = str(found.deployment.absolute())
    variables |= found.environment
    settings = Cell(
        variables, "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())
    )
    record = {"address": found.address, "prices_of_bids": found.bids, "environment": settings}
    show(record, as_json)


def _new_passphrase() -> str:
    first = type_hidden("New passphrase: ")
    if first is None:
        return passphrase_of_input()
    if first != type_hidden("Again: "):
        raise WalletError("The passphrases differ; nothing was written.")
    return first
