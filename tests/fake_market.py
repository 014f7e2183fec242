"""A market on a made-up chain: logs with the contracts' real ABIs, and indexes that read them."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_utils.abi import collapse_if_tuple, event_abi_to_log_topic
from fake_chain import Endpoint, FakeChain, FakeProvider
from sqlalchemy import Engine, select

from assay import Deployment
from assay.chain import Connection
from assay.chain.abi import event_of
from assay.chain.logs import LogReader
from assay.chain.wiring import BRIDGES, CONSTRUCTORS
from assay.session import Session
from assay_indexer.database import engine_at, prepare
from assay_indexer.follow import Follower
from assay_indexer.queries import Index
from assay_indexer.tables import Listing, ListingTag, fact_tables, state_tables

ADDRESSES = {name: f"0x{number:040x}" for number, name in enumerate((*CONSTRUCTORS, *BRIDGES), 0xC0)}
HERE = "http://127.0.0.1"
"""Where tests ask the read API."""
TOKENS = {"payment": f"0x{0xA0:040x}", "staking": f"0x{0xA1:040x}"}
PEOPLE = [f"0x{number:040x}" for number in (0x10, 0x11, 0x12, 0x13)]
DEPLOYMENT = Deployment.model_validate(
    {"chainId": 31337, "block": 1, "contracts": ADDRESSES, "tokens": TOKENS, "network": "fake"}
)


def log_of(contract: str, name: str, /, **arguments: Any) -> tuple[str, list[str], str]:
    """An event as :meth:`FakeChain.mine` takes it; structs are tuples."""
    event = event_of(contract, name)
    parts = [(part, arguments[part["name"]]) for part in event["inputs"]]
    topics = ["0x" + event_abi_to_log_topic(event).hex()]
    topics += ["0x" + encode([part["type"]], [value]).hex() for part, value in parts if part.get("indexed")]
    plain = [(collapse_if_tuple(dict(part)), value) for part, value in parts if not part.get("indexed")]
    data = encode([kind for kind, _ in plain], [value for _, value in plain])
    return ADDRESSES[contract], topics, "0x" + data.hex()


def made_up(contract: str, name: str, chance: random.Random) -> tuple[str, list[str], str]:
    """An event with arguments that mean something to several others: few numbers, few accounts."""
    return log_of(
        contract, name, **{part["name"]: _value(part, chance) for part in event_of(contract, name)["inputs"]}
    )


def _value(part: Any, chance: random.Random) -> Any:
    kind, internal = part["type"], part.get("internalType", "")
    if kind.endswith("]"):
        return [
            _value({**part, "type": kind[: kind.rindex("[")]}, chance) for _ in range(chance.randint(0, 2))
        ]
    if kind == "tuple":
        return tuple(_value(inner, chance) for inner in part["components"])
    if kind == "address":
        markets = [ADDRESSES["CommissionMarket"]] * 2
        return chance.choice(
            [*PEOPLE, *markets] if part["name"] in ("market", "module", "opener") else PEOPLE
        )
    choices = ("state", "ruling", "vote", "support")
    if internal.startswith("enum") or (part["name"] in choices and kind.startswith("uint")):
        return chance.randint(0, 1)
    if kind == "bool":
        return chance.random() < 0.5
    if part["name"] in ("id", "toId"):  # a hold, named after its deal
        number = chance.randint(1, 3)
        return number.to_bytes(32) if kind == "bytes32" else number
    if kind.startswith("bytes"):
        return bytes([chance.randint(0, 3)]).ljust(int(kind[5:] or 3), b"\0")
    if kind == "string":
        return chance.choice(["", "it is wrong", "<script>alert(1)</script>\0"])
    most = min(3, 2 ** (int(kind.removeprefix("u")[3:]) - 1))
    return chance.randint(1, most) * (1 if kind.startswith("u") or chance.random() < 0.8 else -1)


class FakeMarket:
    """The chain, and sessions that read it.

    Attributes:
        on_request: called before each request is answered; may change the chain, or raise.
    """

    def __init__(self) -> None:
        self.chain = FakeChain()
        self.chain.mine()
        self.on_request: Callable[[], None] = lambda: None

    def session(self) -> Session:
        """A connection of its own."""
        market = self

        class Watched(Endpoint):
            def answer(self, method: str, params: Any) -> Any:
                market.on_request()
                return super().answer(method, params)

        connection = Connection(["http://fake.example"])
        connection._provider = FakeProvider(Watched(self.chain))
        connection._logs = LogReader(connection._provider)
        return Session(connection, DEPLOYMENT, None, None)


@cache
def _engine(path: Path) -> Engine:
    """One for all that lies there in turn: it keeps the statements that it has compiled."""
    return engine_at(f"sqlite:///{path}")


def fresh(folder: Path, name: str) -> Engine:
    """A database of its own with empty tables, in place of the one of that name."""
    template = folder / "template.sqlite"
    if not template.exists():
        engine = engine_at(f"sqlite:///{template}")
        prepare(engine)
        engine.dispose()
    path = folder / f"{name}.sqlite"
    _engine(path).dispose()
    for old in folder.glob(f"{name}.sqlite*"):
        old.unlink()
    shutil.copy(template, path)
    return _engine(path)


def content(engine: Engine, *, final: bool = False) -> dict[str, list[Any]]:
    """All that an index says, in an order of its own."""
    with Index(engine).view(final=final) as view:
        said: dict[str, list[Any]] = {}
        for table in [*state_tables(), *fact_tables()]:
            kind = next(m.class_ for m in Listing.registry.mappers if m.local_table is table)
            rows = view.all(kind, limit=10**6)
            names = table.columns.keys()
            said[table.name] = sorted(repr([getattr(row, name) for name in names]) for row in rows)
        if not final:
            listings = {one.number: one for one in view.session.scalars(select(Listing))}
            names = [name for name in Listing.__table__.columns.keys() if name != "number"]  # noqa: SIM118
            said["listings"] = sorted(repr([getattr(one, n) for n in names]) for one in listings.values())
            tags = view.session.scalars(select(ListingTag))
            said["tags"] = sorted(
                repr((listings[one.listing].kind, listings[one.listing].key, one.name, one.value))
                for one in tags
            )
        return said


def rebuilt(market: FakeMarket, folder: Path, confirmations: int, name: str = "rebuilt") -> Engine:
    """An index made from nothing."""
    engine = fresh(folder, name)
    Follower(market.session(), engine, confirmations=confirmations).poll()
    return engine


def differing(one: dict[str, list[Any]], other: dict[str, Sequence[Any]]) -> dict[str, Any]:
    """The tables that differ."""
    return {name: (one[name], other[name]) for name in one if one[name] != other[name]}
