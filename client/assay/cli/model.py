"""`assay model`: submitting and opening models."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from assay.chain import Receipt
from assay.cli.arguments import DigestText, Number, parse_address
from assay.cli.output import paid, show
from assay.cli.settings import Json, open_market
from assay.market import Market
from assay.models import ModelCard
from assay.structs import Payee

app = typer.Typer(help="The models of commissions.", no_args_is_help=True)


def parse_payee(text: str) -> Payee:
    """A share of the price, ADDRESS=PPM."""
    account, _, share = text.partition("=")
    if not re.fullmatch(r"[0-9]{1,7}", share):
        raise typer.BadParameter(f"{text[:80]!r} is not ADDRESS=PPM.")
    try:
        return Payee(account=parse_address(account), ppm=int(share))
    except ValidationError:
        raise typer.BadParameter("A payee's share is from 1 to 1000000 ppm of the price.") from None


Payees = Annotated[
    list[Payee] | None,
    typer.Option(parser=parse_payee, help="A share of the price, ADDRESS=PPM; may be repeated."),
]


@app.command()
def submit(
    context: typer.Context,
    number: Number,
    model: Annotated[Path, typer.Argument(help="The ONNX file.")],
    card: Annotated[Path, typer.Argument(help="The model card, a JSON file.")],
    payee: Payees = None,
    as_json: Json = False,
) -> None:
    """As the winning developer, seal a model to the panel and submit it; spends one attempt."""
    document = ModelCard.load(card)
    with open_market(context, acting=True, quiet=as_json) as market:
        receipt = market.models.submit(number, model, document, payees=payee or [])
        show(_submitted(market, number, receipt), as_json)


@app.command()
def publish(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(help="The ONNX file.")],
    card: Annotated[Path, typer.Argument(help="The model card, a JSON file.")],
    as_json: Json = False,
) -> None:
    """Seal a model and publish its manifest, to have it assessed before it is submitted. No transaction."""
    document = ModelCard.load(card)
    with open_market(context, acting=True, quiet=as_json) as market:
        show({"manifest": market.models.publish(model, document)}, as_json)


@app.command("submit-published")
def submit_published(
    context: typer.Context,
    number: Number,
    manifest: DigestText,
    payee: Payees = None,
    as_json: Json = False,
) -> None:
    """As the winning developer, submit a model that was published before; spends one attempt."""
    with open_market(context, acting=True, quiet=as_json) as market:
        show(
            _submitted(market, number, market.models.submit_published(number, manifest, payees=payee or [])),
            as_json,
        )


@app.command()
def grant(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """As the developer, grant the model's key to the panel as it is seated now."""
    with open_market(context, acting=True) as market:
        show(paid(market.models.grant(number)), as_json)


@app.command()
def fetch(
    context: typer.Context,
    number: Number,
    dest: Annotated[Path, typer.Argument(help="Where the ONNX file goes.")],
    as_json: Json = False,
) -> None:
    """As the customer, open the delivered model."""
    with open_market(context, acting=True, quiet=as_json) as market:
        manifest = market.models.fetch(number, dest)
        record = {
            "model": manifest.name,
            "path": str(dest),
            "bytes": manifest.artifact.plaintext_size,
            "sha256": manifest.artifact.plaintext_sha256,
        }
        show(record, as_json)


@app.command("show")
def show_model(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show what is publicly known of the model last submitted to a commission."""
    with open_market(context) as market:
        manifest = market.models.manifest(number)
        record = {
            "name": manifest.name,
            "framework": manifest.framework,
            "licence": manifest.licence.spdx or manifest.licence.text,
            "opset": manifest.opset,
            "inputs": [tensor.name for tensor in manifest.inputs],
            "outputs": [tensor.name for tensor in manifest.outputs],
            "bytes": manifest.artifact.plaintext_size,
            "sha256": manifest.artifact.plaintext_sha256,
            "intended_use": manifest.intended_use,
            "limits": manifest.limits,
            "manifest": manifest.digest(),
        }
        show(record, as_json)


def _submitted(market: Market, number: int, receipt: Receipt) -> dict[str, Any]:
    return {
        "attempt": receipt.event("ModelSubmitted").arguments["attempt"],
        **paid(receipt),
        "next": str(market.commissions.next_step(number)),
    }
