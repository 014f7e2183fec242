"""`assay agreement`: texts that parties sign before an order, a grant or a purchase counts."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.arguments import Last, parse_address, parse_digest
from assay.cli.output import Cell, digest, moment, paid, show, show_rows
from assay.cli.settings import Json, open_market
from assay.errors import InvalidInput
from assay.words.printable import quoted

app = typer.Typer(no_args_is_help=True)

_SHOWN = 20  # signers of a text
_BEFORE = {"transaction": Cell(None, "none: it was signed before")}

TextDigest = Annotated[bytes, typer.Argument(parser=parse_digest, help="The digest of the text.")]
Party = Annotated[str | None, typer.Option(parser=parse_address, help="Only this account's signatures.")]


def _values(pairs: list[str]) -> dict[str, str]:
    values = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise InvalidInput(f"{quoted(pair)} is not a value.", hint='Write it like term="2 years".')
        if name in values:
            raise InvalidInput(f"{quoted(name)} has two values.")
        values[name] = value
    return values


@app.command()
def new(
    context: typer.Context,
    template: Annotated[
        str | None, typer.Argument(help="A template: nda, data-use. Its values come with --value.")
    ] = None,
    value: Annotated[
        list[str] | None, typer.Option(help='What the template asks for, such as term="2 years"; repeated.')
    ] = None,
    domain: Annotated[
        str | None, typer.Option(help="Add the section of a domain, such as healthcare.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A text of your own (UTF-8) in place of a template.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="The title of your own text.")] = None,
    as_json: Json = False,
) -> None:
    """Publish a text to be signed, from a template or a file, and print its digest. No transaction."""
    from assay.markets.templates import agreement_of, agreement_templates, write_agreement

    if (template is None) == (file is None):
        raise InvalidInput(
            "Name either a template or a file.", hint=f"Templates: {', '.join(agreement_templates())}."
        )
    with open_market(context, quiet=as_json) as market:
        if file is not None:
            if value or domain:
                raise InvalidInput("--value and --domain are for templates.")
            agreement = agreement_of(title or file.stem[:200], _read(file))
        else:
            assert template is not None
            chain_id = market.deployment.chain_id
            agreement = write_agreement(template, _values(value or []), chain_id=chain_id, domain=domain)
        text = market.agreements.publish(agreement)
        show({"agreement": text, "title": agreement.title, "text": agreement.text}, as_json)


def _read(path: Path) -> str:
    from assay.manifests.files import read_document

    try:
        return read_document(path).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is not text in UTF-8.", hint="Save it as UTF-8.") from None


@app.command("show")
def show_agreement(
    context: typer.Context,
    text: TextDigest,
    as_json: Json = False,
) -> None:
    """Print a text, and who has signed it most recently."""
    with open_market(context) as market:
        agreement, signers = market.session.together(
            lambda: market.agreements.get(text),
            lambda: list(islice(market.agreements.signatures(text=text), _SHOWN)),
        )
        record = {
            "agreement": text,
            "title": agreement.title,
            "template": agreement.template,
            "parties": list(agreement.parties),
            "signed_by": [one.party for one in signers],
            "text": agreement.text,
        }
        show(record, as_json)


@app.command()
def sign(
    context: typer.Context,
    text: TextDigest,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Write the signature to this file instead, for others to record."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Sign a text, for good: an agreement cannot be taken back. Read it first: `assay agreement show`."""
    from assay.manifests.files import write_document

    with open_market(context, acting=True) as market:
        title = market.agreements.get(text).title
        record = {"agreement": text, "title": title, "party": market.address}
        if to is not None:
            signed = market.agreements.signature(text)
            write_document(to, (signed.model_dump_json(indent=2) + "\n").encode())
            show({**record, "path": str(to)}, as_json)
            return
        receipt = market.agreements.sign(text)
        signed_at = moment(market.agreements.signed_at(text))
        show({**record, "signed": signed_at, **(paid(receipt) if receipt else _BEFORE)}, as_json)


@app.command()
def record(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Files that `assay agreement sign --to` has written.")],
    as_json: Json = False,
) -> None:
    """Record signatures that others have handed over, in one transaction."""
    from assay.markets.agreements import SignedText

    signed = [SignedText.load(file) for file in files]
    with open_market(context, acting=True) as market:
        show({"signatures": len(signed), **paid(market.agreements.record(signed))}, as_json)


@app.command("list")
def list_signatures(
    context: typer.Context,
    text: Annotated[
        bytes | None, typer.Option(parser=parse_digest, help="Only signatures of this text.")
    ] = None,
    party: Party = None,
    last: Last = 20,
    as_json: Json = False,
) -> None:
    """List who has signed what, the newest first."""
    with open_market(context) as market:
        found = list(islice(market.agreements.signatures(text=text, party=party), last))
        times = list(market.session.each(market.session.connection.block_time, (one.block for one in found)))
        rows = [
            {"agreement": digest(one.text), "party": one.party, "signed": moment(at)}
            for one, at in zip(found, times, strict=True)
        ]
        show_rows(rows, as_json, empty="Nobody has signed such a text.")
