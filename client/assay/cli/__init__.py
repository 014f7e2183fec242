"""The `assay` command: one module a noun, each a thin layer over :class:`assay.Market`.

A help page imports no more than the modules of the commands that it shows, and these import the SDK when
they run: that takes four tenths of a second.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

import typer

from assay.cli.lazy import Outline
from assay.cli.programs import add_local_commands
from assay.cli.settings import HELP, Commands, Settings


class Assay(Commands):
    """All commands; a new one gets its line here."""

    outlines: ClassVar = {
        "status": Outline("Show the market: chain, tokens, rules, counts.", "status", "status"),
        "verify": Outline(
            "Check every claim of a dossier against the chain and the store; exit code 1 where one is wrong.",
            *("verify", "verify"),
        ),
        "wallet": Outline("The account's keystore.", "wallet"),
        "participant": Outline("Who takes part in the market.", "participant"),
        "escrow": Outline("Deposits, withdrawals and balances.", "escrow"),
        "order": Outline("Orders: the file from which a commission is opened.", "order"),
        "commission": Outline("Custom models, from the request to payment.", "commission"),
        "bid": Outline("Sealed bids on commissions.", "bid"),
        "find": Outline("Orders, models and participants, found by what is known of them.", "find"),
        "watch": Outline("Show new listings as they come, until Ctrl-C.", "watch", "watch"),
        "model": Outline(
            "Models: submit, deliver and describe them, watermark them, make new ones of them.", "model"
        ),
        "agreement": Outline("Texts that parties sign, and who has signed which.", "agreement"),
        "lineage": Outline("Claims that a model was made from another one and does not say so.", "lineage"),
        "pledge": Outline("Agreements with a bond behind them, which a breach costs.", "pledge"),
        "buy": Outline(
            "Buy a licence: pay, wait for the key, open the model. A wrong key is refuted and refunded.",
            "buy",
            "buy",
        ),
        "licence": Outline("What is on offer, and what was bought.", "licence"),
        "sell": Outline("Offering tested models, delivering keys, the seller's bond and daemon.", "sell"),
        "auction": Outline("Licences that are sold to the highest of sealed bids.", "auction"),
        "trial": Outline("Licences that are bought if the model passes on your own data.", "trial"),
        "job": Outline("Jobs of other contracts (ERC-8183) whose evaluator is Assay.", "job"),
        "audit": Outline("Audits by drawn, independent auditors.", "audit"),
        "opinion": Outline("Opinions by auditors of one's own choice.", "opinion"),
        "dispute": Outline("Disputes about how a commission ends, and about breaches.", "dispute"),
        "juror": Outline("Jurors of the market's own court.", "juror"),
        "conformity": Outline("Third-party test sets of conformity bodies.", "conformity"),
        "reputation": Outline("What participants have done, and how buyers rate them.", "reputation"),
        "stake": Outline("A validator's stake.", "stake"),
        "tx": Outline("Transactions that this machine has sent, and those that wait.", "tx"),
        "policy": Outline("The market's rules.", "policy"),
        "governance": Outline("How the market's rules change: seats, proposals, votes.", "governance"),
    }


app = typer.Typer(
    name="assay",
    cls=Assay,
    help="A decentralized marketplace for AI models: every model is tested before anyone is paid.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=HELP,
)
add_local_commands(app)


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"assay {version('assay')}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    rpc: Annotated[
        list[str] | None,
        typer.Option(envvar="ASSAY_RPC", help="RPC endpoint of the chain; several are tried in turn."),
    ] = None,
    ipfs: Annotated[
        list[str] | None,
        typer.Option(
            envvar="ASSAY_IPFS",
            help="Storage: an IPFS node's URL, several to try in turn, gateway+https://..., file:///... or s3://...",
        ),
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
    signer: Annotated[
        str | None,
        typer.Option(envvar="ASSAY_SIGNER", help="URL of a Web3Signer that holds the account's key."),
    ] = None,
    account: Annotated[
        str | None,
        typer.Option(envvar="ASSAY_ACCOUNT", help="The account's address, where the signer has several."),
    ] = None,
    backup: Annotated[
        Path | None,
        typer.Option(
            envvar="ASSAY_BACKUP",
            help="Keystore that secrets are derived from, for a signer that signs differently each time.",
        ),
    ] = None,
    index: Annotated[
        str,
        typer.Option(
            envvar="ASSAY_INDEX",
            help="The market's index, which lists and finds quickly. What is signed is read from the chain.",
        ),
    ] = "",
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_say_version, help="Say which version this is."),
    ] = False,
) -> None:
    """Connection settings come before the command, or from the environment."""
    context.obj = Settings(
        rpc=rpc or ["http://127.0.0.1:8545"],
        ipfs=ipfs or ["http://127.0.0.1:5001"],
        deployment=deployment or Path("deployments/31337.json"),
        keystore=keystore,
        debug=debug,
        signer=signer,
        account=account,
        backup=backup,
        index=index,
    )


def main() -> None:
    """Entry point."""
    app()
