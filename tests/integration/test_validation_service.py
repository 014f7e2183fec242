"""The validation node as an oracle meets it: a real server process behind a real socket."""

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import numpy as np
import pytest
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from assay.manifests.evaluation import (
    DataMapping,
    DatasetCounts,
    EvaluationSpec,
    InputMapping,
    OutputMapping,
    Reference,
    ReportStatus,
)
from assay_validation.errors import BusyError, UnreachableError
from assay_validation.node import LocalValidationNode, RemoteValidationNode

COMMAND = Path(sys.executable).with_name("assay-validation")


@pytest.fixture(scope="module")
def iris(tmp_path_factory):
    """(model, data, spec) of a three-class problem."""
    folder = tmp_path_factory.mktemp("iris")
    frame = load_iris(as_frame=True).frame
    columns = tuple(frame.columns[:4])
    features = frame[list(columns)].to_numpy(np.float32)
    fitted = LogisticRegression(max_iter=500).fit(features[::2], frame["target"][::2])
    model, data = folder / "iris.onnx", folder / "iris.csv"
    model.write_bytes(to_onnx(fitted, features[:1], options={"zipmap": False}).SerializeToString())
    frame[1::2].to_csv(data, index=False)
    spec = EvaluationSpec(
        task="classification",
        metric="macro_f1",
        data=DataMapping(
            format="csv",
            inputs=(InputMapping(name="X", columns=columns),),
            label="target",
            classes=("0", "1", "2"),
        ),
        output=OutputMapping(labels="label", probabilities="probabilities"),
    )
    return model, data, spec


@pytest.fixture(scope="module")
def token_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("token") / "token"
    path.touch(0o600)
    path.write_text(secrets.token_hex(32))
    return path


