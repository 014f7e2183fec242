"""What was declared about the model, compared with what was found."""

from collections.abc import Iterable

from assay.manifests.evaluation import PPM, CriterionKind, Metric, ReportStatus
from assay.manifests.model import ModelManifest, Tensor
from assay.words import formatting
from assay.words.reasons import sentences
from assay_validation.audit.section import Measure, Section, Table, line, unit_of
from assay_validation.audit.subject import Subject
from assay_validation.evaluation import evaluate, file_digest
from assay_validation.graph_facts import DeclaredTensor

_DTYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string",
    9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64",
}  # fmt: skip


def examine(subject: Subject) -> Section:
    """Check the model's manifest against the file, and the order's criteria as a validator measures them."""
    section = Section("compliance", "Compliance", "The file and its behaviour against what was declared.")
    if subject.manifest is None:
        section.limitations.append("Model manifest: none was given, so no declaration was checked.")
    else:
        _declared(subject, section, subject.manifest)
    _criteria(subject, section)
    return section


def _declared(subject: Subject, section: Section, manifest: ModelManifest) -> None:
    facts, size = subject.graph, subject.model_file.stat().st_size
    pairs = [
        ("digest of the file", manifest.artifact.plaintext_sha256, file_digest(subject.model_file)),
        ("size", f"{manifest.artifact.plaintext_size:,} bytes", f"{size:,} bytes"),
        ("operator set", str(manifest.opset), str(facts.opset)),
        ("inputs", _declared_signature(manifest.inputs), _found_signature(facts.inputs)),
        ("outputs", _declared_signature(manifest.outputs), _found_signature(facts.outputs)),
    ]
    section.tables.append(
        Table(("what", "declared", "found", ""), [(*p, "" if p[1] == p[2] else "differs") for p in pairs])
    )
    for what, declared, found in pairs:
        if declared != found:
            grave = what in ("digest of the file", "size")
            section.find(
                "critical" if grave else "major",
                f"The model's manifest declares another {what} than was found",
                f"Declared: {declared}\nFound: {found}",
            )
    section.tables.append(
        Table(
            ("the developer says", ""),
            [
                ("name", line(manifest.name)),
                ("framework", line(manifest.framework)),
                ("intended use", manifest.intended_use.strip() or "nothing"),
                ("limits", manifest.limits.strip() or "nothing"),
                ("licence", line(manifest.licence.spdx or manifest.licence.text or "none")),
            ],
        )
    )
    if not manifest.intended_use.strip():
        section.find(
            "minor",
            "The developer states no intended use",
            "Whoever uses the model has to find out alone what it is fit for.",
        )
    if not manifest.limits.strip():
        section.find(
            "minor", "The developer states no limits", "Every model has some; see the findings here."
        )
    section.limitations.append(
        "Intended use and lineage: whether the use fits the findings, and the lineage is true, is for the "
        "auditor to judge."
    )


def _declared_signature(tensors: tuple[Tensor, ...]) -> str:
    return "; ".join(_tensor(one.name, one.dtype, one.shape) for one in tensors)


def _found_signature(tensors: list[DeclaredTensor]) -> str:
    # sequences of maps have no tensor type: it is 0 in the file
    return "; ".join(
        _tensor(one.name, _DTYPES.get(one.dtype, "sequence"), one.shape or ()) for one in tensors
    )


def _tensor(name: str, dtype: str, shape: Iterable[int | None]) -> str:
    return f"{line(name)} {dtype} [{', '.join('any' if size is None else str(size) for size in shape)}]"


def _criteria(subject: Subject, section: Section) -> None:
    """Measure the criteria as a member of the panel would: with the same code, in fresh jails."""
    spec = subject.spec
    if all(one.kind is not CriterionKind.GROUP_GAP for one in spec.criteria):  # groups may have empty cells
        ungrouped = spec.data.model_copy(update={"group": None, "more_groups": ()})
        spec = spec.model_copy(update={"data": ungrouped, "fairness": None})
    report = evaluate(subject.model_file, subject.data_file, spec)
    if report.status is not ReportStatus.ANSWERED:
        said = sentences(report.reasons, subject.spec.metric)
        section.find(
            "critical",
            f"The market's own evaluation does not score it: {said}",
            "A panel of the market would give it no score, so no deal could accept it.",
        )
        return
    published = formatting.natural(report.score, subject.spec.metric) / PPM
    name, unit = f"{subject.spec.metric.words} as the market publishes it", unit_of(subject.spec.metric)
    section.measures.append(Measure(name, published, unit))
    rows = []
    for index, (criterion, measured) in enumerate(
        zip(subject.spec.criteria, report.private.measurements.values(), strict=True)
    ):
        passed = bool(report.criteria >> index & 1)
        name, metric = criterion.kind.words, subject.spec.metric
        found, bound = (_amount(criterion.kind, value, metric) for value in (measured, criterion.bound))
        rows.append((name, found, bound, "passes" if passed else "fails"))
        if not passed:
            section.find(
                "major",
                f"A condition of the order fails: {name}",
                f"Measured {found}, at most {bound} is allowed.",
            )
    if rows:
        section.tables.append(Table(("condition of the order", "measured", "at most", ""), rows))


def _amount(kind: CriterionKind, value: float | None, metric: Metric) -> str:
    return "undefined" if value is None else formatting.condition(kind, round(value), metric)
