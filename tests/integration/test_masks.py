"""Segmentation as it is kept: images and masks in one archive, with pixels that do not count; and logits."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jailed_node import NODE
from onnx import TensorProto, helper
from ordered import spec_of
from PIL import Image
from sklearn import metrics as sk
from unjailed import jobs_in_this_process

from assay.errors import InvalidInput
from assay.manifests.evaluation import DataMapping, EvaluationSpec, InputMapping, ReportStatus
from assay.markets.checks import check_data
from assay.markets.order import Order
from assay.markets.order_inputs import Pictures
from assay.markets.order_template import new_order
from assay_validation import tasks

ROWS, HEIGHT, WIDTH = 40, 12, 16
RANDOM = np.random.default_rng(0)
SEA = (
    RANDOM.random((ROWS, 1, 1)) * np.linspace(0.5, 1.5, WIDTH) + RANDOM.normal(0, 0.05, (ROWS, HEIGHT, 1))
    > 0.5
)
SHADES = np.where(SEA, 40, 200) + RANDOM.integers(-20, 20, SEA.shape)
VOID = 255


@pytest.fixture(autouse=True)
def jobs():
    with jobs_in_this_process():
        yield


def png(pixels: Any, mode: str = "L", **options: Any) -> bytes:
    file, image = io.BytesIO(), Image.fromarray(np.asarray(pixels, np.uint8))
    if mode == "P":
        image = Image.frombytes("P", image.size, image.tobytes())
        image.putpalette([channel for place in range(256) for channel in (place, 255 - place, 7)])
    image.save(file, "PNG", **options)
    return file.getvalue()


def archive(path: Path, masks: list[bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        rows = [f"images/{row}.png,masks/{row}.png" for row in range(len(masks))]
        packed.writestr("index.csv", "\n".join(["image,mask", *rows]))
        for row, mask in enumerate(masks):
            packed.writestr(f"images/{row}.png", png(SHADES[row]))
            packed.writestr(f"masks/{row}.png", mask)
    return path


def ordered(data: Path, **options: Any) -> EvaluationSpec:
    options = {"task": "segmentation", "classes": ["land", "sea"], **options}
    document = new_order(data, NODE, domain="healthcare", **options)
    (data.parent / "order.json").write_text(json.dumps(document))
    order = Order.load(data.parent / "order.json")
    assert check_data(order, data, NODE, store=None).reasons == ()  # type: ignore[arg-type]
    return order.evaluation


def dark_is_sea(path: Path, *, ends: str = "label", told: bool = True) -> Path:
    """A model that calls dark pixels sea; it may tell the size of pictures."""
    nodes = [
        helper.make_node("Sub", ["half", "image"], ["logits"]),
        helper.make_node("Greater", ["logits", "zero"], ["sea"]),
        helper.make_node("Cast", ["sea"], ["label"], to=TensorProto.INT64),
    ]
    kinds = {"label": TensorProto.INT64, "logits": TensorProto.FLOAT}
    shape = ["rows", 1, *((HEIGHT, WIDTH) if told else ("height", "width"))]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(ends, kinds[ends], shape)],
        [
            helper.make_tensor(name, TensorProto.FLOAT, [], [value])
            for name, value in (("half", 0.47), ("zero", 0))
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


def score(data: Path, spec: EvaluationSpec, model: Path) -> float:
    report = NODE.evaluate(model, data, spec)
    assert report.status is ReportStatus.ANSWERED, report.log
    return report.score / 1_000_000


def test_a_model_for_pictures_of_any_size_can_be_tried_out(tmp_path):
    spec = ordered(archive(tmp_path / "data.zip", [png(one) for one in SEA]))
    assert NODE.try_out(dark_is_sea(tmp_path / "m.onnx", told=False), spec).reasons == ()


def test_a_class_in_the_middle_may_be_absent(tmp_path):
    """Classes are the values of pixels: none can be taken out of the order without moving those after it."""
    masks = [png(np.where(one == 1, 2, 0).astype(np.uint8)) for one in SEA]
    spec = ordered(archive(tmp_path / "data.zip", masks), classes=["land", "sea", "ice"])
    assert spec.data.classes == ("land", "sea", "ice")


@pytest.mark.parametrize("mode", ["L", "P"])
def test_masks_are_ordered_and_scored(mode, tmp_path):
    data = archive(tmp_path / "data.zip", [png(one, mode) for one in SEA])
    spec = ordered(data)
    assert spec.data.label_files is not None
    assert (spec.data.label, spec.data.label_files.height, spec.data.label_files.width) == (
        "mask",
        HEIGHT,
        WIDTH,
    )
    assert score(data, spec, dark_is_sea(tmp_path / "m.onnx")) == 1
    of_logits = spec.model_dump(mode="json", exclude_defaults=True) | {"output": {"logits": "logits"}}
    logits = EvaluationSpec.model_validate(of_logits)
    assert score(data, logits, dark_is_sea(tmp_path / "l.onnx", ends="logits")) == 1


def test_pixels_that_do_not_count(tmp_path):
    """They are wrong in the masks, and no score shows it."""
    masks = [np.where(np.arange(WIDTH) < 4, VOID, one) for one in SEA]
    data = archive(tmp_path / "data.zip", [png(one) for one in masks])
    with pytest.raises(InvalidInput, match=r'"mask" hold 255, first in row 1, .* are 0 to 1; .* void'):
        ordered(data)
    spec = ordered(data, void=VOID)
    assert spec.data.void == VOID
    assert score(data, spec, dark_is_sea(tmp_path / "m.onnx")) == 1


def test_the_guides_masks_and_images_can_be_declared():
    guide = Path(__file__).parents[2] / "docs" / "guides" / "customer.md"
    found = [json.loads(one) for one in re.findall(r"```json\n(.*?)\n```", guide.read_text(), re.DOTALL)]
    (mask,) = (one for one in found if "label_files" in one)
    (image,) = (one for one in found if "files" in one)
    fields = {"name": "X", "columns": ("x",), **image}
    DataMapping.model_validate(
        {"format": "archive", "inputs": (InputMapping.model_validate(fields),), **mask}
    )


FAULTS = {
    "another size": (lambda: png(SEA[0][1:]), "another size"),
    "colours": (lambda: png(np.zeros((HEIGHT, WIDTH, 3))), "other channels"),
    "a class that there is not": (lambda: png(SEA[0] + 1), '"mask" hold 2, first in row 31'),
    "no image": (lambda: b"no image", "cannot be read"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_masks_that_are_none(kind, tmp_path):
    make, says = FAULTS[kind]
    data = archive(tmp_path / "data.zip", [png(one) for one in SEA[:30]] + [make()] * 3)
    with pytest.raises(InvalidInput, match=says):
        ordered(data)


def test_a_mask_that_is_missing(tmp_path):
    data = archive(tmp_path / "data.zip", [png(one) for one in SEA[:30]])
    with zipfile.ZipFile(data) as whole, zipfile.ZipFile(tmp_path / "less.zip", "w") as less:
        for name in whole.namelist():
            if name != "masks/25.png":
                less.writestr(name, whole.read(name))
    with pytest.raises(
        InvalidInput, match='lacks the files that the column "mask" names in 1 row, first in row 26'
    ):
        ordered(tmp_path / "less.zip")


def test_photographs_that_are_to_be_turned(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 3
    masks = [png(one) for one in SEA]
    data = archive(tmp_path / "data.zip", masks)
    with zipfile.ZipFile(data, "a") as packed:
        packed.writestr("images/turned.png", png(SHADES[0][::-1, ::-1], exif=exif))
    content = data.read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as whole, zipfile.ZipFile(data, "w") as again:
        for name in whole.namelist():
            index = whole.read(name).replace(b"images/0.png", b"images/turned.png")
            again.writestr(name, index if name == "index.csv" else whole.read(name))
    with pytest.raises(InvalidInput, match="to be turned") as refused:
        ordered(data)
    assert "--upright" in refused.value.hint
    spec = ordered(data, pictures=Pictures(upright=True))
    assert score(data, spec, dark_is_sea(tmp_path / "m.onnx")) == 1


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_no_answer_counts_where_the_truth_is_void(seed):
    random = np.random.default_rng(seed)
    truth = random.integers(-1, 3, (6, 5, 4))
    first = random.integers(0, 3, truth.shape)
    second = np.where(truth < 0, random.integers(0, 3, truth.shape), first)
    counted = truth >= 0
    expected = {
        "accuracy": sk.accuracy_score(truth[counted], first[counted]),
        "mean_iou": sk.jaccard_score(truth[counted], first[counted], average="macro", zero_division=0),
        "dice": sk.f1_score(truth[counted], first[counted], average="macro", zero_division=0),
    }
    for metric, value in expected.items():
        spec = spec_of(metric, "segmentation", output={"labels": "labels"}, data={"void": VOID})
        one, other = (tasks.read(spec, {"labels": labels}, truth) for labels in (first, second))
        assert tasks.measure(spec, truth, one) == pytest.approx(value)
        assert tasks.score(spec, truth, one) == tasks.score(spec, truth, other)
        assert not tasks.TASKS["segmentation"].changes(truth, one, other).any()


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_logits_of_labels_and_maps_are_scored_like_their_probabilities(seed):
    random = np.random.default_rng(seed)
    logits = random.normal(size=(24, 3))
    marks = random.integers(0, 2, logits.shape)
    marks[:2] = [[0, 0, 0], [1, 1, 1]]
    maps, pixels = random.integers(0, 3, (4, 5, 6)), random.normal(size=(4, 3, 5, 6))
    softmax = np.exp(pixels) / np.exp(pixels).sum(axis=1, keepdims=True)
    for metric, task, truth, given_logits, probabilities in (
        ("auroc", "multilabel", marks, logits, 1 / (1 + np.exp(-logits))),
        ("micro_f1", "multilabel", marks, logits, 1 / (1 + np.exp(-logits))),
        ("mean_iou", "segmentation", maps, pixels, softmax),
    ):
        found = []
        for name, answers in (("logits", given_logits), ("probabilities", probabilities)):
            spec = spec_of(metric, task, output={name: name})
            found.append(tasks.score(spec, truth, tasks.read(spec, {name: answers}, truth)))
        assert found[0] == found[1]
