"""Requests that strangers make: every page and form of the web market, with whatever they write into it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fake_market import DEPLOYMENT, PEOPLE, TOKENS
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import strategies as st
from pydantic import BaseModel

from assay.chain.abi import checksum_address
from assay.escrow import Token
from assay_web.app import create_app
from assay_web.pages import ROUTERS
from assay_web.settings import Settings

ORIGIN = "http://testserver"
UNUSABLE = ["\x00", "a\x00b", "\ud800", "\x00' OR 1=1--", "%00", "%ff", "\ufeff", "\U0010ffff", "é" * 300]
_WORDS = [
    "'",
    '"',
    "*",
    'a" OR "b',
    "NEAR(",
    "-1",
    "0",
    "1",
    "1e9",
    "9" * 30,
    "0x",
    "%",
    "open",
    "all",
    "order",
]
WORDS = st.text(max_size=40) | st.sampled_from([*_WORDS, *UNUSABLE]) | st.binary(max_size=12)


@contextmanager
def market_of(folder: Path, index: str, *, rate: float = 0) -> Iterator[TestClient]:
    """The web market over the index at *index*, and a client of its own origin; no chain answers."""
    deployment = folder / "deployment.json"
    deployment.write_text(DEPLOYMENT.model_dump_json(by_alias=True))
    app = create_app(Settings(("http://127.0.0.1:1",), deployment, str(folder), index, (ORIGIN,), rate))
    known = {address: Token(address, "tUSD", 18) for address in (*TOKENS.values(), *PEOPLE)}
    app.state.reading._tokens |= {key: one for a, one in known.items() for key in (a, checksum_address(a))}
    headers = {"Origin": ORIGIN, "Content-Type": "application/json"}
    with TestClient(app, base_url=ORIGIN, headers=headers, raise_server_exceptions=False) as client:
        yield client


ROUTES = [one for router in ROUTERS for one in router.routes if isinstance(one, APIRoute)]
"""Everything that answers."""


def escaped(value: str | bytes) -> str:
    """As an address has it; also what is no text."""
    raw = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    return quote(raw, safe="")


@st.composite
def questions(draw: st.DrawFn) -> str:
    """The address of a page, with something in its path and its query."""
    route = draw(st.sampled_from([one for one in ROUTES if "GET" in one.methods]))
    path = route.path
    for one in route.dependant.path_params:
        usual = st.sampled_from(
            ["1", "2", PEOPLE[0], checksum_address(PEOPLE[1]), "00" * 32, "03" + "00" * 31]
        )
        path = path.replace(f"{{{one.name}}}", escaped(draw(usual | WORDS)) or "x")
    names = [one.alias for one in route.dependant.query_params] or ["q"]
    asked = draw(st.lists(st.tuples(st.sampled_from([*names, "other"]), WORDS), max_size=4))
    return path + "?" + "&".join(f"{escaped(name)}={escaped(value)}" for name, value in asked)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(UNUSABLE),
    lambda of: st.lists(of, max_size=3) | st.dictionaries(st.text(max_size=8), of, max_size=4),
    max_leaves=8,
)


@st.composite
def forms(draw: st.DrawFn) -> tuple[str, Any]:
    """Where something can be sent, and what: some of the fields that are asked for, with anything in them."""
    route = draw(st.sampled_from([one for one in ROUTES if "POST" in one.methods]))
    asked = [one.field_info.annotation for one in route.dependant.body_params]
    names = [name for one in asked if _is_model(one) for name in one.model_fields]  # type: ignore[union-attr]
    fields = st.dictionaries(st.sampled_from(names), ANYTHING, max_size=len(names)) if names else ANYTHING
    return route.path, draw(fields | ANYTHING)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def refused_politely(answer: Any) -> bool:
    """What was asked is answered or refused in words; nothing broke."""
    return answer.status_code in (200, 303, 307, 308, 400, 403, 404, 405, 413, 421, 422, 503) and (
        answer.status_code < 400 or bool(answer.text.strip())
    )
