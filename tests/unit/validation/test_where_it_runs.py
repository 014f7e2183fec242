"""What a row costs is read off a graph, and what a machine lacks is told by name."""

import numpy as np
import pytest
from onnx import TensorProto, helper
from ordered import spec_of
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPRegressor
from unjailed import jobs_in_this_process

from assay.manifests.evaluation import Criterion, DataMapping, InputMapping, OutputMapping
from assay.manifests.evaluation.target import TARGETS, Target
from assay_validation.evaluation import evaluate
from assay_validation.jobs.costs import costs

RANDOM = np.random.default_rng(0)


def made(nodes, row, constants=(), batch=None, kind=TensorProto.FLOAT):
    fed = [helper.make_tensor_value_info("x", kind, [batch or "rows", *row])]
    told = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    weights = [
        helper.make_tensor(name, TensorProto.FLOAT, shape, np.zeros(int(np.prod(shape)), np.float32))
        for name, shape in dict(constants).items()
    ]
    graph = helper.make_graph(nodes, "g", fed, told, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def node(kind, inputs, output="y", **attributes):
    return helper.make_node(kind, inputs.split(), [output], **attributes)


COSTS = {
    "a matrix": (made([node("MatMul", "x w")], [20], {"w": [20, 30]}), [20], 600, 4 * 50),
    "a matrix turned": (made([node("Gemm", "x w", transB=1)], [20], {"w": [30, 20]}), [20], 600, 4 * 50),
    "a batch of four": (made([node("MatMul", "x w")], [20], {"w": [20, 30]}, 4), [20], 600, 4 * 4 * 50),
    "a convolution": (
        made([node("Conv", "x w", pads=[1, 1, 1, 1])], [3, 8, 8], {"w": [5, 3, 3, 3]}),
        [3, 8, 8],
        5 * 64 * 27,
        4 * 8 * 64,
    ),
    "by groups": (
        made([node("Conv", "x w", group=4)], [4, 8, 8], {"w": [4, 1, 1, 1]}),
        [4, 8, 8],
        4 * 64,
        4 * 8 * 64,
    ),
    "large constants": (made([node("MatMul", "x w")], [2000], {"w": [2000, 3]}), [2000], 6000, 4 * 2003),
    "an equation": (made([node("Einsum", "x w", equation="bi,ij->bj")], [6], {"w": [6, 7]}), [6], 42, 4 * 13),
    "a reshape, and what is needed twice": (
        made([node("Relu", "x", "r"), node("Exp", "r", "e"), node("Add", "r e")], [10]),
        [10],
        30,
        4 * 30,
    ),
}


@pytest.mark.parametrize("what", COSTS)
def test_costs_follow_from_the_shapes(what):
    model, row, operations, memory = COSTS[what]
    assert costs(model, {"x": row}) == {"operations": operations, "memory": memory}


def test_of_what_people_train():
    rows, labels = RANDOM.normal(size=(200, 8)).astype(np.float32), RANDOM.integers(0, 3, 200)
    network = MLPRegressor(hidden_layer_sizes=(16, 4), max_iter=2).fit(rows, rows[:, 0])
    found = costs(to_onnx(network, rows[:1]), {"X": [8]})
    products = 8 * 16 + 16 * 4 + 4
    assert products <= found["operations"] <= products + 3 * (16 + 4 + 1) + 10
    forest = RandomForestClassifier(5).fit(rows, labels)
    found = costs(to_onnx(forest, rows[:1], options={"zipmap": False}), {"X": [8]})
    nodes = sum(tree.tree_.node_count for tree in forest.estimators_)
    assert nodes <= found["operations"] <= nodes + 20
    linear = costs(
        to_onnx(LogisticRegression().fit(rows, labels), rows[:1], options={"zipmap": False}), {"X": [8]}
    )
    assert 24 <= linear["operations"] <= 60


UNTOLD = {
    "as many rows as there are": made([node("NonZero", "x", "n"), node("Cast", "n", to=1)], [5]),
    "a length that the data tells": made(
        [node("ReduceSum", "x", "s", keepdims=0), node("Cast", "s", "t", to=7), node("Expand", "x t")], [1]
    ),
}


@pytest.mark.parametrize("what", UNTOLD)
def test_what_does_not_follow_is_said(what):
    assert costs(UNTOLD[what], {"x": [5]}).keys() == {"untold"}


@pytest.fixture
def report(tmp_path):
    """Of a small network, on an order that says where it must run."""
    rows = RANDOM.normal(size=(60, 8)).astype(np.float32)
    network = MLPRegressor(hidden_layer_sizes=(16,), max_iter=50).fit(rows, rows[:, 0])
    (tmp_path / "model.onnx").write_bytes(to_onnx(network, rows[:1], target_opset=17).SerializeToString())
    np.savez(tmp_path / "data.npz", x=rows, y=rows[:, 0])

    def of(runs_on=None, **more):
        data = DataMapping(
            format="npz", inputs=(InputMapping(name="X", columns=("x",), shape=(8,)),), label="y"
        )
        spec = spec_of("rmse", runs_on=runs_on, **more)
        spec = spec.model_copy(update={"data": data, "output": OutputMapping(values="variable")})
        with jobs_in_this_process():
            return evaluate(tmp_path / "model.onnx", tmp_path / "data.npz", spec)

    return of


@pytest.mark.parametrize("place", TARGETS)
def test_a_small_network_runs_everywhere(report, place):
    found = report(place, data={"format": "csv"})
    assert (found.status.name, found.reasons) == ("ANSWERED", ())


@pytest.mark.parametrize(
    ("limits", "codes"),
    [
        ({"operators": ("Add",)}, {"target_operator"}),
        ({"opset": 5}, {"target_opset"}),
        ({"size": 100}, {"target_size"}),
        ({"operations": 100}, {"target_operations"}),
        ({"memory": 10}, {"target_memory"}),
        ({"opset": 5, "memory": 10, "operations": 10**6}, {"target_opset", "target_memory"}),
        ({"size": 10**6, "operations": 1_000, "memory": 1_000, "opset": 17}, set()),
    ],
)
def test_what_is_too_much_is_told_by_name(report, limits, codes):
    found = report(Target(**limits), data={"format": "csv"})
    assert {one.code.value for one in found.reasons} == codes
    assert (found.status.name == "REJECTED") == bool(codes)


def test_operations_are_a_criterion_without_a_clock(report):
    bounds = [Criterion(kind="computation", bound=bound) for bound in (100, 1_000)]
    found = report(data={"format": "csv"}, criteria=bounds)
    assert found.criteria == 0b10
    assert 8 * 16 <= found.private.measurements["0 computation"] <= 300


def test_an_order_that_asks_for_costs_tells_the_shapes():
    with pytest.raises(ValueError, match="needs the shape of each input"):
        spec_of("rmse", runs_on="phone")
