"""Boxes with classes. ``truth`` [rows, boxes, 5]: x1, y1, x2, y2 and the index of the class, -1: no box."""

import contextlib
import io
from typing import Any

import numpy as np

from assay.manifests.evaluation import EvaluationSpec, Metric
from assay.manifests.reason import Code
from assay_validation.errors import JobError
from assay_validation.metrics import Array, Predictions
from assay_validation.predictions import numeric
from assay_validation.tasks.rules import Case, Rules, need

MOST = 100
"""How many boxes of a row are considered: those with the greatest scores, as in COCO."""
MOST_IN_ALL = 1_000_000
_SURE, _SAME = 0.5, 0.9
_FAR = 1e6
"""Corners further away than this, in pixels, are clipped to it."""


def _read(arrays: dict[str, Array], spec: EvaluationSpec, truth: Array, _order: Array | None) -> Predictions:
    rows = len(truth)
    boxes, scores, labels = (numeric(arrays[name]) for name in ("boxes", "scores", "labels"))
    most = scores.size // rows
    if boxes.size != rows * most * 4 or labels.size != scores.size:
        raise JobError("boxes, scores and labels do not fit each other", Code.WRONG_SHAPE)
    boxes = boxes.reshape(rows, most, 4).clip(-_FAR, _FAR)
    scores, labels = scores.reshape(rows, most), labels.reshape(rows, most)
    if not np.isin(labels[scores > 0], np.arange(len(spec.data.classes))).all():
        raise JobError("the model predicts a place of a class that there is not", Code.LABEL_OUTSIDE)
    if (scores > 0).sum() > MOST_IN_ALL:
        raise JobError(f"the model finds more than {MOST_IN_ALL} boxes", Code.WROTE_TOO_MUCH)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :MOST]
    chosen = [np.take_along_axis(one, best, axis=1) for one in (scores, labels)]
    boxes = np.take_along_axis(boxes, best[:, :, None], axis=1)
    return Predictions(labels=chosen[1].astype(np.int64), boxes=boxes, scores=chosen[0])


def _simplest(_spec: EvaluationSpec, truth: Array) -> Predictions:
    """No boxes."""
    rows = len(truth)
    return Predictions(
        np.zeros((rows, 0), np.int64), boxes=np.zeros((rows, 0, 4)), scores=np.zeros((rows, 0))
    )


def _changes(truth: Array, one: Predictions, other: Predictions) -> Array:
    """The share of the boxes that the model is sure of for which the other run has none nearby."""
    rows = range(len(truth))
    return np.array([max(_unmatched(one, other, row), _unmatched(other, one, row)) for row in rows])


def _unmatched(one: Predictions, other: Predictions, row: int) -> float:
    boxes, labels, scores = _row(one, row)
    sure = scores >= _SURE
    if not sure.any():
        return 0.0
    theirs, their_labels, _ = _row(other, row)
    same = (boxes[sure][:, None] == theirs).all(axis=2)  # overlap says nothing about empty boxes
    near = (same | (_overlaps(boxes[sure], theirs) >= _SAME)) & (labels[sure][:, None] == their_labels)
    return float(1 - near.any(axis=1).mean())


def _row(predictions: Predictions, row: int) -> tuple[Array, Array, Array]:
    scores = np.asarray(predictions.scores)[row]
    there = scores > 0
    return (
        np.asarray(predictions.boxes)[row][there],
        np.asarray(predictions.labels)[row][there],
        scores[there],
    )


def _overlaps(ours: Array, theirs: Array) -> Array:
    """Intersection over union of every pair of boxes."""
    low = np.maximum(ours[:, None, :2], theirs[None, :, :2])
    high = np.minimum(ours[:, None, 2:], theirs[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    areas = [np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1) for boxes in (ours, theirs)]
    union = areas[0][:, None] + areas[1] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def _coco_map(case: Case) -> Any:
    return _evaluated(case)[0]


def _coco_map_50(case: Case) -> Any:
    return _evaluated(case)[1]


def _evaluated(case: Case) -> Any:
    """The result of pycocotools for all rows."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    classes = len(case.spec.data.classes)
    truth, found = COCO(), COCO()
    need((case.truth[:, :, 4] >= 0).any(), "box")
    images = [{"id": row} for row in range(len(case.truth))]
    names = [{"id": place} for place in range(classes)]
    truth.dataset = {"images": images, "categories": names, "annotations": list(_true_boxes(case.truth))}
    found.dataset = {
        "images": images,
        "categories": names,
        "annotations": list(_found_boxes(case.predictions)),
    }
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        found.createIndex()
        evaluation = COCOeval(truth, found, "bbox")
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.params.maxDets = [MOST]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, 0]  # by IoU, recall and class; -1 without truth
    known = precision[:, :, (precision > -1).all(axis=(0, 1))]
    return known.mean(), known[0].mean()


def _true_boxes(truth: Array) -> Any:
    for number, (row, place) in enumerate(np.argwhere(truth[:, :, 4] >= 0), start=1):
        *corners, label = truth[row, place]
        yield {"id": number, "image_id": int(row), "category_id": int(label), "iscrowd": 0, **_box(corners)}


def _found_boxes(predictions: Predictions) -> Any:
    scores, boxes, labels = (
        np.asarray(a) for a in (predictions.scores, predictions.boxes, predictions.labels)
    )
    for number, (row, place) in enumerate(np.argwhere(scores > 0), start=1):
        yield {
            "id": number,
            "image_id": int(row),
            "category_id": int(labels[row, place]),
            "iscrowd": 0,
            "score": float(scores[row, place]),
            **_box(boxes[row, place]),
        }


def _box(corners: Any) -> dict[str, Any]:
    """A box as COCO writes it; a box turned inside out is empty."""
    x1, y1, x2, y2 = (float(one) for one in corners)
    width, height = max(0.0, x2 - x1), max(0.0, y2 - y1)
    return {"bbox": [x1, y1, width, height], "area": width * height}


RULES = Rules(
    metrics={Metric.COCO_MAP: _coco_map, Metric.COCO_MAP_50: _coco_map_50},
    read=_read,
    simplest=_simplest,
    changes=_changes,
    told=(Metric.COCO_MAP, Metric.COCO_MAP_50),
)
