"""Who asks, when requests come through a proxy and when somebody says that they do."""

from __future__ import annotations

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from assay_indexer.api.limits import behind, client_of


def asked(proxies: list[str], sender: str, **headers: str) -> str:
    """Who a server takes *sender* for."""
    app = FastAPI()

    @app.get("/")
    def who(request: Request) -> str:
        return client_of(request)

    config = uvicorn.Config(app, lifespan="off", **behind(proxies))
    config.load()
    client = TestClient(config.loaded_app, client=(sender, 5000))
    found: str = client.get(
        "/", headers={name.replace("_", "-"): said for name, said in headers.items()}
    ).json()
    return found


@pytest.mark.parametrize("sender", ["127.0.0.1", "203.0.113.7"])
def test_nobody_says_that_he_is_another(monkeypatch, sender):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    assert asked([], sender, x_forwarded_for="198.51.100.9", forwarded="for=198.51.100.9") == sender
    assert asked(["192.0.2.1"], sender, x_forwarded_for="198.51.100.9") == sender


def test_a_named_proxy_says_who_asks_whatever_the_client_has_written_before():
    said = "198.51.100.9, 203.0.113.7"  # the proxy adds the last
    assert asked(["127.0.0.1"], "127.0.0.1", x_forwarded_for=said) == "203.0.113.7"
