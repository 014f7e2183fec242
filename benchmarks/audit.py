"""What audits find and whom they accuse: planted defects, healthy models, and the power of comparing groups.

Models are scikit-learn's on real data sets and are asked directly, without the jail. The same cases are given
to fairlearn, to the Adversarial Robustness Toolbox and to deepchecks. Each share has its Wilson interval.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import fairlearn.metrics as fl
import numpy as np
from report import publish
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))  # what parts are given

from audit_cases import as_images, audited, is_regression
from audit_data import Array, Data, adult, small
from audit_defects import DEFECTS, Defect
from audit_peers import CASES, art_objects, fairlearn_objects, keep, start_deepchecks, verdicts
from audited import subject

from assay_validation.audit import (
    calibration,
    drift,
    explainability,
    fairness,
    integrity,
    leaks,
    overlap,
    performance,
    privacy,
    relation,
    robustness,
    security,
    slices,
)
from assay_validation.audit.intervals import wilson
from assay_validation.audit.subject import Subject
from assay_validation.audit.thresholds import GRAVE
from assay_validation.metrics import Predictions

COLUMNS = {
    "name": "what", "value": "ours", "interval": "95 %", "aim": "aim", "ok": "ok", "deepchecks": "deepchecks",
    "peer": "fairlearn or ART", "of": "of",
}  # fmt: skip
FEW = "--few" in sys.argv
"""Fewer cases, for a look; shares then have wide intervals."""
TIMES, PEER_TIMES, HEALTHY, SIMULATED = (4, 1, 9, 100) if FEW else (8, 2, 20, 300)
BIAS, LEAST_POWER, MOST_LOST, MOST_ACCUSED = 0.6, 0.90, 0.05, 0.05
PARTS = (
    performance, calibration, overlap, slices, leaks, fairness, robustness, privacy, security, explainability,
    drift, integrity, relation,
)  # fmt: skip
SLOW_CHECK = "WeakSegmentsPerformance"
"""Half a minute for each case: it is asked about one of each data set, and not about healthy models."""
CHECKS = tuple(sorted({check for defect in DEFECTS for check in defect.deepchecks} - {SLOW_CHECK}))
PEER_OF = {"fairlearn": fairlearn_objects, "art": art_objects}


def main() -> None:
    """Takes about ten minutes on two cores."""
    started = time.perf_counter()
    shutil.rmtree(CASES, ignore_errors=True)
    keep_cases()
    running = start_deepchecks()
    cores = len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(cores, initializer=without_pictures) as pool:
        rows = []
        for one in pool.map(run, [*healthy_tasks(), *planted_tasks(), *power_tasks()]):
            rows.append(one)
            print(f"{one['value']:.2f} {one['interval']:16} {one['name']}", file=sys.stderr, flush=True)
    rows += figures()
    with_deepchecks(rows, verdicts(running))
    rows.append(row("whole benchmark, s", time.perf_counter() - started, 900, most=True))
    publish("audit", "Audits: power, false alarms and figures", COLUMNS, rows)
    if not all(one["ok"] for one in rows):
        raise SystemExit(1)


@dataclass(frozen=True)
class Task:
    """One line of the table: *of* cases, counted by *count*."""

    name: str
    measure: Callable[..., dict[str, Any]]
    given: tuple[Any, ...]


def run(task: Task) -> dict[str, Any]:
    """In a process of the pool."""
    return task.measure(task.name, *task.given)


def data_sets() -> tuple[Data, ...]:
    return (*small(), adult())


# --- the power of comparing groups ---


def power_tasks() -> Iterator[Task]:
    """Of a bias of ±0.6 in log-odds between two groups, alone and beside a third of 1 to 10 %."""
    for size in (300, 500, 1_000):
        for share in (0.0, 0.01, 0.05, 0.10):
            for base in (-3, 0, 3) if share else (0,):
                beside = f"beside a group of {share:.0%} (base rate {base:+d})" if share else "alone"
                yield Task(f"bias of ±0.6, two groups of {size}, {beside}", biased_pair, (size, share, base))
    for rates in ((0, 0), (1, -1)):
        yield Task(f"calibrated, base rates moved by {rates[0]} and {rates[1]}", calibrated, (rates,))


def biased_pair(name: str, size: int, share: float, base: int) -> dict[str, Any]:
    """The same two groups are drawn whatever is beside them."""
    found = alone = 0
    for seed in range(SIMULATED):
        two = drawn(np.random.default_rng(seed), [size, size], [0, 0], [BIAS, -BIAS])
        third = drawn(np.random.default_rng(10_000 + seed), [int(2 * size * share)], [base], [0])
        alone += rejected(fairness, judged(two))
        found += rejected(fairness, judged(two, third)) if share else 0
    if not share:
        return row(name, alone / SIMULATED, None, of=SIMULATED)
    lost = (alone - found) / SIMULATED
    return row(f"{name}: power lost", lost, MOST_LOST, most=True) | {"of": SIMULATED}


def calibrated(name: str, rates: tuple[int, int]) -> dict[str, Any]:
    accused = sum(
        rejected(fairness, judged(drawn(np.random.default_rng(seed), [1_000, 1_000], rates, [0, 0])))
        for seed in range(SIMULATED)
    )
    return row(name, accused / SIMULATED, MOST_ACCUSED, most=True, of=SIMULATED)


def drawn(rng: np.random.Generator, sizes: list[int], shifts: Any, bias: list[float]) -> tuple[Array, ...]:
    group = np.repeat(np.arange(len(sizes)), sizes)
    odds = rng.normal(0, 2, len(group)) + np.asarray(shifts)[group]
    truth = (rng.random(len(group)) < 1 / (1 + np.exp(-odds))).astype(int)
    return group, truth, 1 / (1 + np.exp(-(odds + np.array(bias)[group])))


def judged(*parts: tuple[Array, ...]) -> Subject:
    count = 0
    groups = []
    for group, *_ in parts:
        groups.append(group + count)
        count += 2
    group, truth, claimed = (
        np.concatenate(groups),
        *(np.concatenate([part[i] for part in parts]) for i in (1, 2)),
    )
    answers = Predictions((claimed >= 0.5).astype(int), np.column_stack([1 - claimed, claimed]))
    return subject(truth, answers, group)


def rejected(part: ModuleType, one: Subject) -> bool:
    return any(finding.severity in GRAVE for finding in part.examine(one).findings)


# --- healthy models ---

KINDS = ("linear", "forest", "network")


def healthy_tasks() -> Iterator[Task]:
    """Models of real data with groups drawn at random: nothing grave in any part."""
    for data in data_sets():
        yield Task(f"healthy models of {data.name}: rejected", healthy, (data.name, False))
    yield Task("healthy models of images of digits: rejected", healthy, ("digits", True))


def honest(data: Data, kind: str, seed: int) -> Any:
    match kind, is_regression(data):
        case "forest", True:
            return RandomForestRegressor(50, min_samples_leaf=5, random_state=seed)
        case "forest", False:
            return RandomForestClassifier(50, min_samples_leaf=5, random_state=seed)
        case "network", True:
            return MLPRegressor((16,), max_iter=1_000, alpha=10, random_state=seed)
        case "network", False:
            return MLPClassifier((16,), max_iter=300, alpha=10, random_state=seed)
    return None


def healthy_case(data: Data, seed: int, images: bool) -> Subject:
    one = audited(data, np.random.default_rng(seed), honest(data, KINDS[seed % 3], seed))
    return as_images(one) if images else one


def healthy(name: str, which: str, images: bool) -> dict[str, Any]:
    (data,) = (one for one in data_sets() if one.name == which)
    accused, said = 0, dict[str, int]()
    for seed in range(HEALTHY):
        one = healthy_case(data, seed, images)
        parts = [part.__name__.rpartition(".")[2] for part in PARTS if rejected(part, one)]
        accused += bool(parts)
        for part in parts:
            said[part] = said.get(part, 0) + 1
    found = row(name, accused / HEALTHY, MOST_ACCUSED, most=True, of=HEALTHY)
    return found | {"by": said, "cases": [] if images else kept_names("healthy", which)}


# --- planted defects ---


def planted_tasks() -> Iterator[Task]:
    """Each defect in each data set that can have it."""
    for place, defect in enumerate(DEFECTS):
        for data in filter(defect.fits, data_sets()):
            yield Task(f"{defect.name} ({data.name})", planted, (place, data.name))


def case(place: int, which: str, seed: int) -> tuple[Defect, Subject]:
    (data,) = (one for one in data_sets() if one.name == which)
    return DEFECTS[place], DEFECTS[place].plant(data, np.random.default_rng([place, seed]))


def planted(name: str, place: int, which: str) -> dict[str, Any]:
    found = by_peer = 0
    for seed in range(TIMES):
        defect, one = case(place, which, seed)
        findings = defect.part.examine(one).findings
        found += any(f.severity in GRAVE or (not defect.grave and f.severity != "note") for f in findings)
        if defect.peer and seed < PEER_TIMES:
            by_peer += PEER_OF[defect.peer](one)
    line = row(name, found / TIMES, LEAST_POWER, of=TIMES)
    if defect.peer:
        line["peer"] = f"{defect.peer} {by_peer} of {PEER_TIMES}"
    return line | {"cases": names_of(place, defect, which)}


# --- other tools ---


def kept_names(kind: str, which: str) -> list[str]:
    return [f"{kind}-{which}-{seed}" for seed in range(PEER_TIMES)]


def names_of(place: int, defect: Defect, which: str) -> list[str]:
    names = kept_names(str(place), which) if defect.deepchecks else []
    return names[:1] if SLOW_CHECK in defect.deepchecks else names


def keep_cases() -> None:
    """The cases for deepchecks: the first of each defect, and of the healthy models."""
    for data in data_sets():
        for seed, name in enumerate(kept_names("healthy", data.name)):
            keep(healthy_case(data, seed, images=False), name, CHECKS)
    for place, defect in enumerate(DEFECTS):
        for data in filter(defect.fits, data_sets()):
            for seed, name in enumerate(names_of(place, defect, data.name)):
                keep(case(place, data.name, seed)[1], name, defect.deepchecks)


def with_deepchecks(rows: list[dict[str, Any]], said: dict[str, bool]) -> None:
    for one in rows:
        names = one.pop("cases", [])
        if names:
            one["deepchecks"] = f"{sum(said[name] for name in names)} of {len(names)}"


def figures() -> Iterator[dict[str, Any]]:
    """Adult by sex, beside fairlearn."""
    data = adult()
    known, held = data.split(np.random.default_rng(3), len(data.rows))
    labels = (
        LogisticRegression(max_iter=500).fit(data.rows[known], data.truth[known]).predict(data.rows[held])
    )
    codes, truth = data.groups["sex"][held], data.truth[held]
    without_pictures()
    one = subject(truth, Predictions(labels=labels), codes)
    found = {measure.name: measure.value for measure in fairness.examine(one).measures}
    for name, theirs in (
        ("demographic parity difference", fl.demographic_parity_difference),
        ("equalised odds difference", fl.equalized_odds_difference),
        ("impact ratio", fl.demographic_parity_ratio),
    ):
        gap = abs(found[name] - theirs(truth, labels, sensitive_features=codes))
        yield row(f"adult by sex: {name} {found[name]:.4f}, away from fairlearn's by", gap, 1e-9, most=True)


def row(name: str, value: float, aim: float | None, *, most: bool = False, of: int = 0) -> dict[str, Any]:
    """A line of the table; *most*: the aim is not to be exceeded. A share *of* runs has an interval."""
    ok = aim is None or (value <= aim if most else value >= aim)
    ends = wilson(round(value * of), of) if of else None
    interval = f"{ends.low:.3f} to {ends.high:.3f}" if ends else ""
    return {
        "name": name, "value": round(float(value), 4), "interval": interval, "aim": aim, "ok": bool(ok),
        "deepchecks": "", "peer": "", "of": of,
    }  # fmt: skip


def without_pictures() -> None:
    """Drawing takes most of the time, and nobody looks."""
    for part, names in (
        (performance, ("_confusion", "_curves", "_residuals")), (calibration, ("_reliability",)),
        (privacy, ("_plot",)), (fairness, ("by_group",)), (robustness, ("_noise_plot",)),
        (explainability, ("_overlays", "_deletion_plot")),
    ):  # fmt: skip
        for name in names:
            setattr(part, name, lambda *given: None)


if __name__ == "__main__":
    main()
