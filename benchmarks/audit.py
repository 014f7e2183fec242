"""What audits find and whom they accuse: planted defects, healthy models, and the power of comparing groups.

Models are scikit-learn's on real data sets and are asked directly, without the jail. No threshold of audits
was chosen by the seeds used here, nor by any model of four of the nine tables and images
(`audit_data.HELD_OUT`) and of one of the four sets of texts (`audit_texts.HELD_OUT`). The
same cases are given to fairlearn, to the Adversarial Robustness Toolbox and to deepchecks; why not to giskard
is in `docs/audits.md`. Each share has its Wilson interval.
"""

import argparse
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from report import publish
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))  # what parts are given

import audit_texts
import numpy as np
from audit_cases import as_images, audited, images, is_regression
from audit_costs import costs
from audit_data import HELD_OUT as HELD_OUT_DATA
from audit_data import Data, data_sets
from audit_defects import DEFECTS, PARTS, Defect
from audit_groups import BASES, BIAS, SHARES, SIZES, biased_pair, calibrated, figures
from audit_peers import CASES, art_objects, fairlearn_objects, keep, start_deepchecks, verdicts
from audit_rounds import Done, Task, taken
from audit_text_defects import TEXT_DEFECTS

from assay_validation.audit import calibration, explainability, fairness, performance, privacy, robustness
from assay_validation.audit.intervals import wilson
from assay_validation.audit.subject import Subject
from assay_validation.audit.thresholds import GRAVE

COLUMNS = {
    "name": "what", "value": "ours", "unit": "unit", "interval": "95 %", "aim": "aim", "ok": "ok",
    "deepchecks": "deepchecks", "peer": "fairlearn or ART", "of": "of", "where": "where not, or by what",
}  # fmt: skip
ROUNDS, ROUNDS_OF_DEFECTS, SIMULATED_A_ROUND = 12, 8, 25
"""Each round takes a new seed for every case."""
FIRST_SEED = 1_000
MOST_LOST, MOST_ACCUSED = 0.05, 0.05
MOST_SECONDS, MOST_MEMORY, WHOLE = 30, 700, 15
TO_END = 1.5
"""Minutes that cases take that were begun in time, deepchecks' last one included."""
SLOW_CHECK = "WeakSegmentsPerformance"
"""Half a minute for each case: it is asked about one of each defect, and not about healthy models."""
CHECKS = tuple(sorted({check for defect in DEFECTS for check in defect.deepchecks} - {SLOW_CHECK}))
PEERS = {"fairlearn": fairlearn_objects, "art": art_objects}
KINDS = ("linear", "forest", "network")
PICTURE_KINDS = ("linear", "network")
"""A forest that reads single pixels is not robust: noise of 5 % costs it ten points in MNIST."""
TABLES, PICTURES, TEXTS = (f"healthy models of {kind}" for kind in ("tables", "images", "texts"))
PLANTED = (*DEFECTS, *TEXT_DEFECTS)
HELD_OUT = (*HELD_OUT_DATA, *audit_texts.HELD_OUT)

Row = dict[str, Any]


def main() -> None:
    """Take as many rounds as there is time for; each share says how many cases it is of."""
    parser = argparse.ArgumentParser()
    left = "What is left of a quarter of an hour after the audits whose cost is measured, by default."
    parser.add_argument("--minutes", type=float, help=f"How long new cases are begun. {left}")
    minutes = parser.parse_args().minutes
    started = time.monotonic()
    spent = list(cost_rows())  # before anything else runs
    shutil.rmtree(CASES, ignore_errors=True)
    without_pictures()
    keep_cases()
    audit_texts.text_sets()  # once, and not in each process
    until = started + 60 * (WHOLE - TO_END) if minutes is None else time.monotonic() + 60 * minutes
    running = start_deepchecks(max(0.0, until - time.monotonic()))
    done = taken(tasks, ROUNDS, until)
    said = verdicts(running)
    rows = [*planted_rows(done, said), *healthy_rows(done, said), *group_rows(done), *figure_rows(), *spent]
    rows.append(row("whole benchmark", (time.monotonic() - started) / 60, WHOLE, most=True, unit="minutes"))
    publish("audit", "Audits: power, false alarms and figures", COLUMNS, rows)
    if not all(one["ok"] for one in rows):
        raise SystemExit(1)


def tasks(turn: int) -> Iterator[Task]:
    if turn < ROUNDS_OF_DEFECTS:
        yield from planted_tasks()
    yield from healthy_tasks()
    yield from group_tasks()


def named(which: str) -> Any:
    (data,) = (one for one in (*data_sets(), *audit_texts.text_sets()) if one.name == which)
    return data


def rejected(part: ModuleType, one: Subject) -> bool:
    return any(finding.severity in GRAVE for finding in part.examine(one).findings)


# --- planted defects ---


