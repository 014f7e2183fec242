"""`assay model dossier`: a model's file for regulators and courts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.output import show
from assay.cli.settings import Json, open_market

if TYPE_CHECKING:
    from assay.dossier.document import Bundle


def dossier(
    context: typer.Context,
    model_id: Annotated[int, typer.Argument(min=1, max=2**48, help="The number of the model's token.")],
    folder: Annotated[
        Path | None, typer.Argument(help="Where the files go; dossier-NUMBER by default.")
    ] = None,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Leave it unsigned, in nobody's name.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Collect a model's dossier: signed JSON, a page to read, an ML-BOM and a model card."""
    from assay.manifests.files import prepare_folder, write_document

    target = folder or Path(f"dossier-{model_id}")
    with open_market(context, acting=not unsigned, quiet=as_json) as market:
        bundle = market.dossiers.issue(model_id, signed=not unsigned)
    files = _files(bundle)
    prepare_folder(target)
    for name, content in files.items():
        write_document(target / name, content)
    collected = bundle.dossier
    record = {
        "model": collected.model,
        "block": collected.block.number,
        "digest": collected.digest(),
        "issuer": bundle.issuer,
        "documents": len(collected.documents),
        "gaps": sum(1 for point in collected.annex_iv if point.gap),
        "files": [str(target / name) for name in files],
    }
    show(record, as_json)


def _files(bundle: Bundle) -> dict[str, bytes]:
    from assay.dossier.bom import ml_bom
    from assay.dossier.card import model_card
    from assay.dossier.page import render

    return {
        "dossier.json": bundle.to_bytes(),
        "dossier.html": render(bundle).encode(),
        "bom.cdx.json": ml_bom(bundle).encode(),
        "README.md": model_card(bundle).encode(),
    }
