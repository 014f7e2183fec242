"""Models made on this machine: with a watermark, from several, or from a licensed teacher.

The work is done by another program, so that torch and scikit-learn stay out of this one.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.arguments import parse_digest
from assay.cli.output import Cell, digest, show, size
from assay.cli.settings import Json, Settings

if TYPE_CHECKING:
    from assay.manifests.training_report import DerivedReport


class Student(StrEnum):
    """Kinds of model that are trained here."""

    LOGISTIC = "logistic"
    FOREST = "forest"
    BOOSTING = "boosting"
    NETWORK = "network"


class How(StrEnum):
    """Ways to make one model of several."""

    PIPELINE = "pipeline"
    ENSEMBLE = "ensemble"


Rows = Annotated[Path, typer.Argument(help="Rows to train on: CSV with a header, or npz with two arrays.")]
Target = Annotated[str, typer.Option(help="The column or array with the labels.")]
Out = Annotated[Path, typer.Option(help="Where the ONNX file goes.")]
Teacher = Annotated[Path, typer.Argument(help="The licensed model, an ONNX file; it runs in a jail.")]
Output = Annotated[str | None, typer.Option(help="The model's output with scores by class.")]
Parents = Annotated[
    list[bytes] | None,
    typer.Option(
        parser=parse_digest,
        metavar="DIGEST",
        help="Manifest of a model that it is made from; may be repeated.",
    ),
]
Card = Annotated[Path | None, typer.Option(help="A model card, to which the lineage is added.")]


def watermark(
    rows: Rows,
    target: Target,
    out: Annotated[Path, typer.Option(help="Folder for the trigger set, the marked rows and the model.")],
    train: Annotated[
        Student | None,
        typer.Option(help="Also train a model of this kind; otherwise train your own on the marked rows."),
    ] = None,
    count: Annotated[
        int, typer.Option(min=1, help="How many triggers; more of them survive more changes.")
    ] = 512,
    repeat: Annotated[
        int, typer.Option(min=1, max=20, help="How often each trigger is put among the rows.")
    ] = 2,
    as_json: Json = False,
) -> None:
    """Make a watermark: a secret trigger set, rows that train it into any model, and perhaps the model."""
    from assay.errors import InvalidInput
    from assay.manifests.files import prepare_folder
    from assay.markets.local_learning import LocalLearning

    folder = prepare_folder(out)
    triggers, model = folder / "triggers.json", folder / "model.onnx"
    marked = folder / ("marked.npz" if rows.suffix == ".npz" else "marked.csv")
    if triggers.exists():
        raise InvalidInput(f"{triggers} exists; a trigger set is never overwritten.")
    if marked.exists():
        raise InvalidInput(f"{marked} exists, and would be overwritten.", hint="Name another folder.")
    made = LocalLearning().watermark(
        rows,
        target,
        triggers=triggers,
        marked=marked,
        count=count,
        student=train,
        model=model if train else None,
        repeat=repeat,
    )
    record: dict[str, Any] = {
        "commitment": digest(made.commitment),
        "triggers": str(triggers),
        "count": made.triggers,
        "rows": str(marked),
        "model": str(model) if train else None,
    }
    if made.accuracy_without is not None and made.accuracy_with is not None:
        record |= {"accuracy_without": _share(made.accuracy_without), "accuracy": _share(made.accuracy_with)}
    show(record, as_json)


def compose(
    context: typer.Context,
    how: Annotated[How, typer.Argument(help="pipeline: one after the other; ensemble: averaged.")],
    parts: Annotated[list[Path], typer.Argument(help="The ONNX files, in order.")],
    out: Out,
    weight: Annotated[
        list[float] | None, typer.Option(help="The weight of each model in an ensemble.")
    ] = None,
    parent: Parents = None,
    card: Card = None,
    as_json: Json = False,
) -> None:
    """Make one ONNX model of several: a pipeline, or an ensemble."""
    from assay.markets.local_learning import LocalLearning

    lineage = _lineage(context, parent, parts, card, quiet=as_json)
    made = LocalLearning().compose(parts, how, model=out, weights=weight)
    _write_card(card, lineage, out)
    show({"model": str(out), "parts": made.parts, "size": size(made.size), **_card_told(card, out)}, as_json)


def distil(
    context: typer.Context,
    teacher: Teacher,
    rows: Rows,
    target: Target,
    out: Out,
    student: Annotated[Student, typer.Option(help="The kind of model to train.")] = Student.NETWORK,
    more: Annotated[Path | None, typer.Option(help="Rows without labels, which the teacher labels.")] = None,
    output: Output = None,
    parent: Parents = None,
    card: Card = None,
    as_json: Json = False,
) -> None:
    """Train a model on a licensed teacher's answers; shown beside one that is trained without the teacher."""
    from assay.markets.local_learning import LocalLearning

    lineage = _lineage(context, parent, [teacher], card, quiet=as_json)
    made = LocalLearning().distil(teacher, rows, target, student=student, model=out, more=more, output=output)
    _write_card(card, lineage, out)
    show({**_derived(made, out), **_card_told(card, out)}, as_json)