def planted_tasks() -> Iterator[Task]:
    """Each defect in each data set that can have it."""
    for place, defect in enumerate(PLANTED):
        sets: Any = data_sets() if defect in DEFECTS else audit_texts.text_sets()
        for data in filter(defect.fits, sets):
            yield Task(defect.name, data.name, planted, (place, data.name))


def case(place: int, which: str, seed: int) -> Subject:
    return PLANTED[place].plant(named(which), np.random.default_rng([place, FIRST_SEED + seed]))


def planted(place: int, which: str, turn: int) -> Done:
    defect, one = PLANTED[place], case(place, which, turn)
    findings = defect.part.examine(one).findings
    found = any(f.severity in GRAVE or (not defect.grave and f.severity != "note") for f in findings)
    if defect.peer and not turn:
        return Done(hits=int(found), of=1, peer_hits=int(PEERS[defect.peer](one)), peer_of=1)
    return Done(hits=int(found), of=1)


def planted_rows(done: list[Done], said: dict[str, bool]) -> Iterator[Row]:
    """A row of each defect for the data sets of which seeds alone are new, and one for those held out."""
    for place, defect in enumerate(PLANTED):
        mine = [one for one in done if one.task and one.task.kind == defect.name]
        for title, held in (("other seeds", False), ("held-out data", True)):
            some = [one for one in mine if one.task and (one.task.data in HELD_OUT) is held]
            if not some:
                continue
            found = pooled(f"{defect.name}: found, {title}", some, defect.least)
            found["where"] = ", ".join(
                f"{one.task.data} {one.hits} of {one.of}" for one in some if one.task and one.hits < one.of
            )
            names = [n for one in some if one.task for n in kept_names(place, defect, named(one.task.data))]
            yield found | {"deepchecks": counted(names, said), "peer": by_peer(defect, some)}


def pooled(name: str, some: list[Done], aim: float | None, *, most: bool = False) -> Row:
    of = sum(one.of for one in some)
    return row(name, sum(one.hits for one in some) / of, aim, most=most, of=of)


def by_peer(defect: Defect, some: list[Done]) -> str:
    of = sum(one.peer_of for one in some)
    return f"{defect.peer} {sum(one.peer_hits for one in some)} of {of}" if of else ""


# --- healthy models ---


def healthy_tasks() -> Iterator[Task]:
    """Models of real data with groups drawn at random: nothing grave in any part."""
    for data in data_sets():
        yield Task(TABLES, data.name, healthy, (data.name, False))
        if images(data):
            yield Task(PICTURES, data.name, healthy, (data.name, True))
    for texts in audit_texts.text_sets():
        yield Task(TEXTS, texts.name, healthy, (texts.name, False))


def honest(data: Data, kind: str, seed: int) -> Any:
    match kind, is_regression(data):
        case "forest", True:
            return RandomForestRegressor(50, min_samples_leaf=5, random_state=seed)
        case "forest", False:
            return RandomForestClassifier(50, min_samples_leaf=5, random_state=seed)
        case "network", True:
            network = MLPRegressor(hidden_layer_sizes=(16,), max_iter=1_000, alpha=10, random_state=seed)
            return TransformedTargetRegressor(network, transformer=StandardScaler())
        case "network", False:
            return MLPClassifier((16,), max_iter=300, alpha=10, random_state=seed)
    return None


def kind_of(data: Data | audit_texts.Texts, seed: int, *, pictures: bool) -> str:
    """The kind of model that is audited; it changes with the seed."""
    kinds = PICTURE_KINDS if pictures else KINDS if isinstance(data, Data) else audit_texts.KINDS
    return kinds[seed % len(kinds)]


def healthy_case(data: Data, seed: int, *, pictures: bool) -> Subject:
    model = honest(data, kind_of(data, seed, pictures=pictures), seed)
    one = audited(data, np.random.default_rng(FIRST_SEED + seed), model)
    return as_images(one, data.side) if pictures else one


def healthy(which: str, pictures: bool, turn: int) -> Done:
    data = named(which)
    kind = kind_of(data, turn, pictures=pictures)
    if isinstance(data, Data):
        one = healthy_case(data, turn, pictures=pictures)
    else:
        one = audit_texts.healthy_case(data, FIRST_SEED + turn, kind)
    parts = [part.__name__.rpartition(".")[2] for part in PARTS if rejected(part, one)]
    return Done(hits=int(bool(parts)), of=1, by=Counter(f"{part} ({kind})" for part in parts))


def healthy_rows(done: list[Done], said: dict[str, bool]) -> Iterator[Row]:
    """A row for each data set, and the judged ones for all tables, all images and all texts."""
    mine = [one for one in done if one.task and one.task.measure is healthy]
    for one in mine:
        assert one.task is not None
        found = pooled(f"{one.task}: rejected", [one], None)
        found["where"] = ", ".join(f"{part} {times}" for part, times in one.by.items())
        yield found | {"deepchecks": counted([healthy_name(one.task.data)], said)}
    for kind in (TABLES, PICTURES, TEXTS):
        for title, held in (("other seeds", False), ("held-out data", True)):
            some = [
                one
                for one in mine
                if one.task and one.task.kind == kind and (one.task.data in HELD_OUT) is held
            ]
            if some:
                yield pooled(f"all {kind}, {title}: rejected", some, MOST_ACCUSED, most=True)


