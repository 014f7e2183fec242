"""What browsers send: only what it is said to be reaches storage, and no more of it than is allowed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.testclient import TestClient

from assay.errors import ArtifactNotFound, StoreUnavailable
from assay.store.cid import unixfs_cid
from assay_web.intake import Intake
from assay_web.pages import documents
from assay_web.reading import reading

SEALED = b"assaySL\x01" + bytes(300_000)


class Store:
    """Notes what it is asked to keep."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []
        self.waiting, self.answers = threading.Semaphore(0), threading.Event()

    def put(self, chunks, *, expected):
        self.kept.append(b"".join(chunks))
        return expected

    def get_block(self, _cid):
        self.waiting.release()
        self.answers.wait(20)
        raise ArtifactNotFound("Nobody has it.")


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def client(store):
    app = FastAPI()
    app.include_router(documents.router)
    found = SimpleNamespace(market=SimpleNamespace(session=SimpleNamespace(store=store)))
    app.dependency_overrides[reading] = lambda: found
    with TestClient(app) as client:
        yield client


def test_a_file_under_another_name_does_not_reach_storage(client, store):
    other = unixfs_cid([b"another"])
    answer = client.post("/artifacts", params={"cid": str(other)}, content=SEALED)
    assert answer.status_code == 422
    assert "not the file that it is said to be" in answer.json()["text"]
    assert not store.kept


def test_a_file_under_its_own_name_is_kept_whole(client, store):
    cid = str(unixfs_cid([SEALED]))
    assert client.post("/artifacts", params={"cid": cid}, content=SEALED).json() == {"cid": cid}
    assert store.kept == [SEALED]


def asked_by(host: str) -> Request:
    return Request({"type": "http", "client": (host, 1), "headers": []})


def test_who_sends_from_many_addresses_frees_nobody():
    intake = Intake(bytes_an_hour=10)
    intake.count(asked_by("192.0.2.1"), 10)
    for number in range(9_999):
        intake.count(asked_by(f"10.0.{number >> 8}.{number & 255}"), 1)
    with pytest.raises(HTTPException):
        intake.count(asked_by("192.0.2.1"), 1)
    for number in range(10_001):  # and the oldest are forgotten, not all
        intake.count(asked_by(f"10.1.{number >> 8}.{number & 255}"), 10)
    with pytest.raises(HTTPException):
        intake.count(asked_by("10.1.39.16"), 1)


def test_one_network_is_one_sender():
    intake = Intake(bytes_an_hour=10)
    intake.count(asked_by("2001:db8::1"), 10)
    intake.count(asked_by("2001:db8:0:1::1"), 10)
    with pytest.raises(HTTPException):
        intake.count(asked_by("2001:db8::2"), 1)
    intake.count(asked_by("192.0.2.1"), 10)
    with pytest.raises(HTTPException):
        intake.count(asked_by("::ffff:192.0.2.1"), 1)


def test_what_waits_for_storage_leaves_threads_for_others(store):
    found = SimpleNamespace(market=SimpleNamespace(session=SimpleNamespace(store=store)))
    with ThreadPoolExecutor(4) as pool:  # as many turns as one client has
        waiting = [pool.submit(documents.raw, f"{number:064x}", found) for number in range(4)]
        assert all(store.waiting.acquire(timeout=20) for _ in waiting)
        with pytest.raises(StoreUnavailable):
            documents.raw("f" * 64, found)
        store.answers.set()
    assert all(isinstance(one.exception(), ArtifactNotFound) for one in waiting)
    with pytest.raises(ArtifactNotFound):
        documents.raw("f" * 64, found)
