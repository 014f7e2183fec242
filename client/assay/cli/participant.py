"""`assay participant`: joining the market."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.arguments import AddressText, RoleName, complete_role, parse_address, parse_role
from assay.cli.output import Data, digest, moment, money, paid, ppm, share_of, show
from assay.cli.settings import Json, open_market
from assay.errors import InvalidInput
from assay.words import times

if TYPE_CHECKING:
    from assay.market import Market
    from assay.participants import Participant
    from assay.structs import Role
else:
    Role = str  # as it is typed; importing the SDK for the type takes a third of a second

app = typer.Typer(no_args_is_help=True)

_DAY = 86_400


@app.command()
def register(
    context: typer.Context,
    role: RoleName,
    jurisdiction: Annotated[str, typer.Option(help="ISO 3166-1 alpha-2 code.")],
    also: Annotated[
        list[Role] | None,
        typer.Option(
            parser=parse_role, autocompletion=complete_role, help="A further role; may be repeated."
        ),
    ] = None,
    domain: Annotated[list[str] | None, typer.Option(help="A domain; up to three.")] = None,
    organisation: Annotated[str, typer.Option(help="Its identifier; only a hash is published.")] = "",
    as_json: Json = False,
) -> None:
    """Join the market with the account and its encryption key."""
    with open_market(context, acting=True) as market:
        if not domain:
            _refuse_without_domain(market, {role, *(also or [])})
        receipt = market.participants.register(
            role,
            jurisdiction=jurisdiction,
            secondary=also or [],
            domains=domain or [],
            organisation=organisation,
        )
        show({**_record(market, market.participants.get()), **paid(receipt)}, as_json)


def _refuse_without_domain(market: Market, roles: set[Role]) -> None:
    """Raise :class:`InvalidInput` where one of *roles* works in its domains only, which stay for long."""
    from assay.structs import Role

    if not roles & {Role.DEVELOPER, Role.AUDITOR, Role.REGULATOR}:
        return
    until, known = market.session.together(market.policy.domain_cooldown, market.policy.domains)
    raise InvalidInput(
        "Developers, auditors and regulators work in their domains only, and an account can change its own "
        f"only once in {times.duration(until)}.",
        hint=f"Name up to three with --domain: {', '.join(known)}.",
    )


@app.command()
def change(
    context: typer.Context,
    role: Annotated[
        Role | None,
        typer.Option(
            parser=parse_role,
            autocompletion=complete_role,
            help="The primary role. Trusted ones count after a wait.",
        ),
    ] = None,
    also: Annotated[
        list[Role] | None,
        typer.Option(
            parser=parse_role,
            autocompletion=complete_role,
            help="A further role, in place of all present ones; may be repeated.",
        ),
    ] = None,
    domain: Annotated[
        list[str] | None, typer.Option(help="A domain, in place of all present ones; up to three.")
    ] = None,
    encryption_key: Annotated[
        bool,
        typer.Option("--encryption-key", help="To the one that the wallet, or its backup, derives now."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Change roles, domains or the encryption key. An organisation comes with `participant accredit`."""
    with open_market(context, acting=True) as market:
        receipts = market.participants.change(
            role=role, secondary=also or None, domains=domain or None, encryption_key=encryption_key
        )
        changes = [paid(receipt) for receipt in receipts]
        show({**_record(market, market.participants.get()), "transactions": changes}, as_json)


@app.command("show")
def show_participant(
    context: typer.Context,
    address: Annotated[
        str | None, typer.Argument(parser=parse_address, help="The account itself by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show one participant."""
    with open_market(context, acting=address is None) as market:
        participant, score = market.session.together(
            lambda: market.participants.get(address),
            lambda: market.reputation.score(address or market.address),
        )
        show({**_record(market, participant), "reputation": ppm(score)}, as_json)


@app.command()
def credential(
    context: typer.Context,
    subject: AddressText,
    role: RoleName,
    organisation: Annotated[str, typer.Option(help="The subject's verified organisation.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long the accreditation lasts.")] = 365,
    present_within: Annotated[int, typer.Option(min=1, max=365, help="Days to present it.")] = 30,
) -> None:
    """As an accreditor, sign a credential for an auditor or regulator and print it."""
    with open_market(context, acting=True) as market:
        now = market.session.now()
        signed = market.participants.issue_credential(
            subject,
            role,
            organisation=organisation,
            valid_until=now + days * _DAY,
            deadline=now + present_within * _DAY,
        )
        typer.echo(signed.model_dump_json(indent=2))


@app.command()
def accredit(
    context: typer.Context,
    credential: Annotated[Path, typer.Argument(help="The file with the signed credential.")],
    as_json: Json = False,
) -> None:
    """Present a credential for its subject."""
    from assay.manifests.files import load_document
    from assay.participants import SignedCredential

    signed = load_document(credential, SignedCredential)
    with open_market(context, acting=True) as market:
        show(paid(market.participants.accredit(signed)), as_json)


@app.command()
def tie(
    context: typer.Context,
    other: AddressText,
    days: Annotated[int, typer.Option(min=1, max=36_500)] = 365,
    as_json: Json = False,
) -> None:
    """Declare a tie to another account, so that this one cannot judge it."""
    with open_market(context, acting=True) as market:
        until = market.session.now() + days * _DAY
        show(paid(market.participants.declare_tie(other, until)), as_json)


def _record(market: Market, participant: Participant) -> dict[str, object]:
    from assay.structs import Role

    record = {
        "address": participant.address,
        "index": Data(participant.index),
        "roles": [role.words for role in participant.roles],
        "jurisdiction": participant.jurisdiction,
        "domains": participant.domains,
        "organisation": digest(participant.organisation),
        "encryption_key": participant.encryption_key,
        "trusted_from": moment(participant.trusted_from),
        "accredited_until": moment(participant.accredited_until),
    }
    if Role.DEVELOPER in participant.roles:
        shares = [_share(market, domain, participant.address) for domain in participant.domains]
        record["awarded_this_period"] = shares
    return record


def _share(market: Market, domain: str, developer: str) -> dict[str, object]:
    """A developer's standing under the share cap of a domain."""
    share, token = market.policy.share(domain, developer), market.escrow.token()
    return {
        "domain": domain,
        "awarded": money(share.own, token),
        **share_of(share, token),
        "may_bid": share.may_bid,
    }
