"""What every answer says to the browser, and which requests are refused before they are read."""

from __future__ import annotations

import pytest
from fake_market import DEPLOYMENT, fresh
from fastapi import Response
from fastapi.testclient import TestClient

from assay_web.app import create_app
from assay_web.reading import ASKER
from assay_web.security import HEADERS
from assay_web.settings import Settings

ORIGIN = "http://testserver"
LARGE = 2 << 20


def asker() -> str:
    return ASKER.get()


@pytest.fixture
def client(tmp_path):
    deployment = tmp_path / "deployment.json"
    deployment.write_text(DEPLOYMENT.model_dump_json(by_alias=True))
    fresh(tmp_path, "index")
    index = f"sqlite:///{tmp_path / 'index.sqlite'}"
    app = create_app(Settings(("http://127.0.0.1:1",), deployment, str(tmp_path), index, (ORIGIN,)))

    def broken() -> None:
        raise ValueError("a fault")

    app.get("/broken")(broken)
    app.get("/asker")(asker)
    app.get("/sealed")(lambda: Response(b"\0" * 5000, media_type="application/octet-stream"))
    headers = {"Origin": ORIGIN, "Content-Type": "application/json"}
    with TestClient(app, base_url=ORIGIN, headers=headers, raise_server_exceptions=False) as client:
        yield client


def test_a_fault_answers_behind_the_same_headers(client):
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/explain", "/order/check", "/order/draft"])
def test_what_is_too_large_is_not_read(client, path):
    assert client.post(path, content=b" " * (LARGE + 1)).status_code == 413
    assert client.post(path, content=iter([b"{", b"}"])).status_code == 413  # it does not say how long
    assert client.post(path, content=b"{}").status_code in (200, 400)


def test_sealed_files_may_be_large(client):
    answer = client.post("/artifacts", params={"cid": "no"}, content=iter([b" " * (LARGE + 1)]))
    assert answer.status_code == 400


def test_pages_know_who_asks(client):
    assert client.get("/asker").json() == "testclient"


def test_sealed_files_are_not_compressed_for_nothing(client):
    assert "content-encoding" not in client.get("/sealed").headers
    assert client.get("/functions.json").headers["content-encoding"] == "gzip"
