"""What all tables have in common, and how rows are restored when the chain is reorganised.

There are three kinds of rows. A :class:`Fact` is written once, by one event. A :class:`State` changes with
events: its table has a companion, ``<name>_undo``, with what each row was before each block that is not final
yet. A :class:`Cached` row does not depend on the chain's order, such as what a digest stands for.
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

_DIGITS = 78  # digits of the greatest 256-bit number


class Long(TypeDecorator[int]):
    """A number of up to 256 bits that compares and sorts as a number.

    SQLite has no such numbers: there it is a text of 78 digits.
    """

    impl = String(_DIGITS)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """The type that the database uses for it."""
        numeric = dialect.name == "postgresql"
        return dialect.type_descriptor(Numeric(_DIGITS, 0) if numeric else String(_DIGITS))

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Any:
        """The value for the database."""
        if value is None or dialect.name == "postgresql":
            return value
        return f"{value:0{_DIGITS}d}"

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        """The value from the database."""
        return None if value is None else int(value)


Amount = Long
"""Base units of a token."""
Account = String(42)
"""An address in EIP-55 form."""
Digest = String(64)
"""32 bytes in hex, as in manifests."""
Words = String(40)
"""A state or a kind, in words."""


class Base(DeclarativeBase):
    """The base of every table that is read from the chain."""

    metadata = MetaData(
        naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"}
    )
    type_annotation_map = {  # noqa: RUF012 sqlalchemy reads it
        int: BigInteger,
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


class Kept(DeclarativeBase):
    """The base of tables that a rebuild leaves alone, because their content does not come from the chain.

    Alembic migrates these. Other tables are dropped and read from the chain again when their form changes.
    """

    metadata = MetaData(naming_convention=Base.metadata.naming_convention)
    type_annotation_map = Base.type_annotation_map


class Fact(Base):
    """A row that one event creates and no other event changes."""

    __abstract__ = True

    block: Mapped[int] = mapped_column(primary_key=True)
    log_index: Mapped[int] = mapped_column(primary_key=True)


class State(Base):
    """A row that events change. ``block`` and ``log_index`` identify the last of these events."""

    __abstract__ = True

    block: Mapped[int] = mapped_column(index=True)
    log_index: Mapped[int]


class Cached(Base):
    """A row that does not depend on the chain's order."""

    __abstract__ = True


def undo_tables() -> dict[Table, Table]:
    """For each table of a :class:`State`, the one that keeps what its rows were; created on first use."""
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
