"""`assay governance propose`: what is allowed, where and to whom."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.arguments import AddressText, parse_duration
from assay.cli.proposals import Domain, Why, propose
from assay.cli.settings import Json

if TYPE_CHECKING:
    from assay.chain import Call
    from assay.market import Market

app = typer.Typer()


class Giving(StrEnum):
    """Whether somebody gets a power or loses it."""

    ADD = "add"
    REMOVE = "remove"


class Authorising(StrEnum):
    """Whether a contract may hold money of new deals."""

    AUTHORISE = "authorise"
    RETIRE = "retire"


class Lists(StrEnum):
    """The lists that only grow."""

    DOMAIN = "domain"
    JURISDICTION = "jurisdiction"
    PURPOSE = "purpose"


@app.command()
def jurisdiction(
    context: typer.Context,
    domain: Domain,
    customers: Annotated[str, typer.Argument(help="The customers' jurisdiction.")],
    block: Annotated[
        list[str] | None, typer.Option(help="A jurisdiction whose developers may not bid; repeatable.")
    ] = None,
    allow: Annotated[
        list[str] | None, typer.Option(help="A jurisdiction whose developers may bid again; repeatable.")
    ] = None,
    description: Why = "Another jurisdiction rule",
    as_json: Json = False,
) -> None:
    """Which developers may not serve customers of one jurisdiction in a domain."""

    def calls(market: Market) -> list[Call]:
        changes = market.governance.changes
        return [changes.jurisdiction_rule(domain, customers, block=block or [], allow=allow or [])]

    propose(context, calls, description, as_json)


@app.command("data-rule")
def data_rule(
    context: typer.Context,
    domain: Domain,
    lifetime: Annotated[
        int | None, typer.Option(parser=parse_duration, help="How long access lasts; without end by default.")
    ] = None,
    purpose: Annotated[
        list[str] | None, typer.Option(help="A purpose; repeatable. All purposes if none is named.")
    ] = None,
    description: Why = "Another data rule",
    as_json: Json = False,
) -> None:
    """How long data of a domain may be used, and for what."""

    def calls(market: Market) -> list[Call]:
        rule = market.governance.changes.data_rule(domain, max_lifetime=lifetime or 0, purposes=purpose or [])
        return [rule]

    propose(context, calls, description, as_json)


@app.command("test-set")
def conformity_set(
    context: typer.Context,
    domain: Domain,
    number: Annotated[int, typer.Argument(min=0, max=2**32 - 1, help="The set's number; 0 for none.")],
    description: Why = "Another third-party test set",
    as_json: Json = False,
) -> None:
    """Which third-party test set counts in a domain."""
    propose(
        context,
        lambda market: [market.governance.changes.conformity_set(domain, number)],
        description,
        as_json,
    )


@app.command()
def arbitrator(
    context: typer.Context,
    address: AddressText,
    allowed: Annotated[bool, typer.Option(help="Whether new deals may name it.")] = True,
    description: Why = "An outside arbitrator",
    as_json: Json = False,
) -> None:
    """An outside arbitrator that new deals may name."""
    propose(
        context,
        lambda market: [market.governance.changes.arbitrator(address, allowed=allowed)],
        description,
        as_json,
    )


@app.command("list-add")
def list_add(
    context: typer.Context,
    which: Annotated[Lists, typer.Argument()],
    name: Annotated[str, typer.Argument()],
    description: Why = "A longer list",
    as_json: Json = False,
) -> None:
    """A new domain, jurisdiction or purpose of data."""

    def calls(market: Market) -> list[Call]:
        changes = market.governance.changes
        add = {
            Lists.DOMAIN: changes.add_domain,
            Lists.JURISDICTION: changes.add_jurisdiction,
            Lists.PURPOSE: changes.add_purpose,
        }
        return [add[which](name)]

    propose(context, calls, description, as_json)


@app.command()
def accreditor(
    context: typer.Context,
    act: Annotated[Giving, typer.Argument()],
    account: AddressText,
    description: Why = "Other accreditors",
    as_json: Json = False,
) -> None:
    """Who may accredit auditors and regulators and sign for seats; every chamber has to approve."""

    def calls(market: Market) -> list[Call]:
        return [market.governance.changes.accreditor(account, given=act == Giving.ADD)]

    propose(context, calls, description, as_json)


@app.command()
def module(
    context: typer.Context,
    act: Annotated[Authorising, typer.Argument()],
    address: AddressText,
    of: Annotated[
        list[str] | None, typer.Option(help="A contract of which it is a module; repeatable.")
    ] = None,
    description: Why = "Other modules",
    as_json: Json = False,
) -> None:
    """Which contracts may hold money of new deals; every chamber has to approve."""

    def calls(market: Market) -> list[Call]:
        authorised = act == Authorising.AUTHORISE
        return market.governance.changes.module(address, authorised=authorised, of=of or [])

    propose(context, calls, description, as_json)
