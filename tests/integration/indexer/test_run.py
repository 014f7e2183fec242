"""`assay-index run` as a process of its own."""

from __future__ import annotations

import sys

import httpx

from assay_indexer.queries import Index
from assay_local.anvil import free_port
from assay_local.process import Process


def test_it_follows_and_answers(stage, tmp_path):
    port, database = free_port(), f"sqlite:///{tmp_path / 'index.sqlite'}"
    command = [
        sys.executable,
        "-m",
        "assay_indexer",
        "run",
        "--rpc",
        stage.chain.rpc,
        "--ipfs",
        stage.ipfs_url,
    ]
    command += ["--deployment", str(stage.deployment_file), "--database", database, "--poll-seconds", "0.1"]
    command += ["--listen", f"127.0.0.1:{port}"]
    process = Process("index", command, tmp_path / "log")

    def healthy() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
        except httpx.TransportError:
            return False

    process.start(healthy)
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/health").json()
        assert answer["block"] == stage.chain.web3.eth.block_number
        assert "assay_index_head_block" in httpx.get(f"http://127.0.0.1:{port}/metrics").text
        with Index.at(database).view() as view:
            assert len(view.names("domain")) == 2
    finally:
        process.stop()
    assert process.exit_code == 0, process.log_tail()
