"""`assay-validation audit`, which `assay audit run` starts: one audit, told in lines of JSON."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from assay.errors import AssayError, InvalidInput
from assay.manifests import DatasetManifest, ModelManifest
from assay.manifests.audit_report import SCOPES, Scope
from assay.manifests.evaluation import EvaluationSpec, Fairness
from assay.manifests.files import load_document, prepare_folder, write_document
from assay.words.printable import quoted

PAGE, ASSESSMENT = "report.html", "assessment.json"


def audit(
    model: Annotated[Path, typer.Argument(help="An ONNX file.")],
    data: Annotated[Path, typer.Argument(help="The audit data.")],
    spec: Annotated[Path, typer.Argument(help="How the data is fed: an EvaluationSpec in JSON.")],
    out: Annotated[Path, typer.Option(help="The folder for report.html and assessment.json.")],
    training: Annotated[Path | None, typer.Option(help="Data that the model was trained on.")] = None,
    manifest: Annotated[Path | None, typer.Option(help="The model's manifest.")] = None,
    data_manifest: Annotated[Path | None, typer.Option(help="The data's manifest.")] = None,
    number: Annotated[int | None, typer.Option(help="The audit's number, for the page's title.")] = None,
    auditor: Annotated[str | None, typer.Option(help="Whose verdict it is, for the page.")] = None,
    scope: Annotated[list[str] | None, typer.Option(help=f"{', '.join(SCOPES)}; all by default.")] = None,
    favourable: Annotated[str | None, typer.Option(help="The class that people hope for.")] = None,
    group: Annotated[
        list[str] | None, typer.Option(help="A column that tells groups apart; repeat it.")
    ] = None,
    fairness: Annotated[
        str | None, typer.Option(help=f"{', '.join(Fairness)}; what the spec asks by default.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The same seed, the same figures.")] = 0,
    threshold: Annotated[
        int | None, typer.Option(help="Primary score to be reached, ppm; an error is negated.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Smaller samples, no attack, no shap.")] = False,
) -> None:
    """Examine a model in the sandbox. Prints JSON: a line for each step, then what the figures propose.

    A line is `{"step": title}`, `{"rows": how many more the model has answered}`, `{"error": …, "hint": …}`
    with exit code 1, or at the end `{"done": {"approved": …, "rows": …, "rows_asked": …}}`.
    """
    try:
        from assay_validation.audit import report  # scikit-learn takes seconds to import
        from assay_validation.audit.conduct import conduct
        from assay_validation.audit.order import Order

        order = Order(
            model=_file(model),
            data=_file(data),
            spec=load_document(spec, EvaluationSpec),
            training=_file(training) if training else None,
            manifest=load_document(manifest, ModelManifest) if manifest else None,
            dataset=load_document(data_manifest, DatasetManifest) if data_manifest else None,
            threshold=threshold,
            favourable=favourable,
            groups=tuple(group or ()),
            fairness=_fairness(fairness),
            scopes=_scopes(scope or SCOPES),
            seed=seed,
            quick=quick,
        )
        folder = prepare_folder(out)
        outcome = conduct(order, _step)
        name = order.manifest.name if order.manifest else order.model.name
        page = report.render(outcome, report.Heading(name, number, auditor, _today()))
        document = report.assessment(outcome, page).model_dump_json(indent=2)
        write_document(folder / PAGE, page)
        write_document(folder / ASSESSMENT, document.encode() + b"\n")
    except AssayError as error:
        _say(error=error.message, hint=error.hint)
        raise typer.Exit(1) from None
    except ImportError as missing:
        hint = "pip install 'assay[node,demo]'; a full audit needs 'assay[node,demo,audit]'."
        _say(error=f"An audit needs the package {missing.name}.", hint=hint)
        raise typer.Exit(1) from None
    _say(done={"approved": outcome.approved, "rows": outcome.rows, "rows_asked": outcome.rows_asked})


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _file(path: Path) -> Path:
    if not path.is_file():
        raise InvalidInput(f"{path} is not a file.")
    return path


def _scopes(names: list[str] | tuple[Scope, ...]) -> tuple[Scope, ...]:
    if unknown := [one for one in names if one not in SCOPES]:
        raise InvalidInput(f"{quoted(unknown[0])} is not a scope.", hint=f"Choose from {', '.join(SCOPES)}.")
    return tuple(one for one in SCOPES if one in names)


def _fairness(name: str | None) -> Fairness | None:
    if name is not None and name not in list(Fairness):
        kinds = ", ".join(Fairness)
        raise InvalidInput(f"{quoted(name)} is not a kind of fairness.", hint=f"Choose from {kinds}.")
    return Fairness(name) if name else None


def _step(title: str) -> Callable[[int], None]:
    _say(step=title)
    return lambda rows: _say(rows=rows)


def _say(**line: Any) -> None:
    print(json.dumps(line), flush=True)
