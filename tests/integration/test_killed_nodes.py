"""A node that is killed at any moment leaves no plaintext and no process behind.

Continuous integration kills each program once, when it has written what it decrypted or read; `make chaos` at
`ASSAY_CHAOS` moments of its own choice.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import numpy as np
import pytest
from killed import running, wait_for_work
from onnx import TensorProto, helper, numpy_helper

from assay.manifests.evaluation import DataMapping, EvaluationSpec, InputMapping, OutputMapping

TIMES = int(os.environ.get("ASSAY_CHAOS", "0"))
SEED = int(os.environ.get("ASSAY_CHAOS_SEED", "0")) or (random.randrange(1, 2**32) if TIMES else 1)
MOMENTS = random.Random(SEED)
COMMAND = str(Path(sys.executable).with_name("assay-validation"))
ROWS = 30_000
IN_WORK = 4
"""Files with content: a request, a model, data or what was made of them."""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """(model, data, spec) of a test of about two seconds."""
    folder = tmp_path_factory.mktemp("inputs")
    weights = numpy_helper.from_array(np.ones((4, 256), np.float32) / 1e9, "w")
    back = numpy_helper.from_array(np.ones((256, 1), np.float32), "v")
    nodes = [helper.make_node("MatMul", ["x", "w"], ["h0"])]
    nodes += [helper.make_node("Sigmoid", [f"h{i}"], [f"h{i + 1}"]) for i in range(12)]
    nodes += [helper.make_node("MatMul", ["h12", "v"], ["s"]), helper.make_node("Sigmoid", ["s"], ["p"])]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])],
        [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["n", 1])],
        initializer=[weights, back],
    )
    model, data, spec = folder / "model.onnx", folder / "data.csv", folder / "spec.json"
    opset = [helper.make_opsetid("", 17)]
    model.write_bytes(helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString())
    data.write_text("a,b,c,d,y\n" + "".join(f"1,2,3,4,{i % 2}\n" for i in range(ROWS)))
    columns = ("a", "b", "c", "d")
    evaluation = EvaluationSpec(
        task="classification",
        metric="accuracy",
        data=DataMapping(
            format="csv", inputs=(InputMapping(name="x", columns=columns),), label="y", classes=("0", "1")
        ),
        output=OutputMapping(probabilities="p"),
    )
    spec.write_text(evaluation.model_dump_json())
    return model, data, spec


def moments(seconds: float) -> list[float | None]:
    """When to kill, in seconds after the start of one that runs for about *seconds*; none is in its work."""
    return [MOMENTS.uniform(0, seconds) for _ in range(TIMES)] or [None]


def pause(moment: float | None, folder: str) -> None:
    """Until it is time to kill a program whose temporary files are in *folder*."""
    if moment is not None:
        threading.Event().wait(moment)
        return
    wait_for_work(folder, IN_WORK)


@pytest.fixture
def watched(tmp_path):
    """The environment of a program whose temporary files have a folder of their own."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return {**os.environ, "TMPDIR": str(scratch)}


def commands(inputs, folder):
    model, data, spec = inputs
    request = {
        "ask": "evaluate", "model": str(model), "data": str(data), "evaluation": json.loads(spec.read_text()),
    }  # fmt: skip
    (folder / "request.json").write_text(json.dumps(request))
    answer = ["/bin/sh", "-c", f"exec {COMMAND} answer < {folder / 'request.json'}"]
    return {
        "evaluate": ([COMMAND, "evaluate", model, data, spec], 3.0),
        "answer": (answer, 3.0),
        "audit": ([COMMAND, "audit", model, data, spec, "--out", folder / "report", "--quick"], 8.0),
    }


@pytest.mark.parametrize("name", ["evaluate", "answer", "audit"])
def test_commands_leave_nothing(name, inputs, watched, tmp_path):
    command, seconds = commands(inputs, tmp_path)[name]
    for moment in moments(seconds):
        with running(command, watched, tmp_path / "log"):
            pause(moment, watched["TMPDIR"])
        assert list(Path(watched["TMPDIR"]).rglob("*")) == [], f"killed after {moment} s, seed {SEED}"


def test_the_http_node_leaves_nothing(inputs, watched, tmp_path):
    model, data, spec = inputs
    token = tmp_path / "token"
    token.touch(0o600)
    token.write_text(secrets.token_hex(32))
    for moment in moments(3.0):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [COMMAND, "serve", "--token-file", token, "--port", port]
        with running(command, watched, tmp_path / "log"):
            until_healthy(f"http://127.0.0.1:{port}")
            asking = threading.Thread(target=ask, args=(port, token.read_text(), model, data, spec))
            asking.start()
            pause(moment, watched["TMPDIR"])
        asking.join()
        assert list(Path(watched["TMPDIR"]).rglob("*")) == [], f"killed after {moment} s, seed {SEED}"


def ask(port, token, model, data, spec):
    files = {"model": model.read_bytes(), "data": data.read_bytes()}
    with suppress(httpx.HTTPError):  # the server is killed
        httpx.post(
            f"http://127.0.0.1:{port}/v1/evaluations",
            headers={"Authorization": f"Bearer {token}"},
            data={"spec": spec.read_text()},
            files=files,
            timeout=60,
        )


def until_healthy(url):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/health").status_code == 200:
                return
        except httpx.TransportError:
            threading.Event().wait(0.05)
    raise AssertionError("the server did not start")
