"""Rows as JSON: a model for each table, whose fields are the table's columns.

Amounts and other numbers of up to 256 bits are decimal text, because JSON's numbers are not exact there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields as dataclass_fields
from functools import cache
from types import NoneType
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from pydantic import BaseModel, Field, create_model
from sqlalchemy import Boolean, Integer, String

from assay.chain import Event as ChainEvent
from assay.errors import ChainError
from assay_indexer import tables as t
from assay_indexer.projections.registry import plain
from assay_indexer.queries import View, decoded
from assay_indexer.tables.base import Long

T = TypeVar("T")
EVENTS_SHOWN = 50


class Block(BaseModel):
    """The block for which an answer holds."""

    number: int
    hash: str = Field(description="0x hex; empty for a final block that is not the newest.")
    time: int = Field(description="Unix seconds.")
    final: bool = Field(description="It is not expected to be reorganised away.")


class Source(BaseModel):
    """An event on which an answer rests; it can be looked up on the chain."""

    block: int
    log_index: int
    contract: str
    name: str
    tx_hash: str


class Answer(BaseModel, Generic[T]):
    """What every question is answered with."""

    block: Block
    data: T
    events: list[Source] = Field(
        default=[],
        description=f"The newest {EVENTS_SHOWN} events that it rests on; rows of a list name their own.",
    )


class Rows(BaseModel, Generic[T]):
    """A page of a list."""

    items: list[T]
    offset: int
    total: int = Field(description="How many there are; 1000 means that many or more.")


def block_of(view: View) -> Block:
    """The block that a view shows."""
    progress = view.progress
    newest = view.block == progress.head
    return Block(
        number=view.block,
        hash=progress.head_hash if newest else "",
        time=view.at,
        final=view.block <= progress.final,
    )


def sources(view: View, kind: str, key: object) -> list[Source]:
    """The newest events about something."""
    return [source_of(event) for event in view.events_about(kind, key, limit=EVENTS_SHOWN).items]


def source_of(event: t.Event) -> Source:
    """What names an event."""
    return Source(**{name: getattr(event, name) for name in Source.model_fields})


@cache
def shape_of(kind: type[t.Base]) -> type[BaseModel]:
    """The model of a table's rows."""
    fields: dict[str, Any] = {}
    for column in kind.__table__.columns:
        python = _python_type(column.type)
        fields[column.name] = (python | None if column.nullable else python, ...)
    return create_model(kind.__name__, __doc__=kind.__doc__, **fields)


def _python_type(column: Any) -> Any:
    if isinstance(column, Long | String):
        return str
    if isinstance(column, Boolean):
        return bool
    return int if isinstance(column, Integer) else Any


def shown(row: Any, **further: Any) -> dict[str, Any]:
    """A row as its model has it.

    Args:
        further: in the place of what the row says.
    """
    table = type(row).__table__
    return {column.name: _value(column.type, getattr(row, column.name)) for column in table.columns} | further


def _value(column: Any, value: Any) -> Any:
    if value is None:
        return None
    return str(value) if isinstance(column, Long) else plain(value)


@cache
def parts_shape(kind: type[Any]) -> type[BaseModel]:
    """The model of several rows that belong together, such as :class:`~assay_indexer.parts.DealParts`."""
    fields: dict[str, Any] = {}
    for name, hint in get_type_hints(kind).items():
        inner = [one for one in get_args(hint) or (hint,) if one is not NoneType]
        row = shape_of(inner[0])
        optional = NoneType in get_args(hint)
        several = get_origin(hint) is Sequence
        fields[name] = (list[row] if several else row | None if optional else row, ...)  # type: ignore[valid-type]
    return create_model(kind.__name__, __doc__=kind.__doc__, **fields)


def shown_parts(parts: Any) -> dict[str, Any]:
    """Such rows as their model has them."""
    found: dict[str, Any] = {}
    for field in dataclass_fields(parts):
        value = getattr(parts, field.name)
        found[field.name] = (
            [shown(one) for one in value] if isinstance(value, list) else value and shown(value)
        )
    return found


def told(event: t.Event) -> dict[str, Any]:
    """An event with its arguments."""
    try:
        said: ChainEvent | None = decoded(event)
    except ChainError:
        said = None
    arguments = plain(dict(said.arguments)) if said is not None else None
    return source_of(event).model_dump() | {"time": event.at, "arguments": arguments}
