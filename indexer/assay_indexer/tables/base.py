"""What all tables have in common, and how a row that a reorganised chain takes back becomes what it was.

Rows are of three kinds. A :class:`Fact` is written once, by one event. A :class:`State` changes with events:
beside its table there is another, ``<name>_undo``, with what each row was before each block that is not final
yet. A :class:`Cached` row says what does not depend on the chain's order, such as what a digest stands for.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    MetaData,
    Numeric,
    String,
    Table,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_DIGITS = 78  # of the greatest number in a word


class Long(TypeDecorator[int]):
    """A number of up to 256 bits, compared and sorted as one.

    SQLite has no such numbers: there it is text of 78 digits.
    """

    impl = String(_DIGITS)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """How the database has it."""
        numeric = dialect.name == "postgresql"
        return dialect.type_descriptor(Numeric(_DIGITS, 0) if numeric else String(_DIGITS))

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Any:
        """For the database."""
        if value is None or dialect.name == "postgresql":
            return value
        return f"{value:0{_DIGITS}d}"

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        """From the database."""
        return None if value is None else int(value)


Amount = Long
"""Base units of a token."""
Account = String(42)
"""An address as EIP-55 has it."""
Digest = String(64)
"""32 bytes in hex, as manifests have them."""
Words = String(40)
"""A state or a kind, in words."""


class Base(DeclarativeBase):
    """Of every table."""

    metadata = MetaData(
        naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"}
    )
    type_annotation_map = {  # noqa: RUF012 sqlalchemy reads it
        int: BigInteger,
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


class Kept(DeclarativeBase):
    """Of a table that a rebuild leaves alone, because the chain does not say what is in it.

    Alembic migrates these. The others are dropped and read from the chain again when their form changes.
    """

    metadata = MetaData(naming_convention=Base.metadata.naming_convention)
    type_annotation_map = Base.type_annotation_map


class Fact(Base):
    """A row that one event makes and no other changes."""

    __abstract__ = True

    block: Mapped[int] = mapped_column(primary_key=True)
    log_index: Mapped[int] = mapped_column(primary_key=True)


class State(Base):
    """A row that events change. ``block`` and ``log_index`` name the last of them."""

    __abstract__ = True

    block: Mapped[int] = mapped_column(index=True)
    log_index: Mapped[int]


class Cached(Base):
    """A row that says the same on every chain."""

    __abstract__ = True


def undo_tables() -> dict[Table, Table]:
    """For each table of a :class:`State` the one that keeps what its rows were; made when first asked for."""
    return {table: _undo_of(table) for table in state_tables()}


def state_tables() -> list[Table]:
    """The tables of all states."""
    return [mapper.local_table for mapper in _mappers(State)]


def fact_tables() -> list[Table]:
    """The tables of all facts."""
    return [mapper.local_table for mapper in _mappers(Fact)]


def _mappers(kind: type[Base]) -> list[Any]:
    found = [mapper for mapper in Base.registry.mappers if issubclass(mapper.class_, kind)]
    return sorted(found, key=lambda mapper: str(mapper.local_table))


def _undo_of(table: Table) -> Table:
    name = f"{table.name}_undo"
    if name in Base.metadata.tables:
        return Base.metadata.tables[name]
    return Table(
        name,
        Base.metadata,
        *(
            Column(
                one.name,
                one.type,
                primary_key=one.primary_key,
                nullable=not one.primary_key,
                autoincrement=False,
            )
            for one in table.columns
        ),
        Column("undone_at", BigInteger, primary_key=True, autoincrement=False, index=True),
        Column("existed", Boolean, nullable=False),
    )


__all__ = [
    "Account",
    "Amount",
    "Base",
    "Cached",
    "Digest",
    "Fact",
    "Kept",
    "Long",
    "State",
    "Words",
    "fact_tables",
    "state_tables",
    "undo_tables",
]