def fine_tune(
    context: typer.Context,
    teacher: Teacher,
    rows: Rows,
    target: Target,
    out: Out,
    output: Output = None,
    parent: Parents = None,
    card: Card = None,
    as_json: Json = False,
) -> None:
    """Train a licensed network further on rows of your own; shown beside one that is trained from nothing."""
    from assay.markets.local_learning import LocalLearning

    lineage = _lineage(context, parent, [teacher], card, quiet=as_json)
    made = LocalLearning().fine_tune(teacher, rows, target, model=out, output=output)
    _write_card(card, lineage, out)
    show({**_derived(made, out), **_card_told(card, out)}, as_json)


def compare(
    one: Annotated[Path, typer.Argument(help="An ONNX file.")],
    other: Annotated[Path, typer.Argument(help="Another.")],
    as_json: Json = False,
) -> None:
    """Say how much two models' constants are alike: a hint at a lineage that is missing, and no proof."""
    from assay.markets.local_learning import LocalLearning

    found = LocalLearning().compare(one, other)
    words = (
        "probably one is made from the other" if found.alike else "no sign that one is made from the other"
    )
    record = {
        "alike": Cell(found.alike, words),
        "likeness": Cell(round(found.score, 3), f"{found.score:.3f} of 1; alike from {found.limit} on"),
        "compared": Cell(found.compared, f"{found.compared}: {found.what}"),
    }
    show(record, as_json)


def _share(value: float) -> Cell:
    return Cell(round(value, 4), f"{value:.2%}")


def _derived(made: DerivedReport, out: Path) -> dict[str, Any]:
    """Accuracies on rows that were held out."""
    return {
        "model": str(out),
        "accuracy": _share(made.accuracy),
        "accuracy_of_teacher": _share(made.accuracy_of_teacher),
        "accuracy_alone": _share(made.accuracy_alone),
        "size": size(made.size),
    }


def _lineage(
    context: typer.Context, parents: list[bytes] | None, parts: list[Path], card: Path | None, *, quiet: bool
) -> list[str]:
    """The parents, each the manifest of one of the files *parts*; raises :class:`InvalidInput`."""
    from assay.cli.progress import MeteredStore
    from assay.errors import InvalidInput
    from assay.markets.lineage import require_parents

    if not parents:
        return []
    if card is None:
        raise InvalidInput("The lineage is written into a model card.", hint="Name it: --card FILE")
    settings: Settings = context.obj
    with MeteredStore(settings.ipfs, quiet=quiet) as store:
        return require_parents(parents, parts, store)


def _card_path(out: Path) -> Path:
    return out.with_suffix(".card.json")


def _write_card(card: Path | None, lineage: list[str], out: Path) -> None:
    if card is None:
        return
    from assay.manifests.files import write_document
    from assay.markets.lineage import with_parents
    from assay.markets.model_card import ModelCard

    whole = with_parents(ModelCard.load(card), lineage)
    write_document(_card_path(out), whole.model_dump_json(indent=2).encode() + b"\n")


def _card_told(card: Path | None, out: Path) -> dict[str, Any]:
    return {} if card is None else {"card": str(_card_path(out))}
