"""Throughput of the SDK and the validation node, each beside the bare operation below it, in the same run.

`ratio` is how many times as long ours takes. Figures of different machines do not compare, ratios do.
"""

import hashlib
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before onnxruntime is imported

import httpx
import numpy as np
import onnxruntime as ort
import pandas as pd
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from report import publish
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from assay.manifests.evaluation import DataMapping, EvaluationSpec, InputMapping, OutputMapping
from assay.seal.key import ContentKey
from assay.seal.stream import Sealer, open_stream
from assay.store import KuboStore
from assay.store.cid import unixfs_cid
from assay_local.ipfs import IpfsNode
from assay_validation.evaluation import evaluate

MIB = 1 << 20
SIZE = 64 * MIB
REPEATS = 5
COLUMNS = {
    "operation": "operation",
    "ours": "ours",
    "unit": "unit",
    "baseline": "beside",
    "baseline_value": "its figure",
    "ratio": "times as long",
}


def main() -> None:
    """Measure everything; takes about a minute."""
    rows = [*sealing(), *hashing(), *storing(), *evaluating()]
    publish("throughput", f"Median of {REPEATS}; data of {SIZE // MIB} MiB", COLUMNS, rows)


def sealing() -> Iterator[dict[str, object]]:
    """Streaming encryption and decryption beside AES-256-GCM on the same chunks."""
    chunks = [os.urandom(MIB)] * (SIZE // MIB)
    key, cipher, nonces = ContentKey.generate(), AESGCM(os.urandom(32)), range(SIZE // MIB)
    sealed = list(Sealer(chunks, key))
    encrypted = [cipher.encrypt(_nonce(i), chunk, None) for i, chunk in zip(nonces, chunks, strict=True)]
    ours = partial(_drain, lambda: Sealer(chunks, key))
    bare = partial(_drain, lambda: (cipher.encrypt(_nonce(i), chunks[i], None) for i in nonces))
    yield _throughput("seal a file", ours, "AES-256-GCM encrypt", bare)
    ours = partial(_drain, lambda: open_stream(sealed, key))
    bare = partial(_drain, lambda: (cipher.decrypt(_nonce(i), encrypted[i], None) for i in nonces))
    yield _throughput("open a sealed file", ours, "AES-256-GCM decrypt", bare)


def hashing() -> Iterator[dict[str, object]]:
    """A file's CID (a tree of SHA-256) beside one SHA-256 over it."""
    data = os.urandom(SIZE)
    yield _throughput("CID of a file", lambda: unixfs_cid([data]), "SHA-256", lambda: hashlib.sha256(data))


def storing() -> Iterator[dict[str, object]]:
    """Verified put and get on a local IPFS node beside a plain HTTP server that keeps a file."""
    contents = iter([os.urandom(SIZE) for _ in range(REPEATS)])  # new each time: a node stores a block once
    other, cids = os.urandom(SIZE), []
    with (
        tempfile.TemporaryDirectory() as name,
        IpfsNode(Path(name, "ipfs")) as node,
        KuboStore(node.url) as store,
        _plain_server(Path(name, "copy")) as url,
        httpx.Client() as http,
    ):
        yield _throughput(
            "put into IPFS",
            lambda: cids.append(store.put(_pieces(next(contents)))),
            "HTTP upload, loopback",
            lambda: http.put(url, content=_pieces(other)).raise_for_status(),
        )
        yield _throughput(
            "get from IPFS",
            partial(_drain, lambda: store.get(cids[-1], max_bytes=SIZE)),
            "HTTP download, loopback",
            lambda: http.get(url).raise_for_status(),
        )


def evaluating() -> Iterator[dict[str, object]]:
    """A jailed evaluation, all metrics and the stability pass, beside one prediction in this process."""
    cancer = load_breast_cancer(as_frame=True)
    features = cancer.data.to_numpy(np.float32)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(features, cancer.target)
    spec = EvaluationSpec(
        task="classification",
        metric="accuracy",
        step=1,
        data=DataMapping(
            format="csv",
            inputs=(InputMapping(name="X", columns=tuple(cancer.feature_names)),),
            label="target",
            classes=("0", "1"),
        ),
        output=OutputMapping(labels="label", probabilities="probabilities"),
    )
    with tempfile.TemporaryDirectory() as name:
        onnx, data = Path(name, "model.onnx"), Path(name, "data.csv")
        onnx.write_bytes(to_onnx(model, features[:1], options={"zipmap": False}).SerializeToString())
        for copies in (1, 50):
            frame = pd.concat([cancer.frame] * copies)
            frame.to_csv(data, index=False)
            ours, bare = _compare(lambda: evaluate(onnx, data, spec), lambda: _score_here(onnx, data))
            operation = f"jailed evaluation, {len(frame):,} rows"
            yield _row(operation, ours, "s", "the same model in this process", bare)


def _score_here(onnx: Path, data: Path) -> float:
    frame = pd.read_csv(data)
    session = ort.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    (labels,) = session.run(["label"], {"X": frame.drop(columns="target").to_numpy(np.float32)})
    return accuracy_score(frame["target"], labels)


@contextmanager
def _plain_server(file: Path) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            with file.open("wb") as target:
                while size := int(self.rfile.readline(), 16):
                    target.write(self.rfile.read(size))
                    self.rfile.readline()
            self.rfile.readline()
            self._answer(b"")

        def do_GET(self) -> None:
            self._answer(file.read_bytes())

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()


def _throughput(
    operation: str, ours: Callable[[], object], baseline: str, bare: Callable[[], object]
) -> dict[str, object]:
    ours_rate, bare_rate = (SIZE / MIB / seconds for seconds in _compare(ours, bare))
    row = _row(operation, ours_rate, "MiB/s", baseline, bare_rate)
    return row | {"ratio": round(bare_rate / ours_rate, 2)}


def _row(operation: str, ours: float, unit: str, baseline: str, value: float) -> dict[str, object]:
    return {
        "operation": operation,
        "ours": round(ours, 3),
        "unit": unit,
        "baseline": baseline,
        "baseline_value": round(value, 3),
        "ratio": round(ours / value, 2),
    }


def _compare(ours: Callable[[], object], bare: Callable[[], object]) -> tuple[float, float]:
    """Median seconds of each, run in turns, so that a busy machine slows both."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(REPEATS):
        for run, seconds in zip((ours, bare), times, strict=True):
            started = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - started)
    return statistics.median(times[0]), statistics.median(times[1])


def _drain(stream: Callable[[], Iterator[bytes]]) -> None:
    for _ in stream():
        pass


def _pieces(data: bytes) -> Iterator[bytes]:
    return (data[i : i + MIB] for i in range(0, len(data), MIB))


def _nonce(index: int) -> bytes:
    return index.to_bytes(12, "big")


if __name__ == "__main__":
    main()