# --- groups ---


def group_tasks() -> Iterator[Task]:
    for size in SIZES:
        for share in SHARES:
            for base in BASES:
                beside = f"beside a group of {share:.0%} (base rate {base:+d})"
                yield Task(
                    f"bias of ±{BIAS}, two groups of {size}, {beside}", "", biased, (size, share, base)
                )
    for rates in ((0, 0), (1, -1)):
        yield Task(f"calibrated, base rates moved by {rates[0]} and {rates[1]}", "", unbiased, (rates,))


def biased(size: int, share: float, base: int, turn: int) -> Done:
    alone, beside = biased_pair(size, share, base, turn, SIMULATED_A_ROUND)
    return Done(hits=beside, of=SIMULATED_A_ROUND, peer_hits=alone)


def unbiased(rates: tuple[int, int], turn: int) -> Done:
    return Done(hits=calibrated(rates, turn, SIMULATED_A_ROUND), of=SIMULATED_A_ROUND)


def group_rows(done: list[Done]) -> Iterator[Row]:
    for one in done:
        if one.task and one.task.measure is biased:
            lost = (one.peer_hits - one.hits) / one.of
            found = row(f"{one.task}: power lost", lost, MOST_LOST, most=True) | {"of": one.of}
            yield found | {
                "where": f"found alone {one.peer_hits / one.of:.0%}, beside it {one.hits / one.of:.0%}"
            }
        elif one.task and one.task.measure is unbiased:
            yield pooled(f"{one.task}: rejected", [one], MOST_ACCUSED, most=True)


def figure_rows() -> Iterator[Row]:
    for name, ours, theirs in figures():
        yield row(
            f"adult by sex: {name} {ours:.4f}, away from fairlearn's by", abs(ours - theirs), 1e-9, most=True
        )


def cost_rows() -> Iterator[Row]:
    for one in costs():
        took = f"{one.seconds:.0f} s on this machine, with whatever else ran"
        yield row(f"full audit, {one.name}", one.processor, MOST_SECONDS, most=True, unit="CPU s") | {
            "where": took
        }
        shared = f"{one.resident:.0f} MB if pages that processes share are counted in each"
        yield row(f"full audit, {one.name}", one.proportional, MOST_MEMORY, most=True, unit="MB") | {
            "where": shared
        }


# --- deepchecks ---


def kept_names(place: int, defect: Defect, data: Any) -> list[str]:
    """The first case of a defect in a data set; of a slow check, in the first data set only."""
    slow = SLOW_CHECK in defect.deepchecks and data is not next(filter(defect.fits, data_sets()))
    return [f"{place}-{data.name}"] if defect.deepchecks and not slow else []


def healthy_name(which: str) -> str:
    return f"healthy-{which}"


def keep_cases() -> None:
    for data in data_sets():
        keep(healthy_case(data, 0, pictures=False), healthy_name(data.name), CHECKS)
        for place, defect in enumerate(DEFECTS):
            for name in kept_names(place, defect, data) if defect.fits(data) else []:
                keep(case(place, data.name, 0), name, defect.deepchecks)


def counted(names: list[str], said: dict[str, bool]) -> str:
    """Of those that it has come to."""
    judged = [said[name] for name in names if name in said]
    return f"{sum(judged)} of {len(judged)}" if judged else ""


def row(
    name: str, value: float, aim: float | None, *, most: bool = False, of: int = 0, unit: str = "share"
) -> Row:
    """A line of the table; *most*: the aim is not to be exceeded. A share *of* runs has an interval."""
    ok = aim is None or (value <= aim if most else value >= aim)
    ends = wilson(round(value * of), of) if of else None
    return {
        "name": name, "value": round(float(value), 4), "unit": unit, "aim": aim, "ok": bool(ok),
        "interval": f"{ends.low:.3f} to {ends.high:.3f}" if ends else "",
        "deepchecks": "", "peer": "", "of": of, "where": "",
    }  # fmt: skip


def without_pictures() -> None:
    """Drawing takes most of the time, and nobody looks. Processes of the pool inherit it."""
    for part, names in (
        (performance, ("_confusion", "_curves", "_residuals")), (calibration, ("_reliability",)),
        (privacy, ("_plot",)), (fairness, ("by_group",)), (robustness, ("_noise_plot",)),
        (explainability, ("_overlays", "_deletion_plot")),
    ):  # fmt: skip
        for name in names:
            setattr(part, name, lambda *given: None)


if __name__ == "__main__":
    main()
