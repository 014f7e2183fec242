"""Sums and their logarithms: which take rounding errors, and how large these are."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from assay_validation.batches import ERRORS
from assay_validation.jobs.predict import load
from assay_validation.jobs.rounding import take_errors
from assay_validation.jobs.taking_apart import take_apart

TYPES = {
    np.dtype(np.float32): TensorProto.FLOAT,
    np.dtype(np.float64): TensorProto.DOUBLE,
    np.dtype(np.float16): TensorProto.FLOAT16,
}
AXES_ARE_INPUTS = {"ReduceSum": 13}
"""From operator set 18 for all others."""


def graph(kind, rows, opset, axes=None, **attributes):
    inputs, constants = ["x"], []
    if axes is not None and opset >= AXES_ARE_INPUTS.get(kind, 18):
        inputs.append("axes")
        constants = [numpy_helper.from_array(np.array(axes, np.int64), "axes")]
    elif axes is not None:
        attributes["axes"] = axes
    made = helper.make_graph(
        [helper.make_node(kind, inputs, ["y"], **attributes)],
        "g",
        [helper.make_tensor_value_info("x", TYPES[rows.dtype], [None] * rows.ndim)],
        [helper.make_tensor_value_info("y", TYPES[rows.dtype], None)],
        constants,
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def run(model, folder, **feed):
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return load(os.open(path, os.O_RDONLY), list(feed), ["y"]).run(["y"], feed)[0]


def with_errors(model, folder, rows, seeds=(0, 1, 2, 3)):
    """What *model* answers with errors of several draws."""
    take_apart(model)
    name = take_errors(model)
    if not name:
        return [run(model, folder, x=rows)] * len(seeds)
    return [
        run(model, folder, x=rows, **{name: np.random.default_rng(seed).uniform(-1, 1, ERRORS)})
        for seed in seeds
    ]


REDUCTIONS = [([1], 1), ([1], 0), ([0, 2], 0), (None, 1), (None, 0)]


@pytest.mark.parametrize("kind", ["ReduceLogSumExp", "ReduceLogSum"])
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("opset", [7, 10, 11, 13, 18, 21])
def test_logarithms_of_sums_stay_what_they_are(kind, dtype, opset, tmp_path):
    random = np.random.default_rng(opset)
    rows = (np.abs(random.normal(size=(4, 5, 6))) * 5 + 0.1).astype(dtype)
    for axes, kept in REDUCTIONS:
        fused = graph(kind, rows, opset, axes, keepdims=kept)
        expected = run(fused, tmp_path, x=rows)
        near = 1e-2 if dtype == np.float16 else 5e-6
        for found in with_errors(fused, tmp_path, rows, [0]):
            assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
            assert np.allclose(found, expected, rtol=near, atol=near)


@pytest.mark.parametrize("opset", [7, 9, 11, 13, 21])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_log_softmax_stays_what_it_is(opset, axis, tmp_path):
    """Before operator set 13, it takes all axes from the given one on together."""
    rows = np.random.default_rng(axis).normal(size=(4, 5, 6)).astype(np.float32) * 9
    fused = graph("LogSoftmax", rows, opset, axis=axis)
    expected = run(fused, tmp_path, x=rows)
    assert np.allclose(with_errors(fused, tmp_path, rows, [0])[0], expected, rtol=5e-6, atol=5e-6)


def test_what_is_masked_stays_masked(tmp_path):
    rows = np.array([[-np.inf, 1, -np.inf], [-np.inf] * 3], np.float32)
    (found,) = with_errors(graph("ReduceLogSumExp", rows, 17, [1], keepdims=0), tmp_path, rows, [0])
    assert found[0] == pytest.approx(1)
    assert found[1] == -np.inf


@settings(max_examples=20, deadline=None)
@given(size=st.floats(10, 60_000), seed=st.integers(0, 2**32 - 1))
def test_the_errors_of_a_large_logarithm_are_no_part_of_it(size, seed, tmp_path_factory):
    """Scores of long texts by naive Bayes are large, and their differences are what counts."""
    rows = (size + np.random.default_rng(seed).normal(size=(9, 4)) * 3).astype(np.float32)
    drawn = with_errors(
        graph("ReduceLogSumExp", rows, 17, [1]), tmp_path_factory.mktemp("m"), rows, [seed, seed + 1]
    )
    steps = np.abs(np.diff(drawn, axis=0)) / np.spacing(np.abs(rows).max())
    assert steps.max() <= 1 + 6e-6 / np.spacing(np.abs(rows).max())


def test_a_logarithm_close_to_nothing_takes_errors(tmp_path):
    """ln(1 + e⁻¹⁵) hangs on how 1 + e⁻¹⁵ is rounded."""
    rows = np.concatenate([np.zeros((99, 1)), -np.linspace(14.5, 15, 99)[:, None]], axis=1).astype(np.float32)
    drawn = with_errors(graph("LogSoftmax", rows, 17, axis=1), tmp_path, rows)
    assert (np.ptp(drawn, axis=0)[:, 0] > 0).mean() > 0.5


WHOLE = {
    # name: numbers [n] of which a sum is exact, and such as round
    "ReduceSum": (np.full(65, 250_000), np.arange(200_000) % 256),
    "ReduceL1": (np.full(65, 250_000), np.arange(200_000) % 256),
    "ReduceMean": (np.full(65, 250_000), np.arange(200_000) % 256),
    "ReduceSumSquare": (np.arange(100), np.arange(1_000)),
    "ReduceL2": (np.arange(100), np.arange(1_000)),
    "ReduceProd": (np.array([0, 1, 1, -1]), np.arange(201, 209)),
    "ReduceLogSum": (None, np.arange(9)),
    "LpNormalization": (None, np.arange(9)),
    "MeanVarianceNormalization": (None, np.arange(9)),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_sums_of_whole_numbers_take_errors_where_they_round(kind, tmp_path):
    """A processor that adds sixteen at a time rounds other sums than one that adds four."""
    for numbers, exact in zip(WHOLE[kind], (True, False), strict=True):
        if numbers is None:
            continue
        rows = np.stack([numbers] * 3).astype(np.float32)
        axes = {"LpNormalization": None, "MeanVarianceNormalization": [0]}.get(kind, [1])
        drawn = with_errors(graph(kind, rows, 17, axes), tmp_path, rows)
        assert exact == all(np.array_equal(drawn[0], one) for one in drawn)


@pytest.mark.parametrize("kind", ["AveragePool", "GlobalAveragePool"])
@pytest.mark.parametrize("largest", [255, 2**20])
def test_means_of_whole_pixels_take_errors_where_they_round(kind, largest, tmp_path):
    images = np.random.default_rng(0).integers(0, largest, (2, 3, 20, 20)).astype(np.float32)
    more = {"kernel_shape": [5, 5]} if kind == "AveragePool" else {}
    drawn = with_errors(graph(kind, images, 17, **more), tmp_path, images)
    assert (largest == 255) == all(np.array_equal(drawn[0], one) for one in drawn)


@pytest.mark.parametrize("kind", ["MatMul", "Gemm", "Conv"])
def test_long_sums_take_larger_errors(kind, tmp_path):
    """Processors add in other orders, and are off by more where more is added."""
    random = np.random.default_rng(0)
    spread = []
    for length in (16, 16_384):
        shape = (1, length) if kind != "Conv" else (1, length, 1, 1)
        rows, weights = (random.random(shape).astype(np.float32) + 0.5 for _ in "xw")
        weights = weights if kind == "Conv" else weights.reshape(length, 1)
        made = helper.make_graph(
            [helper.make_node(kind, ["x", "w"], ["y"])],
            "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
            [numpy_helper.from_array(weights, "w")],
        )
        model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        drawn = with_errors(model, tmp_path, rows, range(16))
        spread.append(np.std(drawn) / np.mean(drawn))
    rounding = 2.0**-25 * np.sqrt([16, 16_384])
    assert (spread > rounding).all()
    assert (spread < 40 * rounding).all()
