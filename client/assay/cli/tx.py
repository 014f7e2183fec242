"""`assay tx`: what the account has sent from this machine, and what became of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.output import Cell, moment, paid, show, show_rows
from assay.cli.settings import Json, open_market
from assay.errors import InvalidInput
from assay.words.printable import quoted

if TYPE_CHECKING:
    from assay.chain.journal import Entry
    from assay.chain.outbox import Outbox

app = typer.Typer(help="Transactions that this machine has sent, and those that wait.", no_args_is_help=True)

_HASH = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)


def parse_hash(text: str) -> str:
    """A transaction's hash."""
    if not _HASH.fullmatch(text):
        raise typer.BadParameter(f"{quoted(text)} is not a hash: 0x and 64 hex digits.")
    return text.lower()


Hash = Annotated[str, typer.Argument(parser=parse_hash, metavar="HASH", help="0x and 64 hex digits.")]


@app.command("list")
def list_(
    context: typer.Context,
    pending: Annotated[bool, typer.Option("--pending", help="Only those that may still be mined.")] = False,
    as_json: Json = False,
) -> None:
    """Show what the account has sent from here, the newest first."""
    from assay.chain.journal import Fate

    with open_market(context, acting=True) as market:
        entries = market.session.transactor.outbox.entries()[::-1]
    rows = [_row(entry) for entry in entries if not pending or entry.state in (Fate.SENT, Fate.REFUSED)]
    show_rows(rows, as_json, empty="Nothing is pending." if pending else "Nothing was sent from here.")


@app.command()
def wait(context: typer.Context, transaction: Hash, as_json: Json = False) -> None:
    """Wait until a transaction is in a block, and say what it cost."""
    with open_market(context, acting=True) as market:
        show(paid(market.session.transactor.wait(transaction)), as_json)


@app.command("speed-up")
def speed_up(context: typer.Context, transaction: Hash, as_json: Json = False) -> None:
    """Offer more for a pending transaction. It is the same payment: one of the two is mined, never both."""
    with open_market(context, acting=True) as market:
        _refuse_ended(market.session.transactor.outbox, transaction, "sped up")
        receipt = market.session.transactor.speed_up(transaction)
        show(
            {"in_place_of": None if receipt.tx_hash == transaction else transaction, **paid(receipt)}, as_json
        )


@app.command()
def cancel(context: typer.Context, transaction: Hash, as_json: Json = False) -> None:
    """Take a pending transaction back, by an empty one of the same number. It may come too late."""
    with open_market(context, acting=True) as market:
        outbox = market.session.transactor.outbox
        _refuse_ended(outbox, transaction, "cancelled")
        receipt = market.session.transactor.cancel(transaction)
        if receipt.tx_hash == transaction:  # mined in the meantime
            _refuse_ended(outbox, transaction, "cancelled")
        show({"cancelled": transaction, **paid(receipt)}, as_json)


def _refuse_ended(outbox: Outbox, tx_hash: str, done: str) -> None:
    """Refuse to change a transaction whose number is used up: it was mined, or another one in its place."""
    from assay.chain.journal import Fate

    outbox.look(outbox.entry(tx_hash))
    entry = outbox.entry(tx_hash)
    if entry.state in (Fate.MINED, Fate.FAILED):
        raise InvalidInput(f"{tx_hash} was mined in block {entry.block}; nothing can be {done}.")
    if entry.state is Fate.REPLACED:
        raise InvalidInput(
            f"{tx_hash} was replaced by {entry.replaced_by}, which is mined; nothing can be {done}.",
            hint="`assay tx list` shows both.",
        )


def _row(entry: Entry) -> dict[str, Any]:
    from assay.chain.fees import GWEI

    fee = entry.fields["maxFeePerGas"]
    return {
        "transaction": entry.hash,
        "number": entry.nonce,
        "call": entry.name,
        "sent": moment(entry.sent_at),
        "state": Cell(str(entry.state), entry.state.words),
        "block": entry.block,
        "fee_limit_per_gas": Cell(str(fee), f"{fee / GWEI:,.2f} gwei", "wei"),
        "replaced_by": entry.replaced_by,
    }
