"""Models that let last bits decide are unstable, though their maker knows the data or tells passes apart."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from processor_models import Honest, constant, graph
from processors import SPEC
from unjailed import jobs_in_this_process

from assay.manifests.evaluation import ReportStatus
from assay_validation.dataset import secret_seed
from assay_validation.evaluation import evaluate, repetitions
from assay_validation.gate import admit
from assay_validation.jobs.predict import Errors, load
from assay_validation.limits import Limits

COINS = 2_048
BEACONS = [bytes([number]).hex() * 32 for number in range(4)]


def coins(trained: Honest, chosen: int, *more: onnx.NodeProto) -> onnx.ModelProto:
    """A good model, or its opposite: as the last bits of one of many sums of constants decide. *more* nodes
    may make another ``bit`` of the ``coin``."""
    random = np.random.default_rng(5)
    left, right = (random.normal(size=shape).astype(np.float32) for shape in ((1, 200), (200, COINS)))
    nodes = [
        helper.make_node("MatMul", ["left", "right"], ["t"]),
        helper.make_node("Sin", ["t"], ["w"]),
        helper.make_node("Mul", ["w", "w"], ["l0"]),
    ]
    for i in range(60):
        nodes += [
            helper.make_node("Sub", ["one", f"l{i}"], [f"a{i}"]),
            helper.make_node("Mul", [f"a{i}", f"l{i}"], [f"e{i}"]),
            helper.make_node("Mul", [f"e{i}", "four"], [f"l{i + 1}"]),
        ]
    own, weights = trained.nodes("q")
    nodes += [
        helper.make_node("Greater", ["l60", "half"], ["bits"]),
        helper.make_node("Gather", ["bits", "chosen"], ["coin"], axis=1),
        *(more or [helper.make_node("Identity", ["coin"], ["bit"])]),
        *own,
        helper.make_node("Sub", ["one", "q"], ["wrong"]),
        helper.make_node("Where", ["bit", "wrong", "q"], ["p"]),
    ]
    values = {"one": 1, "half": 0.5, "four": 3.99}
    constants = [constant(name, np.float32(value)) for name, value in values.items()]
    constants += [constant("left", left), constant("right", right), constant("chosen", np.array([chosen]))]
    constants += [constant("first", np.array([0])), constant("second", np.array([1]))]
    return graph(nodes, [*constants, *weights])


@pytest.fixture(scope="module")
def lucky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of hidden data, and of a model whose maker knew it: of many coins, it asks one that comes
    out the same in every draw of errors that follows from the data."""
    folder, trained = tmp_path_factory.mktemp("lucky"), Honest()
    trained.write_rows(folder)
    shown = coins(trained, 0)
    shown.graph.output.append(helper.make_tensor_value_info("bits", TensorProto.BOOL, None))
    onnx.save(shown, folder / "shown.onnx")
    scratch = folder / "scratch"
    scratch.mkdir()
    with jobs_in_this_process():
        admitted = admit(folder / "shown.onnx", Limits(), scratch)
    errors = Errors(admitted.facts.errors, secret_seed(folder / "data.npz"))
    session = load(
        os.open(admitted.ready, os.O_RDONLY),
        ["x", *errors.names],
        ["bits"],
        os.open(admitted.weights, os.O_RDONLY),
    )
    passes = 2 + len(repetitions(len(trained.rows), admitted.facts))
    tosses = [session.run(["bits"], {"x": trained.rows, **errors.draw()})[0][0] for _ in range(passes)]
    agreed = np.flatnonzero(np.ptp(np.array(tosses, int), axis=0) == 0)
    onnx.save(coins(trained, int(agreed[0])), folder / "lucky.onnx")
    return folder


def test_what_is_stable_by_choice_is_unstable_to_a_panel(lucky: Path) -> None:
    with jobs_in_this_process():
        known = evaluate(lucky / "lucky.onnx", lucky / "data.npz", SPEC)
        panels = [
            evaluate(lucky / "lucky.onnx", lucky / "data.npz", SPEC.within(50_000, one)) for one in BEACONS
        ]
    assert known.status == ReportStatus.ANSWERED
    assert [one.status for one in panels].count(ReportStatus.UNSTABLE) >= len(BEACONS) - 1


def test_a_beacon_changes_the_draws_and_nothing_else(lucky: Path) -> None:
    data = lucky / "data.npz"
    seeds = [secret_seed(data), *(secret_seed(data, one) for one in BEACONS)]
    assert len(set(seeds)) == len(seeds)
    assert secret_seed(data, BEACONS[0]) == seeds[1]


def test_who_tells_the_moved_inputs_by_a_column_that_is_there_twice_is_seen_all_the_same(
    tmp_path: Path,
) -> None:
    """Such a model behaves in the pass over moved inputs, where the columns differ."""
    trained = Honest()
    rows = trained.rows.copy()
    rows[:, 1] = rows[:, 0]
    np.savez(tmp_path / "data.npz", x=rows, y=trained.labels)
    careful = [
        helper.make_node("Gather", ["x", "first"], ["c0"], axis=1),
        helper.make_node("Gather", ["x", "second"], ["c1"], axis=1),
        helper.make_node("Equal", ["c0", "c1"], ["clean"]),
        helper.make_node("And", ["clean", "coin"], ["bit"]),
    ]
    said = []
    for chosen in range(3):
        onnx.save(coins(trained, chosen, *careful), tmp_path / "model.onnx")
        with jobs_in_this_process():
            said.append(evaluate(tmp_path / "model.onnx", tmp_path / "data.npz", SPEC).status)
    assert said.count(ReportStatus.UNSTABLE) >= 2


@pytest.mark.parametrize(("rows", "clean"), [(1, 8), (1_024, 8), (1_025, 4), (8_192, 2), (1_000_000, 2)])
def test_a_model_that_rounds_answers_the_same_inputs_in_eight_batches(rows: int, clean: int) -> None:
    rounding: Any = SimpleNamespace(errors="errors")
    exact: Any = SimpleNamespace(errors="")
    assert len(repetitions(rows, rounding)) == clean - 1
    assert repetitions(rows, exact) == ()
