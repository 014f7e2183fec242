"""What audits find and whom they accuse: planted defects, healthy models, and the power of comparing groups.

Models are scikit-learn's on real data sets and are asked directly, without the jail. Each share has its
Wilson interval. Another small group must not hide a bias: the power with it stays within five points.
"""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import fairlearn.metrics as fl
import numpy as np
from numpy.typing import NDArray
from report import publish
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))  # what parts are given

from audit_data import Data, adult, small
from audited import grouping, subject

from assay_validation.audit import (
    calibration,
    drift,
    fairness,
    overlap,
    performance,
    privacy,
)
from assay_validation.audit.intervals import wilson
from assay_validation.audit.subject import Subject, Training
from assay_validation.audit.thresholds import GRAVE
from assay_validation.metrics import Predictions

Array = NDArray[Any]
Case = Callable[[np.random.Generator], Subject]

COLUMNS = {"name": "what", "value": "ours", "interval": "95 %", "unit": "unit", "aim": "aim", "ok": "ok"}
TIMES, SIMULATED = 30, 300
BIAS, LEAST_POWER, MOST_LOST, MOST_ACCUSED = 0.6, 0.90, 0.05, 0.05
PARTS = (performance, calibration, overlap, fairness, privacy, drift)


def main() -> None:
    """Takes about ten minutes on two cores."""
    _without_pictures()
    started = time.perf_counter()
    rows = [*power(), *healthy(), *planted(), *figures()]
    rows.append(row("whole benchmark", time.perf_counter() - started, "s", 900, most=True))
    publish("audit", "Audits: power, false alarms and figures", COLUMNS, rows)
    if not all(one["ok"] for one in rows):
        raise SystemExit(1)


# --- the power of comparing groups ---


def power() -> Iterator[dict[str, object]]:
    """Of a bias of ±0.6 in log-odds between two groups, alone and beside a third of 1 to 10 %."""
    for size in (500, 1_000):
        alone = _share(lambda rng, size=size: _biased(rng, [size, size], [0, 0], [BIAS, -BIAS]), SIMULATED)
        yield row(
            f"bias of ±0.6, two groups of {size}: rejected", alone / SIMULATED, "share", None, of=SIMULATED
        )
        for share in (0.01, 0.05, 0.10):
            for base in (-3, 0, 3):
                sizes = [size, size, int(2 * size * share)]
                case = lambda rng, s=sizes, b=base: _biased(rng, s, [0, 0, b], [BIAS, -BIAS, 0])  # noqa: E731
                lost = (alone - _share(case, SIMULATED)) / SIMULATED
                what = (
                    f"power lost beside a group of {share:.0%}, base rate moved by {base}, to two of {size}"
                )
                yield row(what, lost, "share", MOST_LOST, most=True)
    for rates in ([0, 0], [1, -1]):
        accused = _share(lambda rng, r=rates: _biased(rng, [1_000, 1_000], r, [0, 0]), SIMULATED)
        what = f"calibrated model, base rates moved by {rates[0]} and {rates[1]}: rejected"
        yield row(what, accused / SIMULATED, "share", MOST_ACCUSED, most=True, of=SIMULATED)


def _biased(rng: np.random.Generator, sizes: list[int], shifts: list[float], bias: list[float]) -> Subject:
    group = np.repeat(np.arange(len(sizes)), sizes)
    odds = rng.normal(0, 2, len(group)) + np.array(shifts)[group]
    truth = (rng.random(len(group)) < 1 / (1 + np.exp(-odds))).astype(int)
    claimed = 1 / (1 + np.exp(-(odds + np.array(bias)[group])))
    answers = Predictions(
        labels=(claimed >= 0.5).astype(int), probabilities=np.column_stack([1 - claimed, claimed])
    )
    return subject(truth, answers, group, seed=int(rng.integers(2**31)))


def _share(case: Case, times: int, part: ModuleType = fairness) -> int:
    rng = np.random.default_rng(1)
    return sum(_is_grave(part, case(rng)) for _ in range(times))


def _is_grave(part: ModuleType, one: Subject) -> bool:
    return any(finding.severity in GRAVE for finding in part.examine(one).findings)


# --- models on real data ---


