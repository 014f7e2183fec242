"""`assay model`: submitting and opening models, how they stand, and their dossiers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.arguments import DigestText, Number, parse_address, parse_percent
from assay.cli.checks import Unchecked, model_shown
from assay.cli.dossier import card as hub_card
from assay.cli.dossier import dossier
from assay.cli.following import await_turn
from assay.cli.model_claim import app as claim
from assay.cli.model_making import compare, compose, distil, fine_tune, watermark
from assay.cli.model_package import package_checked
from assay.cli.model_standing import standing
from assay.cli.model_versions import versions
from assay.cli.opinion import opinions_shown
from assay.cli.output import Cell, due, opened_model, paid, show, size
from assay.cli.settings import Json, open_market
from assay.words.printable import quoted

if TYPE_CHECKING:
    from assay.chain import Receipt
    from assay.manifests import CommissionSpec, ModelManifest
    from assay.manifests.evaluation import Metric
    from assay.manifests.reason import Reason
    from assay.market import Market
    from assay.markets.checks import ModelCheck
    from assay.structs import Payee
else:
    Payee = str  # as it is typed; importing the SDK for the type takes a third of a second

app = typer.Typer(no_args_is_help=True)
_OF_RUNTIME = re.compile(r"\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : ")


def parse_payee(text: str) -> Payee:
    """A share of the price, such as ADDRESS=12.5%; without the sign it is parts per million."""
    from pydantic import ValidationError

    from assay.structs import Payee

    account, _, share = text.partition("=")
    if not share:
        raise typer.BadParameter(f"{quoted(text)} is not an address and a share, such as ADDRESS=12.5%.")
    ppm = int(share) if re.fullmatch(r"[0-9]{1,7}", share) else parse_percent(share)
    try:
        return Payee(account=parse_address(account), ppm=ppm)
    except ValidationError:
        raise typer.BadParameter("A payee's share is more than 0% and at most 100% of the price.") from None


Payees = Annotated[
    list[Payee] | None,
    typer.Option(parser=parse_payee, help="A share of the price, such as ADDRESS=12.5%; may be repeated."),
]

WatermarkFile = Annotated[
    Path | None,
    typer.Option(help="The trigger set that `assay model watermark` made; the manifest commits to it."),
]


@app.command()
def submit(
    context: typer.Context,
    number: Number,
    model: Annotated[Path, typer.Argument(help="The ONNX file.")],
    card: Annotated[Path, typer.Argument(help="The model card, a JSON file.")],
    payee: Payees = None,
    watermark: WatermarkFile = None,
    unchecked: Unchecked = False,
    as_json: Json = False,
) -> None:
    """As the winning developer, check a model, seal it and submit it; spends one attempt.

    By this you state that the lineage in the card is complete.
    """
    from assay.markets.model_card import ModelCard
    from assay.structs import State

    document = ModelCard.load(card)
    with open_market(context, acting=True, quiet=as_json, unchecked=unchecked) as market:
        await_turn(market, number, (State.REVEALING, State.ATTESTING), quiet=as_json)
        receipt = market.models.submit(number, model, document, payees=payee or [], watermark=watermark)
        show(_submitted(market, number, receipt), as_json)


@app.command()
def check(
    context: typer.Context,
    subject: Annotated[
        str, typer.Argument(metavar="NUMBER", help="The commission; alone, a package: a folder or a zip.")
    ],
    model: Annotated[Path | None, typer.Argument(help="The ONNX file.")] = None,
    rows: Annotated[
        Path | None, typer.Option(help="Rows of your own to score it on, in the format of the order's data.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a model as the panel would, or a package by docs/standards.md; nothing leaves this machine."""
    if model is None:
        package_checked(Path(subject), as_json)
        return
    if not subject.isascii() or not subject.isdecimal():
        raise typer.BadParameter(f"{quoted(subject)} is not the number of a commission.")
    number = int(subject)
    with open_market(context, quiet=as_json) as market:
        found = market.models.check(number, model, rows=rows)
        spec = market.commissions.spec(number)
        if rows is not None:
            _require_rows(found.report.reasons, rows, spec.evaluation.metric)
        show(_checked(found, spec, rows), as_json)
    if found.report.reasons or found.passes is False:
        raise typer.Exit(1)