@pytest.fixture(scope="module")
def server(token_file):
    """The address of a running node with one slot."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [COMMAND, "serve", "--token-file", token_file, "--port", str(port), "--concurrency", "1"]
    process = subprocess.Popen(command)
    url = f"http://127.0.0.1:{port}"
    try:
        _until_healthy(process, url)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def _until_healthy(process, url):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server died"
        try:
            if httpx.get(f"{url}/health").status_code == 200:
                return
        except httpx.TransportError:
            threading.Event().wait(0.05)
    raise AssertionError("the server did not start")


@pytest.fixture(scope="module")
def remote(server, token_file):
    node = RemoteValidationNode(server, token_file.read_text(), seconds=60)
    yield node
    node.close()


@pytest.fixture
def authorised(server, token_file):
    with httpx.Client(
        base_url=server, headers={"Authorization": f"Bearer {token_file.read_text()}"}
    ) as client:
        yield client


def test_remote_and_local_nodes_agree(remote, iris):
    there, here = remote.evaluate(*iris), LocalValidationNode().evaluate(*iris)
    assert there.status is ReportStatus.ANSWERED
    assert there.model_dump(exclude={"private"}) == here.model_dump(exclude={"private"})


def test_attestation_over_http(remote, iris):
    model, data, spec = iris
    expected = DatasetCounts(rows=75, classes={"0": 25, "1": 25, "2": 25})
    majority = Reference(name="majority", kind="majority-class", low=160_000, high=170_000)
    assert remote.attest(data, spec, expected, majority).verdict == "ok"
    public = Reference(name="logistic", kind="onnx", artifact="b" + "a" * 58, low=900_000, high=1_000_000)
    assert remote.attest(data, spec, expected, public, model).verdict == "ok"
    wrong = expected.model_copy(update={"rows": 76})
    assert remote.attest(data, spec, wrong, majority).verdict == "mismatch"


def test_a_wrong_token_is_refused(server, iris):
    node = RemoteValidationNode(server, "x" * 64)
    with pytest.raises(UnreachableError, match="401"):
        node.evaluate(*iris)


def test_an_unauthorised_body_is_not_read(server):
    """The answer comes although the announced gigabyte never does."""
    address = httpx.URL(server)
    with socket.create_connection((address.host, address.port), timeout=10) as connection:
        connection.sendall(b"POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        assert b" 401 " in connection.recv(100)


def test_what_is_too_large_is_refused_unread(server, token_file):
    address = httpx.URL(server)
    with socket.create_connection((address.host, address.port), timeout=10) as connection:
        head = (
            f"POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token_file.read_text()}\r\n"
        )
        connection.sendall(head.encode() + b"Content-Length: 99000000000\r\n\r\n")
        assert b" 413 " in connection.recv(100)


def test_a_body_of_unknown_length_is_refused(authorised):
    assert authorised.post("/v1/evaluations", content=iter([b"x"])).status_code == 411


@pytest.mark.parametrize("spec", ["", "{}", "[" * 10_000, '{"task":"regression","metric":"accuracy"}'])
def test_a_malformed_spec_is_named(spec, authorised, iris):
    model, data, _ = iris
    files = {"model": model.read_bytes(), "data": data.read_bytes()}
    response = authorised.post("/v1/evaluations", data={"spec": spec}, files=files)
    assert response.status_code == 422
    assert "detail" in response.json()


def test_a_busy_node_says_so_and_recovers(server, remote, token_file, iris):
    """Somebody takes the one slot and is slow to upload."""
    address = httpx.URL(server)
    with socket.create_connection((address.host, address.port), timeout=10) as slow:
        head = (
            f"POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token_file.read_text()}\r\n"
        )
        slow.sendall(
            head.encode() + b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 99\r\n\r\n"
        )
        _until(lambda: "assay_validation_running 1.0" in httpx.get(f"{server}/metrics").text)
        with pytest.raises(BusyError):
            remote.evaluate(*iris)
    _until(lambda: "assay_validation_running 0.0" in httpx.get(f"{server}/metrics").text)
    assert remote.evaluate(*iris).status is ReportStatus.ANSWERED


def _head(token_file):
    head = "POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
    return f"{head}{token_file.read_text()}\r\n".encode()


def _until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "never happened"


def test_metrics_count_outcomes_and_name_no_secret(server, remote, token_file, iris):
    remote.evaluate(*iris)
    text = httpx.get(f"{server}/metrics").text
    assert 'assay_validation_jobs_total{kind="evaluation",outcome="answered"}' in text
    assert token_file.read_text() not in text


def test_openapi_describes_both_calls_with_examples(authorised):
    document = authorised.get("/openapi.json").json()
    assert {"/v1/evaluations", "/v1/attestations"} <= set(document["paths"])
    example = document["components"]["schemas"]["Body_evaluations_v1_evaluations_post"]["properties"]["spec"]
    EvaluationSpec.model_validate_json(example["examples"][0])


def test_a_node_that_is_not_there_is_unreachable(iris):
    with pytest.raises(UnreachableError, match="did not answer"):
        RemoteValidationNode("http://127.0.0.1:9", "x" * 64).evaluate(*iris)


def test_the_token_file_must_be_private(token_file, tmp_path):
    exposed = tmp_path / "token"
    exposed.write_text(token_file.read_text())
    exposed.chmod(0o644)
    for path in (exposed, tmp_path / "missing"):
        result = subprocess.run([COMMAND, "serve", "--token-file", path], capture_output=True, text=True)
        assert result.returncode == 1
        assert result.stderr.startswith("error: The token file")
        assert "Traceback" not in result.stderr


def test_the_command_evaluates_and_checks(iris, tmp_path):
    model, data, spec = iris
    file = tmp_path / "spec.json"
    file.write_text(spec.model_dump_json())
    result = subprocess.run(
        [COMMAND, "evaluate", model, data, file], capture_output=True, text=True, check=True, env=os.environ
    )
    assert json.loads(result.stdout)["status"] == ReportStatus.ANSWERED
    assert "seccomp" in subprocess.run([COMMAND, "check"], capture_output=True, text=True, check=True).stdout
    file.write_text("{")
    broken = subprocess.run([COMMAND, "evaluate", model, data, file], capture_output=True, text=True)
    assert broken.returncode == 1
    assert "is not an evaluation spec" in broken.stderr