def healthy() -> Iterator[dict[str, object]]:
    """Linear models of real data with groups drawn at random: nothing grave in any part."""
    for data in (*small(), adult()):
        rng = np.random.default_rng(2)
        accused = 0
        for _ in range(TIMES):
            one = _audited(data, rng)
            accused += any(_is_grave(part, one) for part in PARTS)
        yield row(
            f"healthy model of {data.name}: rejected", accused / TIMES, "share", 0.10, most=True, of=TIMES
        )


def planted() -> Iterator[dict[str, object]]:
    """Each defect in each data set that can have it."""
    for name, part, can_have, plant in DEFECTS:
        for data in filter(can_have, (*small(), adult())):
            found = _share(lambda rng, p=plant, d=data: p(d, rng), TIMES, part)
            yield row(f"{name} ({data.name})", found / TIMES, "share", LEAST_POWER, of=TIMES)


def figures() -> Iterator[dict[str, object]]:
    """Adult by sex, beside fairlearn."""
    data = adult()
    known, held = data.split(np.random.default_rng(3), len(data.rows))
    labels = (
        LogisticRegression(max_iter=500).fit(data.rows[known], data.truth[known]).predict(data.rows[held])
    )
    codes, truth = data.groups["sex"][held], data.truth[held]
    one = subject(truth, Predictions(labels=labels), codes)
    found = {measure.name: measure.value for measure in fairness.examine(one).measures}
    for name, theirs in (
        ("demographic parity difference", fl.demographic_parity_difference),
        ("equalised odds difference", fl.equalized_odds_difference),
        ("impact ratio", fl.demographic_parity_ratio),
    ):
        gap = abs(found[name] - theirs(truth, labels, sensitive_features=codes))
        yield row(
            f"adult by sex: {name} {found[name]:.4f}, away from fairlearn's by", gap, "share", 1e-9, most=True
        )


def _audited(data: Data, rng: np.random.Generator, model: Any = None, **changes: Any) -> Subject:
    """A model of half of the data on the other half; *changes* to what is given."""
    known, held = data.split(rng)
    linear = Ridge() if _is_regression(data) else LogisticRegression(max_iter=500, C=0.3)
    truth = changes.pop("told", data.truth)
    fitted = (model or linear).fit(data.rows[known], truth[known])
    rows, change = changes.pop("rows", data.rows[held]), changes.pop("change", lambda answers, held: answers)
    training = Training(data.rows[known], truth[known], len(known))
    answering = SimpleNamespace(predict=lambda asked: _answers(data, fitted, asked))
    given: dict[str, Any] = {
        "groups": rng.integers(0, 2, len(held)), "rows": rows, "training": training, "model": answering,
        "seed": int(rng.integers(2**31)),
    }  # fmt: skip
    return subject(truth[held], change(answering.predict(rows), held), **given | changes)


def _answers(data: Data, fitted: Any, rows: Array) -> Predictions:
    if _is_regression(data):
        return Predictions(values=fitted.predict(rows))
    claimed = np.zeros((len(rows), int(data.truth.max()) + 1))
    claimed[:, fitted.classes_] = fitted.predict_proba(rows)
    return Predictions(labels=claimed.argmax(axis=1), probabilities=claimed)


def _is_regression(data: Data) -> bool:
    return data.truth.dtype.kind == "f"


# --- defects ---


def remembering(data: Data, rng: np.random.Generator) -> Subject:
    """A third of the labels is wrong, and known by heart."""
    wrong = rng.random(len(data.truth)) < 1 / 3
    told = np.where(wrong, rng.integers(0, data.truth.max() + 1, len(data.truth)), data.truth)
    return _audited(data, rng, RandomForestClassifier(30, bootstrap=False), told=told)


def copied(data: Data, rng: np.random.Generator, moved: float = 0.0) -> Subject:
    """A fifth of the audit rows is training rows, *moved* by noise (in standard deviations)."""
    one = _audited(data, rng)
    assert one.training is not None
    rows, some = one.rows.copy(), len(one.rows) // 5
    rows[:some] = one.training.rows[:some] + moved * rng.standard_normal((some, rows.shape[1]))
    return subject(one.truth, one.answers, rows=rows, training=one.training)


