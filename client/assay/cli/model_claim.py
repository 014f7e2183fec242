"""`assay model claim`: evidence, by a watermark, that a file was made from a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.arguments import DigestText, parse_digest
from assay.cli.output import Cell, moment, show
from assay.cli.settings import Json, open_market

if TYPE_CHECKING:
    from assay.judges.claims import Judged

app = typer.Typer(no_args_is_help=True, help="Evidence, by a watermark, that a file was made from a model.")
Suspect = Annotated[Path, typer.Argument(help="The ONNX file that is suspected.")]


@app.command()
def make(
    context: typer.Context,
    suspect: Suspect,
    model: DigestText,
    out: Annotated[Path, typer.Option(help="Where the evidence goes; it gives the watermark away.")],
    triggers: Annotated[
        Path | None, typer.Option(help="The trigger set; by default the one that this wallet has sealed.")
    ] = None,
    output: Annotated[str | None, typer.Option(help="The suspect's output with scores or labels.")] = None,
    as_json: Json = False,
) -> None:
    """Ask a suspect, in a jail, the triggers of MODEL, and write evidence; exit code 1 for nothing."""
    from assay.errors import InvalidInput
    from assay.store.private_file import write_private

    if out.exists():
        raise InvalidInput(f"{out} exists; evidence is never overwritten.")
    with open_market(context, acting=triggers is None, quiet=as_json) as market:
        found = market.claims.test(suspect, model, triggers=triggers, output=output)
        try:
            with write_private(out, replace=False) as file:
                file.write(found.claim.model_dump_json().encode())
        except OSError as error:
            raise InvalidInput(f"Cannot write {out}: {error.strerror or error}.") from error
        show({**_told(found), "evidence": str(out)}, as_json)
    if not found.holds:
        raise typer.Exit(1)


@app.command()
def check(
    context: typer.Context,
    evidence: Annotated[Path, typer.Argument(help="The evidence, a JSON file.")],
    suspect: Suspect,
    sold_as: Annotated[
        bytes | None,
        typer.Option(parser=parse_digest, help="Digest of the manifest under which the suspect was sold."),
    ] = None,
    as_json: Json = False,
) -> None:
    """As a juror, repeat the test that the evidence reports; exit code 1 where it shows nothing."""
    from assay.manifests.trigger_set import WatermarkClaim

    document = WatermarkClaim.load(evidence)
    with open_market(context, quiet=as_json) as market:
        found = market.claims.check(document, suspect, sold_as=sold_as)
        show(
            {
                **_told(found),
                "evidence_says": Cell(document.matches, f"{document.matches} of {document.asked}"),
            },
            as_json,
        )
    if not found.holds:
        raise typer.Exit(1)


def _told(found: Judged) -> dict[str, Any]:
    said = found.claim
    verdict = "made from the model" if found.holds else "not shown to be made from the model"
    never = "not on the chain: the evidence does not say when the watermark was committed to"
    return {
        "verdict": Cell(found.holds, verdict),
        "matches": Cell(said.matches, f"{said.matches} of {said.asked}, and {said.asked // 2} by chance"),
        "asked": said.asked,
        "p_value_log10": Cell(round(found.power, 1), f"{found.power:.1f} (a claim needs -6 or less)"),
        "committed": moment(found.since) if found.since is not None else Cell(None, never),
        "model": said.model,
        "suspect_sha256": said.suspect_sha256,
        "output": said.output,
    }
