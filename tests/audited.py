"""What parts of an audit that ask nothing of a model are given: answers, truth, groups, training rows."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from assay.manifests.evaluation import DataMapping, DatasetCounts, EvaluationSpec, InputMapping, OutputMapping
from assay_validation.audit.effort import QUICK
from assay_validation.audit.groups import Grouping
from assay_validation.audit.subject import Subject
from assay_validation.audit.texts import Book
from assay_validation.metrics import Predictions

EFFORT = replace(QUICK, group_resamples=60)


def grouping(title, codes) -> Grouping:
    """Groups with made-up names."""
    return Grouping(title, tuple(f"{title}{i:02}" for i in range(1 + max(codes))), np.asarray(codes))


def repeating(answers) -> SimpleNamespace:
    """A model that gives the same answers again and again, whatever it is asked."""

    def predict(rows):
        again = (
            None if one is None else np.resize(one, (len(rows), *one.shape[1:]))
            for one in vars(answers).values()
        )
        return Predictions(*again)

    return SimpleNamespace(predict=predict)


def subject(truth, answers, groups=None, rows=None, training=None, **changes) -> Subject:
    """What parts that ask nothing of the model are given."""
    classification = answers.values is None
    names = tuple(str(i) for i in range(1 + max(1, int(np.max(truth))))) if classification else ()
    metric = changes.pop("metric", "accuracy" if classification else "rmse")
    spec = EvaluationSpec(
        task="classification" if classification else "regression",
        metric=metric,
        data=DataMapping(
            format="csv", inputs=(InputMapping(name="x", columns=("x",)),), label="y", classes=names
        ),
        output=OutputMapping(probabilities="p") if classification else OutputMapping(values="v"),
    )
    inputs = np.arange(len(truth), dtype=np.float64)[:, None] if rows is None else rows
    named = () if groups is None else (grouping("g", groups),)
    nothing = SimpleNamespace()
    given = dict(
        spec=spec, model_file=nothing, data_file=nothing, model=repeating(answers), graph=nothing,
        layout=SimpleNamespace(
            names=tuple(f"x{i}" for i in range(inputs.shape[1])),
            image=None,
            continuous=np.array([len(np.unique(column)) > 10 for column in inputs.T]),
            book=Book(),
            said=lambda column, value: f"x{column} {value:.6g}",
            **dict.fromkeys(("texts", "prose", "categories"), np.zeros(inputs.shape[1], dtype=bool)),
        ),
        rows=inputs, truth=truth, groupings=named, fairness=None, counts=DatasetCounts(rows=len(truth)),
        answers=answers, training=training, manifest=None, dataset=None, threshold=None,
        favourable=len(names) - 1, seed=0, effort=EFFORT,
    )  # fmt: skip
    for other in ("truth", "answers"):  # of other tasks than the two
        given |= {other: changes.pop(f"{other}_of", given[other])}
    return Subject(**given | changes)


def accused(one, part, note=False):
    """The findings of a part, without notes unless they are asked for."""
    return [f for f in part.examine(one).findings if note or f.severity != "note"]