def sharpened(data: Data, rng: np.random.Generator) -> Subject:
    """Always nearly certain."""

    def change(answers: Predictions, held: Array) -> Predictions:
        labels, noise = np.asarray(answers.labels), rng.random(len(held)) < 0.25
        classes = int(data.truth.max()) + 1
        labels = np.where(noise, (labels + 1) % classes, labels)
        return Predictions(labels, np.where(np.eye(classes)[labels] == 1, 0.99, 0.01 / (classes - 1)))

    return _audited(data, rng, change=change)


def blind(data: Data, rng: np.random.Generator) -> Subject:
    """The last class is never answered."""

    def change(answers: Predictions, held: Array) -> Predictions:
        claimed = np.asarray(answers.probabilities).copy()
        claimed[:, -1] = 0
        return Predictions((claimed / claimed.sum(axis=1, keepdims=True)).argmax(axis=1))

    return _audited(data, rng, change=change)


def denying(data: Data, rng: np.random.Generator) -> Subject:
    """Six in ten of one group are turned down."""
    groups = rng.integers(0, 2, len(data.rows))

    def change(answers: Predictions, held: Array) -> Predictions:
        denied = (groups[held] == 1) & (rng.random(len(held)) < 0.6)
        return Predictions(np.where(denied, 0, np.asarray(answers.labels)))

    state = rng.bit_generator.state
    _, held = data.split(rng)
    rng.bit_generator.state = state
    return _audited(data, rng, change=change, groups=groups[held])


def putting_high(data: Data, rng: np.random.Generator) -> Subject:
    """One group is put too high by half a standard deviation."""
    one = _audited(data, rng)
    (groups,) = one.groupings
    values = np.asarray(one.answers.values) + 0.8 * one.truth.std() * (groups.codes == 1)
    return subject(one.truth, Predictions(values=values), groupings=(grouping("g", groups.codes),))


def moved(data: Data, rng: np.random.Generator) -> Subject:
    """The first three columns lie a standard deviation off."""
    one = _audited(data, rng)
    rows = one.rows.copy()
    rows[:, np.argsort(-rows.std(axis=0))[:3]] += 1
    return subject(one.truth, one.answers, rows=rows, training=one.training)


def constant(data: Data, rng: np.random.Generator) -> Subject:
    """The same answer for all."""
    one = _audited(data, rng)
    if _is_regression(data):
        return subject(one.truth, Predictions(values=np.full(len(one.truth), one.truth.mean() + 1)))
    return subject(one.truth, Predictions(np.full(len(one.truth), np.bincount(one.truth).argmax())))


def _any(data: Data) -> bool:
    return True


def _classes(data: Data) -> bool:
    return not _is_regression(data)


def _two(data: Data) -> bool:
    return _classes(data) and data.truth.max() == 1


DEFECTS: tuple[tuple[str, ModuleType, Callable[[Data], bool], Callable[..., Subject]], ...] = (
    ("knows its training rows by heart", privacy, _two, remembering),
    ("a fifth of the audit rows are training rows", overlap, _any, copied),
    ("a fifth are training rows, touched", overlap, _any, lambda data, rng: copied(data, rng, 0.001)),
    ("always certain", calibration, _classes, sharpened),
    ("never answers the last class", performance, _classes, blind),
    ("turns six in ten of a group down", fairness, _two, denying),
    ("puts a group too high", fairness, _is_regression, putting_high),
    ("three columns lie a standard deviation off", drift, _any, moved),
    ("the same answer for all", performance, _any, constant),
)


def row(
    name: str, value: float, unit: str, aim: float | None, *, most: bool = False, of: int = 0
) -> dict[str, object]:
    """A line of the table; *most*: the aim is not to be exceeded. A share *of* runs has an interval."""
    ok = aim is None or (value <= aim if most else value >= aim)
    ends = wilson(round(value * of), of) if of else None
    interval = f"{ends.low:.3f} to {ends.high:.3f}" if ends else ""
    return {"name": name, "value": round(value, 4), "interval": interval, "unit": unit, "aim": aim, "ok": ok}


def _without_pictures() -> None:
    for part, names in (
        (performance, ("_confusion", "_curves", "_residuals")),
        (calibration, ("_reliability",)),
        (privacy, ("_plot",)),
        (fairness, ("by_group",)),
    ):
        for name in names:
            setattr(part, name, lambda *given: None)


if __name__ == "__main__":
    main()
