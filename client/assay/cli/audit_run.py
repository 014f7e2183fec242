"""`assay audit run`: examine a model, and write what was found."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from assay.cli.output import Cell, show, show_rows
from assay.cli.settings import Json
from assay.errors import InvalidInput
from assay.words.printable import printable, quoted

if TYPE_CHECKING:
    from assay.judges.audit_inputs import Material
    from assay.manifests import Assessment

_PAGE, _REPORT, _ASSESSMENT = "report.html", "report.json", "assessment.json"
_SHOWN = 10
_INSTALL = "pip install 'assay[node,demo]' (Linux only); a full audit needs 'assay[node,demo,audit]'."


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
    group: Annotated[
        list[str] | None, typer.Option(help="A column that tells groups apart, beside the spec's; repeat it.")
    ] = None,
    fairness: Annotated[
        str | None,
        typer.Option(
            help="demographic_parity, equal_opportunity, equalised_odds or calibration, if not the spec's."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The same seed, the same figures.")] = 0,
    threshold: Annotated[
        str | None,
        typer.Option(help='The score to be reached, such as "93 %"; of an error the most, such as 60.'),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Smaller samples, no attack, no shap.")] = False,
    out: Annotated[Path | None, typer.Option(help="Where the report goes; the folder, or here.")] = None,
    as_json: Json = False,
) -> None:
    """Examine a model in the sandbox: report.html to read, report.json and assessment.json for the market."""
    from assay.manifests import Assessment, ModelManifest
    from assay.manifests.files import load_document, prepare_folder, write_document
    from assay.markets.local_node import validation_command

    material = _material(model, data, folder)
    target = prepare_folder(out or folder or Path())
    with tempfile.TemporaryDirectory(prefix="assay-") as name, _progress(quiet=as_json) as watch:
        if material is not None and folder is not None:
            given = _given_by(material, folder, Path(name) / "spec.json")
        else:
            given = _given(Path(model), data, spec)
            given["threshold"] = threshold and _asked(threshold, spec)
            given |= {"manifest": manifest, "data-manifest": data_manifest}
        given |= {"out": target, "training": training, "favourable": favourable, "seed": seed}
        given |= {"fairness": fairness}
        repeated = {"scope": scope or (), "group": group or ()}
        command = [*validation_command("audit", install=_INSTALL), *_arguments(given, repeated, quick=quick)]
        done = _watched(command, watch)
    assessment = Assessment.load(target / _ASSESSMENT)
    reference = material.reference if material else None
    digest = load_document(manifest, ModelManifest).digest().hex() if manifest else None
    report = assessment.report(reference, reference.model if reference else digest, approve=done.approved)
    write_document(target / _REPORT, report.to_bytes())
    _tell(assessment, done, target, as_json)


def _material(model: str, data: Path | None, folder: Path | None) -> Material | None:
    """What was fetched, when *model* is the number of an audit."""
    if not (model.isascii() and model.isdecimal() and data is None):
        if folder is not None:
            raise InvalidInput("--folder goes with the number of an audit, not with a model's file.")
        return None
    if folder is None:
        raise InvalidInput("Say with --folder where `assay audit fetch` put the material.")
    from assay.judges.audit_inputs import Material

    return Material.load(folder, int(model[:78]))


def _given_by(material: Material, folder: Path, spec: Path) -> dict[str, object]:
    """What the program is told of what was fetched; writes the order's evaluation to *spec*."""
    from assay.judges.audit_inputs import DATASET, MANIFEST
    from assay.manifests.files import write_document

    if material.data is None:
        raise InvalidInput(
            "The validation data was not granted, so the model cannot be examined on it.",
            hint="Ask the customer to grant it (assay audit grant AUDIT --data), and fetch again.",
        )
    write_document(spec, material.commission.evaluation.model_dump_json().encode())
    return {
        "files": (material.model, material.data, spec),
        "manifest": folder / MANIFEST,
        "data-manifest": folder / DATASET,
        "threshold": material.commission.threshold,
        "number": material.reference.request_id,
        "auditor": material.reference.auditor,
    }


def _given(model: Path, data: Path | None, spec: Path | None) -> dict[str, object]:
    if data is None or spec is None:
        raise InvalidInput("With a model's file, also name the data and, with --spec, how it is fed.")
    return {"files": (model, data, spec)}


def _asked(threshold: str, spec: Path | None) -> int:
    """The score, ppm, that *threshold* asks for, in the unit of the metric of *spec*."""
    from assay.manifests.evaluation import PPM, EvaluationSpec
    from assay.manifests.files import load_document
    from assay.markets.order_forms import FormError, millionths

    metric = load_document(spec or Path(), EvaluationSpec).metric
    hint = "Write it like 60." if metric.is_error else 'Write it like "93 %".'
    try:
        score = millionths(threshold)
    except FormError as error:
        raise InvalidInput(f"--threshold {quoted(threshold)}: {error}.", hint=hint) from None
    below_all = score < 0 and (metric.is_error or metric.is_share)
    if below_all or (score > PPM and not metric.is_error):
        raise InvalidInput(f"No model has {metric.words} {printable(threshold)}.", hint=hint)
    return -score if metric.is_error else score


def _arguments(given: dict[str, Any], repeated: Mapping[str, Iterable[str]], *, quick: bool) -> list[str]:
    files = given.pop("files")
    options = [f"--{name}={value}" for name, value in given.items() if value is not None]
    options += [f"--{name}={value}" for name, values in repeated.items() for value in values]
    return [*options, *(["--quick"] if quick else []), "--", *map(str, files)]


class _Done(BaseModel):
    """What the program says at the end."""

    approved: bool
    rows: int
    rows_asked: int


class _Line(BaseModel):
    """What it says on its way: one of these."""

    step: str | None = None
    rows: int = 0
    error: str | None = None
    hint: str = ""
    done: _Done | None = None


def _watched(command: list[str], watch: Callable[[str], Callable[[int], None]]) -> _Done:
    """What the program found; *watch* is told of its steps.

    Raises:
        InvalidInput: it says that something is wrong, or it died.
    """
    from assay.markets.local_program import environment_without_wallets

    advance: Callable[[int], None] = lambda rows: None  # noqa: E731
    with subprocess.Popen(  # noqa: S603 our own program
        command,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env=environment_without_wallets(),
    ) as process:
        assert process.stdout is not None
        try:
            for text in process.stdout:
                line = _Line.model_validate_json(text)
                if line.error is not None:
                    raise InvalidInput(line.error, hint=line.hint)
                if line.done is not None:
                    return line.done
                if line.step is not None:
                    advance = watch(line.step)
                advance(line.rows)
        except ValidationError:
            process.kill()
        except BaseException:
            process.kill()
            raise
    raise InvalidInput(f"The examination ended without a result (exit code {process.returncode}).")


def _tell(assessment: Assessment, done: _Done, folder: Path, as_json: bool) -> None:
    findings = [
        {"severity": one.severity, "scope": one.scope, "finding": one.summary} for one in assessment.findings
    ]
    proposal = "approve" if done.approved else "reject"
    summary = {
        "proposes": Cell(proposal, f"to {proposal}; the verdict is yours"),
        "scopes": assessment.scopes,
        "rows": done.rows,
        "rows_asked": Cell(done.rows_asked, f"{done.rows_asked:,}"),
        "page": str(folder / _PAGE),
        "report": str(folder / _REPORT),
        "assessment": str(folder / _ASSESSMENT),
    }
    if as_json:
        limitations = assessment.limitations.splitlines()
        show({**summary, "findings": findings, "limitations": limitations}, as_json)
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
