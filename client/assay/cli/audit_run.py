"""`assay audit run`: examine a model, and write what was found."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from assay.cli.output import Cell, show, show_rows
from assay.cli.settings import Json
from assay.errors import InvalidInput

if TYPE_CHECKING:
    from assay.audit_material import AuditReference, Material
    from assay_validation.audit.conduct import Order, Outcome

_SHOWN = 10
_HINT = "pip install 'assay[node,demo]'; a full audit needs 'assay[node,demo,audit]'."


def run(
    model: Annotated[str, typer.Argument(help="An ONNX file, or the number of an audit you were drawn for.")],
    data: Annotated[Path | None, typer.Argument(help="The audit data, to go with an ONNX file.")] = None,
    spec: Annotated[Path | None, typer.Option(help="How the data is fed: an EvaluationSpec in JSON.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Where `audit fetch` put the audit's material.")] = None,
    training: Annotated[
        Path | None, typer.Option(help="Data that the model was trained on, in the same columns.")
    ] = None,
    manifest: Annotated[
        Path | None, typer.Option(help="The model's manifest, to compare the model with.")
    ] = None,
    data_manifest: Annotated[Path | None, typer.Option(help="The data's manifest.")] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="performance, fairness, robustness, privacy, security, explainability, compliance."
        ),
    ] = None,
    favourable: Annotated[str | None, typer.Option(help="The class that people hope for.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The same seed, the same figures.")] = 0,
    threshold: Annotated[
        int | None, typer.Option(help="Primary score to be reached, ppm; an error is negated.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Smaller samples, no attack, no shap.")] = False,
    out: Annotated[Path | None, typer.Option(help="Where the report goes; the folder, or here.")] = None,
    as_json: Json = False,
) -> None:
    """Examine a model in the sandbox: report.html to read, report.json and assessment.json for the market."""
    from assay.documents import prepare_folder

    try:
        from assay_validation.audit.conduct import conduct
        from assay_validation.audit.report import Heading, render
    except ImportError as missing:
        raise InvalidInput(f"An audit needs the package {missing.name}.", hint=_HINT) from None
    options = {"training": training, "favourable": favourable, "seed": seed, "quick": quick}
    material = _material(model, data, folder)
    if material is not None:
        given = _given_by(material)
    else:
        given = _given(Path(model), data, spec, manifest, data_manifest) | {"threshold": threshold}
    order = _order(given | options, scope)
    target = prepare_folder(out or folder or Path())
    with _progress(quiet=as_json) as watch:
        outcome = conduct(order, watch)
    name = order.manifest.name if order.manifest else order.model.name
    page = render(outcome, Heading(name, material.reference.request_id if material else None))
    written = _write(target, outcome, page, material.reference if material else None)
    _tell(outcome, written, as_json)


def _material(model: str, data: Path | None, folder: Path | None) -> Material | None:
    """What was fetched, when *model* is the number of an audit."""
    if not (model.isascii() and model.isdecimal() and data is None):
        if folder is not None:
            raise InvalidInput("--folder goes with the number of an audit, not with a model's file.")
        return None
    if folder is None:
        raise InvalidInput("Say with --folder where `assay audit fetch` put the material.")
    from assay.audit_material import Material

    return Material.load(folder, int(model[:78]))


def _given_by(material: Material) -> dict[str, Any]:
    if material.data is None:
        raise InvalidInput(
            "The validation data was not granted, so the model cannot be examined on it.",
            hint="Ask the customer to grant it (assay audit grant AUDIT --data), and fetch again.",
        )
    return {
        "model": material.model,
        "data": material.data,
        "spec": material.commission.evaluation,
        "manifest": material.manifest,
        "dataset": material.dataset,
        "threshold": material.commission.threshold,
    }


def _given(
    model: Path, data: Path | None, spec: Path | None, manifest: Path | None, data_manifest: Path | None
) -> dict[str, Any]:
    from assay.documents import load_document
    from assay.manifests import DatasetManifest, ModelManifest
    from assay.manifests.evaluation import EvaluationSpec

    if data is None or spec is None:
        raise InvalidInput("With a model's file, also name the data and, with --spec, how it is fed.")
    return {
        "model": model,
        "data": data,
        "spec": load_document(spec, EvaluationSpec),
        "manifest": load_document(manifest, ModelManifest) if manifest else None,
        "dataset": load_document(data_manifest, DatasetManifest) if data_manifest else None,
    }


def _order(given: dict[str, Any], scopes: list[str] | None) -> Order:
    from assay.manifests.audit_report import SCOPES
    from assay_validation.audit.conduct import Order

    wanted = scopes or list(SCOPES)
    if unknown := [one for one in wanted if one not in SCOPES]:
        raise InvalidInput(f"{unknown[0][:40]!r} is no scope.", hint=f"Choose from {', '.join(SCOPES)}.")
    for path in (given["model"], given["data"], given["training"]):
        if path is not None and not path.is_file():
            raise InvalidInput(f"{path} is no file.")
    return Order(scopes=tuple(one for one in SCOPES if one in wanted), **given)


def _write(folder: Path, outcome: Outcome, page: bytes, reference: AuditReference | None) -> dict[str, Path]:
    """Write the page and both documents; their paths by name."""
    from assay.audits import Assessment
    from assay.documents import write_document

    assessment = Assessment.of(outcome, page)
    manifest = outcome.order.manifest
    digest = manifest.digest().hex() if manifest else None
    report = assessment.report(reference, reference.model if reference else digest, approve=outcome.approved)
    written = {
        "page": (folder / "report.html", page),
        "report": (folder / "report.json", report.to_bytes()),
        "assessment": (folder / "assessment.json", assessment.model_dump_json(indent=2).encode() + b"\n"),
    }
    for path, content in written.values():
        write_document(path, content)
    return {name: path for name, (path, _) in written.items()}


def _tell(outcome: Outcome, written: dict[str, Path], as_json: bool) -> None:
    findings = [
        {"severity": one.severity, "scope": one.scope, "finding": one.summary} for one in outcome.findings
    ]
    proposal = "approve" if outcome.approved else "reject"
    summary = {
        "proposes": Cell(proposal, f"to {proposal}; the verdict is yours"),
        "scopes": outcome.scopes,
        "rows": outcome.rows,
        "rows_asked": Cell(outcome.rows_asked, f"{outcome.rows_asked:,}"),
        **{name: str(path) for name, path in written.items()},
    }
    if as_json:
        show({**summary, "findings": findings, "limitations": outcome.limitations}, as_json)
        return
    show_rows(findings[:_SHOWN], as_json, empty="No threshold was reached: there are no findings.")
    if len(findings) > _SHOWN:
        typer.echo(f"and {len(findings) - _SHOWN} more in the report")
    show(summary, as_json)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[str], Callable[[int], None]]]:
    """A line a step on stderr, with the rows that the model has answered in it."""
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[rows]:>9,} rows"),
        TimeElapsedColumn(),
    )
    disable = quiet or not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), disable=disable) as progress:
        running: list[Any] = []

        def start(title: str) -> Callable[[int], None]:
            finish()
            task = progress.add_task(title, total=None, rows=0)
            running.append(task)
            answered = [0]

            def advance(rows: int) -> None:
                answered[0] += rows
                progress.update(task, rows=answered[0])

            return advance

        def finish() -> None:
            for task in running[-1:]:
                progress.update(task, total=1, completed=1)

        yield start
        finish()
