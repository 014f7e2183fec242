"""Sums that overflow midway: infinite in any order of their terms, or in none."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from assay_validation.batches import ERRORS
from assay_validation.contributed import DOMAIN
from assay_validation.jobs.predict import load
from assay_validation.jobs.rounding import take_errors

F, LARGEST = np.float32, np.finfo(np.float32).max
KINDS = {np.dtype(F): TensorProto.FLOAT, np.dtype(np.float64): TensorProto.DOUBLE}


def model_of(node, fed, constants):
    kind = KINDS[next(iter(fed.values())).dtype]
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info(name, kind, one.shape) for name, one in fed.items()],
        [helper.make_tensor_value_info("y", kind, None)],
        [numpy_helper.from_array(np.asarray(one), name) for name, one in constants.items()],
    )
    own, ml, theirs = (helper.make_opsetid(name, n) for name, n in (("", 17), ("ai.onnx.ml", 3), (DOMAIN, 1)))
    return helper.make_model(graph, opset_imports=[own, ml, theirs], ir_version=8)


def run(model, feed, folder):
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return load(os.open(path, os.O_RDONLY), list(feed), ["y"]).run(["y"], feed)[0]


def bounded(node, fed, constants, folder):
    """What is answered without errors, only with the bounds."""
    model = model_of(node, fed, constants)
    errors = take_errors(model)
    return run(model, fed | ({errors: np.zeros(ERRORS)} if errors else {}), folder)


def products(left, right):
    """Sums of products of *left* and *right*, [n], in several ways: node, what is fed, constants."""
    row, column, n = left[None, :], right[:, None], len(left)
    picture, filters = left.reshape(1, n, 1, 1), right.reshape(1, n, 1, 1)
    node = helper.make_node
    return {
        "of a constant": (node("MatMul", ["a", "b"], ["y"]), {"a": row}, {"b": column}),
        "of two that are fed": (node("MatMul", ["a", "b"], ["y"]), {"a": row, "b": column}, {}),
        "of constants alone": (node("MatMul", ["a", "b"], ["y"]), {"none": row}, {"a": row, "b": column}),
        "added to another": (
            node("Gemm", ["a", "b", "c"], ["y"]),
            {"a": row[:, :-1]},
            {"b": column[:-1], "c": (left * right)[-1:, None]},
        ),
        "scaled": (node("Gemm", ["a", "b"], ["y"], alpha=2.0**9), {"a": row / F(2**9)}, {"b": column}),
        "of filters": (node("Conv", ["a", "b"], ["y"]), {"a": picture}, {"b": filters}),
        "by letters": (node("Einsum", ["a", "b"], ["y"], equation="ij,jk->ik"), {"a": row}, {"b": column}),
        "of attributes": (
            node("LinearRegressor", ["a"], ["y"], domain="ai.onnx.ml", coefficients=right.tolist()),
            {"a": row},
            {},
        ),
        "fused": (node("FusedMatMul", ["a", "b"], ["y"], domain=DOMAIN), {"a": row}, {"b": column}),
    }


WAYS = tuple(products(np.ones(4, F), np.ones(4, F)))
FUSED = np.array([1e19, 2e19, 0, 0], F), np.array([-3e19, 2e19, 0, 0], F)
"""-3e38 + 4e38: a processor that rounds products finds infinity."""


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=25, deadline=None)
@given(
    exponents=st.lists(st.integers(-20, 126), min_size=4, max_size=4),
    parts=st.lists(st.floats(0.01, 1), min_size=4, max_size=4),
    signs=st.lists(st.sampled_from([-1, 1]), min_size=4, max_size=4),
    order=st.permutations(range(3)),
)
def test_the_order_of_terms_does_not_decide(way, exponents, parts, signs, order, tmp_path_factory):
    terms = np.array([s * p * 2.0**e for s, p, e in zip(signs, parts, exponents, strict=True)])
    left = np.sqrt(np.abs(terms)).astype(F)
    right = (terms / left.astype(float)).astype(F)
    folder = tmp_path_factory.mktemp("m")
    orders = [[*one, 3] for one in (range(3), order, order[::-1])]
    found = [bounded(*products(left[one], right[one])[way], folder) for one in orders]
    finite = [bool(np.isfinite(one).all()) for one in found]
    assert len(set(finite)) == 1, (way, found)


@pytest.mark.parametrize("way", WAYS)
def test_what_overflows_without_fused_products_is_no_number(way, tmp_path):
    assert not np.isfinite(bounded(*products(*FUSED)[way], tmp_path)).any()


@pytest.mark.parametrize("way", [way for way in WAYS if way != "of constants alone"])  # another kernel
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), exponent=st.integers(-100, 40))
def test_other_numbers_do_not_change_by_a_bit(way, seed, exponent, tmp_path_factory):
    random, folder = np.random.default_rng(seed), tmp_path_factory.mktemp("m")
    left = (random.normal(size=4) * 2.0**exponent).astype(F)
    node, fed, constants = products(left, random.normal(size=4).astype(F))[way]
    plain = run(model_of(node, fed, constants), fed, folder)
    assert np.array_equal(bounded(node, fed, constants, folder), plain)


@pytest.mark.parametrize("kind", ["ReduceSum", "ReduceMean", "ReduceL1", "CumSum", "AveragePool"])
def test_long_sums(kind, tmp_path):
    rows = np.array([3e38, 3e38, -3e38, -3e38], F).reshape(1, 1, 1, 4)
    axis = {"ReduceSum": [3], "CumSum": 3}.get(kind)
    constants = {} if axis is None else {"axis": np.array(axis, np.int64)}
    attributes = {"AveragePool": {"kernel_shape": [1, 4]}}.get(kind, {} if constants else {"axes": [3]})
    node = helper.make_node(kind, ["x", *constants], ["y"], **attributes)
    turned = np.ascontiguousarray(rows[..., ::-1])
    sums = [bounded(node, {"x": one}, constants, tmp_path) for one in (rows, turned)]
    assert np.isfinite(sums).all()
    assert np.array_equal(np.abs(sums[0]), np.abs(sums[1]))
    small = rows / F(2**40)
    assert np.array_equal(
        bounded(node, {"x": small}, constants, tmp_path),
        run(model_of(node, {"x": small}, constants), {"x": small}, tmp_path),
    )


def test_squares(tmp_path):
    node = helper.make_node("ReduceSumSquare", ["x"], ["y"], axes=[1])
    assert not np.isfinite(bounded(node, {"x": np.array([[1e19, 1]], F)}, {}, tmp_path)).any()
    assert np.isfinite(bounded(node, {"x": np.array([[1e14, 1]], F)}, {}, tmp_path)).all()


def test_numbers_of_64_bits(tmp_path):
    node = helper.make_node("MatMul", ["a", "b"], ["y"])
    left, right = np.array([[1e155, 2e155]]), np.array([[-1e153], [1e153]])
    turned = {"a": np.ascontiguousarray(left[:, ::-1]), "b": np.ascontiguousarray(right[::-1])}
    found = [bounded(node, fed, {}, tmp_path) for fed in ({"a": left, "b": right}, turned)]
    assert np.isfinite(found).all()
    assert np.array_equal(*found)
    assert np.isfinite(bounded(node, {"a": left / 1e100, "b": right / 1e100}, {}, tmp_path)).all()


@pytest.mark.parametrize("hidden", [-LARGEST, -np.inf, -10_000])
def test_masks_of_the_lowest_number_hide_what_they_hid(hidden, tmp_path):
    """A row whose places are all hidden is shared out evenly, as by the lowest number."""
    random = np.random.default_rng(0)
    fed = {name: random.normal(size=(1, 3, 8)).astype(F) for name in ("q", "k", "v")}
    mask = np.where([[0, 1, 1], [1, 0, 1], [0, 0, 1]], F(0), F(hidden)).reshape(1, 1, 3, 3).astype(F)
    node = helper.make_node(
        "MultiHeadAttention", ["q", "k", "v", "", "", "mask"], ["y"], domain=DOMAIN, num_heads=2
    )
    plain = run(model_of(node, fed, {"mask": mask}), fed, tmp_path)
    assert np.allclose(bounded(node, fed, {"mask": mask}, tmp_path), plain, atol=1e-6)


@pytest.mark.parametrize("fed", [3, 5])
def test_attention_over_what_was_said_before_takes_large_numbers(fed, tmp_path):
    """How many inputs there are does not count, but how many numbers are multiplied."""
    random = np.random.default_rng(1)
    names = ["q", "k", "v", "pk", "pv"][:fed]
    arrays = {name: random.normal(size=(1, 2, 3, 4)).astype(F) * F(1e5) for name in names}
    said = ["said_k", "said_v"] if fed > 3 else []
    node = helper.make_node("Attention", [*names[:3], "", *names[3:]], ["y", *said])
    model = model_of(node, arrays, {})
    model.opset_import[0].version, model.ir_version = 23, 10
    name = take_errors(model)
    assert np.isfinite(run(model, arrays | {name: np.zeros(ERRORS)}, tmp_path)).all()


def test_gaps_stay_gaps(tmp_path):
    node = helper.make_node("MatMul", ["a", "b"], ["y"])
    left = np.array([[np.nan, 1], [1, 1]], F)
    found = bounded(node, {"a": left}, {"b": np.ones((2, 1), F)}, tmp_path)
    assert np.isnan(found[0, 0])
    assert found[1, 0] == 2