def _require_rows(reasons: tuple[Reason, ...], rows: Path, metric: Metric) -> None:
    """Raise :class:`InvalidInput` when it is the rows that are at fault, not the model."""
    from assay.errors import InvalidInput
    from assay.words.reasons import sentence

    faults = dict.fromkeys(f"  {sentence(one, metric)}" for one in reasons if one.code.subject == "data")
    if faults:
        said = f"The rows in {rows} cannot be used, so nothing is known of the model:"
        raise InvalidInput("\n".join([said, *faults]))


def _checked(found: ModelCheck, spec: CommissionSpec, rows: Path | None) -> dict[str, Any]:
    """A check as a record, with what it was made on and what may help."""
    record = model_shown(found, spec)
    log = record["log"]
    if isinstance(log, str):
        record["log"] = _OF_RUNTIME.sub("", log)
    made_up = "made up, so there is no score: name rows of your own with `--rows FILE`"
    record["rows"] = Cell(None, made_up) if rows is None else str(rows)
    return record


@app.command()
def publish(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(help="The ONNX file.")],
    card: Annotated[Path, typer.Argument(help="The model card, a JSON file.")],
    watermark: WatermarkFile = None,
    as_json: Json = False,
) -> None:
    """Seal a model and publish its manifest, to have it assessed before it is submitted. No transaction.

    By this you state that the lineage in the card is complete.
    """
    from assay.markets.model_card import ModelCard

    document = ModelCard.load(card)
    with open_market(context, acting=True, quiet=as_json) as market:
        show({"manifest": market.models.publish(model, document, watermark=watermark)}, as_json)


@app.command("submit-published")
def submit_published(
    context: typer.Context,
    number: Number,
    manifest: DigestText,
    payee: Payees = None,
    unchecked: Unchecked = False,
    as_json: Json = False,
) -> None:
    """As the winning developer, check and submit a model that was published before; spends one attempt."""
    with open_market(context, acting=True, quiet=as_json, unchecked=unchecked) as market:
        receipt = market.models.submit_published(number, manifest, payees=payee or [])
        show(_submitted(market, number, receipt), as_json)


@app.command()
def grant(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """As the developer, grant the model's key to the panel as it is seated now."""
    with open_market(context, acting=True) as market:
        show(paid(market.models.grant(number)), as_json)


@app.command()
def deliver(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Hand the accepted model's key over to the customer, as the developer or as anyone else who has it."""
    from assay.structs import State

    with open_market(context, acting=True) as market:
        await_turn(market, number, (State.EVALUATING, State.AUDITING), quiet=as_json)
        receipt = market.models.deliver(number)
        show({**paid(receipt), "next": due(market.commissions.next_step(number))}, as_json)


@app.command()
def refute(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """As the customer, prove that a wrong key was delivered, and get the money back."""
    with open_market(context, acting=True) as market:
        receipt = market.models.refute(number)
        show({**paid(receipt), "next": due(market.commissions.next_step(number))}, as_json)


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
        show(opened_model(manifest, dest), as_json)


@app.command("show")
def show_model(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show what is publicly known of the model last submitted to a commission."""
    with open_market(context) as market:

        def submitted() -> tuple[ModelManifest, list[dict[str, Any]]]:
            manifest = market.models.manifest(number)
            return manifest, opinions_shown(market, market.opinions.about(manifest.digest()))

        (manifest, opinions), stands = market.session.together(submitted, lambda: standing(market, number))
        record = {
            "name": manifest.name,
            "framework": manifest.framework,
            "licence": manifest.licence.spdx or manifest.licence.text,
            "opset": manifest.opset,
            "inputs": [tensor.name for tensor in manifest.inputs],
            "outputs": [tensor.name for tensor in manifest.outputs],
            "size": size(manifest.artifact.plaintext_size),
            "sha256": manifest.artifact.plaintext_sha256,
            "intended_use": manifest.intended_use,
            "limits": manifest.limits,
            "manifest": manifest.digest(),
            "watermark": manifest.watermark and manifest.watermark.commitment,
            **stands,
            "opinions": opinions,
        }
        show(record, as_json)


def _submitted(market: Market, number: int, receipt: Receipt) -> dict[str, Any]:
    return {
        "attempt": receipt.event("ModelSubmitted").arguments["attempt"],
        **paid(receipt),
        "next": due(market.commissions.next_step(number)),
    }


app.command()(dossier)
app.command("card")(hub_card)
app.command()(watermark)
app.command()(versions)
app.add_typer(claim, name="claim")
for _command in (compose, distil, fine_tune, compare):
    app.command()(_command)
