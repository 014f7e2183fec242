"""Derived models beside few rows alone, and the likeness of models' constants."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from watermark_parties import Parties, accuracy, of_file, trained
from watermark_survival import pruned

from assay_learning import composing, deriving, likeness, students
from assay_learning.rows import Rows


def derived(each: Parties, quick: bool) -> Iterator[dict[str, Any]]:
    """A licensed teacher and 5 % of a thief's share of labels, beside those labels alone; mean of runs."""
    kinds: tuple[students.Kind, ...] = ("forest",) if quick else ("forest", "network")
    for kind in kinds:
        teacher = trained(kind, each.owner)
        runs = []
        for seed in range(2 if quick else 3):
            kept, rest = each.thief.split(0.7, seed)
            more = Rows(rest.x, np.empty(0, np.int64), np.empty(0), ("x",), None)
            asked = deriving.queries(kept, more, seed)
            soft = teacher.probabilities(asked)
            soft[: len(kept.x)] = (soft[: len(kept.x)] + kept.one_hot) / 2
            student = students.train(kind, asked, soft, kept.classes, seed)
            alone = trained(kind, kept, seed)
            runs.append([accuracy(one.probabilities, each.held) for one in (alone, student)])
        yield beside(each, f"distilled {kind}", len(kept.x), runs, accuracy(teacher.probabilities, each.held))


def fine_tuned(each: Parties, quick: bool) -> Iterator[dict[str, Any]]:
    """A teacher of the owner's rows, brought to rows that are measured otherwise: noisier, another scale."""
    if quick:
        return
    noise = np.random.default_rng(4)

    def moved(rows: Rows) -> Rows:
        x = 0.7 * rows.x + 0.3 + noise.normal(0, 0.4, rows.x.shape)
        return Rows(x.astype(np.float32), rows.labels, rows.classes, rows.names, rows.target)

    held, runs = moved(each.held), []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "teacher.onnx"
        path.write_bytes(trained("network", each.owner).to_onnx())
        before = accuracy(of_file(path.read_bytes()), held)
        for seed in range(3):
            kept, _ = each.thief.split(0.7, seed)
            few = moved(kept)
            tuned = deriving.fine_tune(path, few, "probabilities", seed)
            alone = trained("network", few, seed)
            runs.append([accuracy(alone.probabilities, held), accuracy(of_file(tuned.model), held)])
    yield beside(each, "fine-tuned network", len(kept.x), runs, before)


def beside(each: Parties, how: str, rows: int, runs: list[list[float]], teacher: float) -> dict[str, Any]:
    alone, made = np.mean(runs, axis=0)
    return {
        "data": each.name,
        "how": how,
        "rows": rows,
        "teacher": teacher,
        "alone": float(alone),
        "derived": float(made),
        "ratio": float((1 - alone) / max(1e-9, 1 - made)),
    }


# --- likeness ------------------------------------------------------------------------------------------


def likenesses(each: Parties, quick: bool) -> Iterator[dict[str, Any]]:
    for kind in ("forest",) if quick else ("forest", "boosting", "network"):
        seeds = range(2 if quick else 4)
        ours = [onnx.ModelProto.FromString(trained(kind, each.owner, s).to_onnx()) for s in seeds]
        theirs = [onnx.ModelProto.FromString(trained(kind, each.thief, s + 9).to_onnx()) for s in seeds]
        apart = [likeness.compare(a, b).score for a in ours for b in theirs]
        same_rows = [likeness.compare(a, b).score for a, b in pairwise(ours)]
        if kind == "network":
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "model.onnx"
                path.write_bytes(ours[0].SerializeToString())
                tuned = deriving.fine_tune(path, each.thief, "probabilities").model
            copies = [tuned, pruned(ours[0].SerializeToString(), 0.5)]
        else:
            copies = [composed(ours[0], theirs[0])]
        made = [likeness.compare(ours[0], onnx.ModelProto.FromString(one)).score for one in copies]
        yield {
            "data": each.name,
            "model": kind,
            "apart": max(apart),
            "same_rows": max(same_rows),
            "derived": min(made),
            "accused_apart": f"{sum(one >= likeness.ALIKE for one in apart)} of {len(apart)}",
            "accused_same_rows": f"{sum(one >= likeness.ALIKE for one in same_rows)} of {len(same_rows)}",
        }


def composed(one: onnx.ModelProto, other: onnx.ModelProto) -> bytes:
    """An ensemble that hides a model beside another."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("one.onnx", "other.onnx")]
        for path, model in zip(paths, (one, other), strict=True):
            path.write_bytes(model.SerializeToString())
        return composing.ensemble(paths)
