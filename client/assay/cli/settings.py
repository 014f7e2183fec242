"""What all commands share: connection settings, the market they open, and how errors end a command."""

from __future__ import annotations

import getpass
import json
import sys
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from assay.cli.console import console
from assay.cli.lazy import LazyGroup
from assay.cli.output import show_failure, telling_time_by
from assay.errors import AssayError, ContractError, InvalidInput, TransactionPending, WalletError
from assay.words.usage import plainly

if TYPE_CHECKING:
    from assay.market import Market
    from assay.wallet.keystore import Wallet

Json = Annotated[bool, typer.Option("--json", help="Print JSON; the names of numbers say their units.")]

HELP = {"help_option_names": ["-h", "--help"]}  # of a program; its commands inherit it

PENDING, INTERRUPTED = 3, 130  # exit codes

_NOTHING_SENT = "Interrupted. Nothing was sent."


@dataclass(frozen=True)
class Settings:
    """Where the market is and who acts."""

    rpc: list[str]
    ipfs: list[str]
    deployment: Path
    keystore: Path | None
    debug: bool
    signer: str | None = None
    account: str | None = None
    backup: Path | None = None
    index: str = ""


class Commands(LazyGroup):
    """Commands whose foreseeable errors are one or two sentences on stderr and an exit code.

    1 is a failure, 2 wrong usage, 3 a transaction that was sent and may still be mined, 130 Ctrl-C. With
    ``--json``, 1 and 2 come with an ``error`` on stdout, and 3 with the transaction.
    """

    def main(self, *args: Any, **named: Any) -> Any:
        """Run the program; Ctrl-C outside of a command, which Typer ends without a word, is told as well."""
        try:
            return super().main(*args, **named)
        except SystemExit as end:
            if isinstance(getattr(end.__context__, "__cause__", None), KeyboardInterrupt):
                say("Interrupted.")
            raise

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        arguments = (*ctx._protected_args, *ctx.args)
        as_json = "--json" in arguments
        try:
            return super().invoke(ctx)
        except TyperException as error:
            plainly(error, arguments)
            if as_json:
                show_failure("usage", error.format_message())
            raise
        except TransactionPending as error:
            say(str(error))
            if as_json:
                typer.echo(json.dumps({"state": "pending", "transaction": error.tx_hash}, indent=2))
            raise typer.Exit(PENDING) from None
        except AssayError as error:
            if isinstance(ctx.obj, Settings) and ctx.obj.debug:
                raise
            say(str(error))
            if as_json:
                name = error.name if isinstance(error, ContractError) else ""
                show_failure(error.kind, error.message, error.hint, contract_error=name)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            say("Interrupted.")
            raise typer.Exit(INTERRUPTED) from None


def say(sentence: str) -> None:
    """Print a sentence for the person who runs the command, whatever the command prints for programs."""
    console.print(sentence, markup=False)


def ask_passphrase() -> str:
    """The keystore's passphrase, typed without being shown; without a terminal, a line of standard input.

    Raises:
        WalletError: there is neither.
    """
    typed = type_hidden("Passphrase: ")
    return passphrase_of_input() if typed is None else typed


def type_hidden(prompt: str) -> str | None:
    """What is typed without being shown; none without a terminal."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(prompt)
    except (getpass.GetPassWarning, EOFError):
        return None


def passphrase_of_input() -> str:
    """A line of standard input; raises :class:`WalletError` where there is none."""
    line = sys.stdin.readline()
    if not line:
        raise WalletError(
            "The keystore's passphrase cannot be asked for without a terminal.",
            hint="Set ASSAY_PASSPHRASE_FILE to the path of a file that holds it.",
        )
    return line.removesuffix("\n").removesuffix("\r")


def open_wallet(settings: Settings) -> Wallet:
    """The account that acts; its passphrase is asked for where no file has it."""
    from assay.wallet.keystore import Wallet

    if settings.signer is None:
        return Wallet.open(settings.keystore, prompt=ask_passphrase)
    if settings.keystore is not None:
        raise InvalidInput(
            "Both a keystore and a signer are named, and only one of them acts.",
            hint="Leave out --keystore and ASSAY_KEYSTORE, or --signer and ASSAY_SIGNER.",
        )
    from assay.wallet.web3signer import Web3Signer

    backup = Wallet.open(settings.backup, prompt=ask_passphrase) if settings.backup else None
    return Wallet(Web3Signer(settings.signer, settings.account), backup=backup)


@contextmanager
def open_market(
    context: typer.Context, *, acting: bool = False, quiet: bool = False, unchecked: bool = True
) -> Iterator[Market]:
    """The market of the settings.

    Args:
        context: of the command.
        acting: whether the account is needed; reading needs no passphrase.
        quiet: show no progress bars.
        unchecked: do not check data and models before they are used; a command that checks them itself.
    """
    from assay.cli.progress import MeteredStore, Scans
    from assay.market import Market

    settings: Settings = context.obj
    opened = False
    try:
        wallet = open_wallet(settings) if acting else None
        with (
            MeteredStore(settings.ipfs, quiet=quiet) as store,
            Market.connect(
                settings.rpc,
                deployment=settings.deployment,
                wallet=wallet,
                store=store,
                tell=say,
                unchecked=unchecked,
            ) as market,
            closing(Scans(quiet=quiet)) as scans,
        ):
            market.session.connection.scanned = scans
            opened = True
            with telling_time_by(market.session.now), _telling_of_ctrl_c(market, acting=acting):
                yield market
    except KeyboardInterrupt:
        if not acting or opened:
            raise
        say(_NOTHING_SENT)
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def _telling_of_ctrl_c(market: Market, *, acting: bool) -> Iterator[None]:
    """See that a program whose account is *acting* says what Ctrl-C leaves behind."""
    if not acting:
        yield
        return
    try:
        with market.session.transactor.outbox.reporting():
            yield
    except KeyboardInterrupt:
        say(_interrupted(market))
        raise typer.Exit(INTERRUPTED) from None


def _interrupted(market: Market) -> str:
    """What Ctrl-C leaves behind."""
    sent = market.session.transactor.outbox.sent()
    if not sent:
        return _NOTHING_SENT
    said = ", ".join(f"{entry.hash} ({entry.name}) is {entry.state.words}" for entry in sent)
    return (
        f"Interrupted. {said}. Wait with `assay tx wait {sent[-1].hash}`; the same command, run again, does "
        "not pay twice."
    )
