"""`assay model dossier`, a model's file for regulators and courts, and `assay model card`, for the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.output import show
from assay.cli.settings import Json, open_market

if TYPE_CHECKING:
    from assay.dossier.document import Bundle
    from assay.dossier.hub import Benchmark, Result

ModelNumber = Annotated[int, typer.Argument(min=1, max=2**48, help="The number of the model's token.")]
_RESULTS = ".eval_results"


def dossier(
    context: typer.Context,
    model_id: ModelNumber,
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


def card(
    context: typer.Context,
    model_id: ModelNumber,
    folder: Annotated[
        Path | None, typer.Argument(help="The model's repository; card-NUMBER by default.")
    ] = None,
    benchmark: Annotated[
        str | None,
        typer.Option(metavar="OWNER/NAME", help="The Hub's data set under which a score is listed."),
    ] = None,
    task: Annotated[str, typer.Option(help="The task that its eval.yaml names.")] = "default",
    test_set: Annotated[
        int,
        typer.Option(
            min=0, max=2**32 - 1, help="The third-party set whose score it is; 0: the order's own data."
        ),
    ] = 0,
    explorer: Annotated[
        str | None, typer.Option(help="A block explorer's address, for links to transactions (EIP-3091).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a model card for the Hugging Face Hub and, where a benchmark is named, a score for it."""
    from assay.dossier.card import model_card
    from assay.dossier.document import Bundle
    from assay.dossier.hub import Benchmark, at_explorer, require_explorer
    from assay.dossier.results import results_of
    from assay.manifests.files import prepare_folder, write_document

    listed = Benchmark.parse(benchmark, task) if benchmark else None
    explorer = require_explorer(explorer) if explorer else None
    target = folder or Path(f"card-{model_id}")
    with open_market(context, quiet=as_json) as market:
        collected = market.dossiers.collect(model_id)
        results = results_of(market.session, collected)
    if explorer:
        results = at_explorer(results, explorer)
    files = {"README.md": model_card(Bundle(dossier=collected), results).encode()}
    if listed:
        files |= _listed(results, listed, test_set)
    for name, content in files.items():
        write_document(prepare_folder((target / name).parent) / Path(name).name, content)
    record = {
        "model": model_id,
        "block": collected.block.number,
        "scores": [one.test for one in results],
        "files": [str(target / name) for name in files],
    }
    show(record, as_json)


def _listed(results: list[Result], benchmark: Benchmark, test_set: int) -> dict[str, bytes]:
    """The score on a test set as a file; raises :class:`InvalidInput` when there is none."""
    from assay.dossier.hub import eval_results
    from assay.errors import InvalidInput

    chosen = [one for one in results if one.test_set == test_set]
    if not chosen:
        known = ", ".join(one.test for one in results) or "nothing whose documents can be had"
        raise InvalidInput(
            f"This model has no score on {f'test set {test_set}' if test_set else 'data of an order'}.",
            hint=f"It was tested on: {known}.",
        )
    name = f"{_RESULTS}/assay-set-{test_set}.yaml" if test_set else f"{_RESULTS}/assay.yaml"
    return {name: eval_results(chosen[0], benchmark).encode()}


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
