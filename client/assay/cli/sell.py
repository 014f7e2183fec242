"""`assay sell`: offering tested models, and what a seller does afterwards."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli import licence_shown as shown
from assay.cli.arguments import (
    DigestText,
    Last,
    Number,
    parse_amount_text,
    parse_digest,
    parse_duration,
    parse_percent,
    parse_role,
)
from assay.cli.output import due, money, paid, ppm, show, show_rows
from assay.cli.sell_serve import serve
from assay.cli.settings import Json, open_market
from assay.errors import InvalidInput
from assay.manifests.licence import PURPOSES, RESTRICTIONS

if TYPE_CHECKING:
    from assay.market import Market
    from assay.markets.offer_plan import OfferPlan
    from assay.markets.offers import Draft
    from assay.structs import BondAccount, Role
else:
    Role = str  # as it is typed; importing the SDK for the type takes a third of a second

app = typer.Typer(no_args_is_help=True)
app.command()(serve)

Price = Annotated[str, typer.Option(parser=parse_amount_text, help="The price of each seat, in token units.")]
Purposes = Annotated[
    list[str] | None,
    typer.Option("--purpose", help=f"{', '.join(PURPOSES)}; use by default; may be repeated."),
]
Seats = Annotated[int, typer.Option(min=1, max=2**16 - 1, help="The most seats of one sale.")]
Term = Annotated[
    int | None,
    typer.Option(parser=parse_duration, help="How long a licence lasts, such as 365d; no end by default."),
]
Audience = Annotated[
    list[Role] | None,
    typer.Option("--audience", parser=parse_role, help="Sell to holders of this role only; may be repeated."),
]
Places = Annotated[
    list[str] | None,
    typer.Option("--place", help="Where it may be used (ISO 3166-1 alpha-2); may be repeated."),
]
Restricted = Annotated[
    list[str] | None, typer.Option("--not-for", help=f"{', '.join(RESTRICTIONS)}; may be repeated.")
]
Further = Annotated[
    list[str] | None,
    typer.Option("--not", help='Your own words after "It may not be used ..."; may be repeated.'),
]
AgreementText = Annotated[
    bytes | None,
    typer.Option("--agreement", parser=parse_digest, help="A text that a buyer must have signed."),
]
Royalty = Annotated[
    int | None,
    typer.Option(
        "--royalty", parser=parse_percent, help="Your share of sales of models made from it, such as 5%."
    ),
]
Floor = Annotated[
    str | None,
    typer.Option(
        "--royalty-floor", parser=parse_amount_text, help="The least royalty for each seat, in token units."
    ),
]
Spdx = Annotated[str | None, typer.Option("--spdx", help="A licence of the SPDX list in place of a text.")]
Domain = Annotated[str | None, typer.Option("--domain", help="Add a domain's section to the text.")]
Bond = Annotated[
    str | None,
    typer.Option(
        "--bond", parser=parse_amount_text, help="The bond behind each sale; the least allowed by default."
    ),
]
InFlight = Annotated[
    int, typer.Option(min=0, max=10_000, help="For how many sales at once the bond is to last.")
]


@app.command()
def offer(
    context: typer.Context,
    manifest: DigestText,
    price: Price,
    purpose: Purposes = None,
    seats: Seats = 1,
    term: Term = None,
    audience: Audience = None,
    place: Places = None,
    not_for: Restricted = None,
    further: Further = None,
    agreement: AgreementText = None,
    royalty: Royalty = None,
    royalty_floor: Floor = None,
    spdx: Spdx = None,
    domain: Domain = None,
    bond: Bond = None,
    in_flight: InFlight = 10,
    risk_class: Annotated[
        int, typer.Option(min=0, max=255, help="For a model without a commission: which rules apply to it.")
    ] = 0,
    jurisdiction: Annotated[
        str | None, typer.Option(help="Where you are (ISO 3166-1 alpha-2), if you are new to the market.")
    ] = None,
    instead_of: Annotated[
        int | None, typer.Option(min=1, help="An offer of yours of the same model that this one replaces.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show licence and bond, and stop. Uploads nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Offer a tested model that you own, with the bond behind its sales, in one transaction."""
    with open_market(context, acting=True, quiet=as_json) as market:
        plan = _plan(market, price, purpose, seats, term, audience, place, not_for, further)
        token = market.escrow.token()
        plan = replace(
            plan,
            agreement=agreement,
            royalty_ppm=royalty or 0,
            royalty_floor=token.parse(royalty_floor) if royalty_floor else 0,
            spdx=spdx,
            domain=domain,
            bond=token.parse(bond) if bond else None,
            in_flight=in_flight,
        )
        draft = market.offers.draft(manifest, plan)
        if dry_run:
            show(_drafted(draft), as_json)
            return
        if instead_of is None:
            made = market.offers.make(draft, risk_class=risk_class, jurisdiction=jurisdiction)
        else:
            made = market.offers.change(market.offers.offer(instead_of), draft)
        record = {
            "offer": made.offer_id,
            "price": money(plan.price, token),
            "bond_added": money(draft.missing if instead_of is None else 0, token),
            **paid(made.receipt),
            "next": f"keys are delivered by `assay sell serve`; buyers use `assay buy {made.offer_id} FILE`",
        }
        show(record, as_json)


def _plan(
    market: Market,
    price: str,
    purpose: list[str] | None,
    seats: int,
    term: int | None,
    audience: list[Role] | None,
    place: list[str] | None,
    not_for: list[str] | None,
    further: list[str] | None,
) -> OfferPlan:
    from assay.markets.offer_plan import OfferPlan

    return OfferPlan(
        price=market.escrow.token().parse(price),
        purposes=_chosen("purpose", purpose or ["use"], PURPOSES),
        seats=seats,
        term_seconds=term,
        audience=tuple(audience or ()),
        jurisdictions=tuple(place or ()),
        restrictions=_chosen("--not-for", not_for or [], RESTRICTIONS),
        further_restrictions=tuple(further or ()),
    )


def _chosen(option: str, said: list[str], choices: tuple[Any, ...]) -> tuple[Any, ...]:
    """What was said, in the order of the list."""
    unknown = [one for one in said if one not in choices]
    if unknown:
        raise InvalidInput(f"There is no {option} {unknown[0]!r}.", hint=f"Say one of {', '.join(choices)}.")
    return tuple(one for one in choices if one in said)


def _drafted(draft: Draft) -> dict[str, Any]:
    return {
        "price": money(draft.offer.price, draft.token),
        "bond_of_each_sale": money(draft.offer.bond, draft.token),
        "bond_added": money(draft.missing, draft.token),
        "not_allowed": list(draft.licence.forbids()),
        "licence": draft.text or draft.licence.spdx,
    }


@app.command()
def quote(context: typer.Context, manifest: DigestText, as_json: Json = False) -> None:
    """Say what a price has to cover: the market's fee and what ancestors are owed; and the least bond."""
    with open_market(context) as market:
        found = market.offers.owes(manifest)
        token = market.escrow.token()
        record = {
            "market_fee": ppm(found.fee_ppm),
            "royalties": [
                {"model": one.token_id, "share": ppm(one.ppm), "at_least_a_seat": money(one.floor, token)}
                for one in found.royalties
            ],
            "least_price": money(found.least_price, token),
            "least_bond_at_a_higher_price": money(found.least_bond, token),
        }
        show(record, as_json)


@app.command()
def withdraw(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Take an offer back. Sales that were made stay as they are."""
    with open_market(context, acting=True) as market:
        show(paid(market.offers.withdraw(market.offers.offer(number))), as_json)


@app.command("list")
def list_sales(context: typer.Context, last: Last = 20, as_json: Json = False) -> None:
    """List what the account has sold, the newest first."""
    with open_market(context, acting=True) as market:
        found = islice(market.licences.sold_by(market.address), last)
        rows = list(market.session.each(lambda one: shown.row(market, one), found))
        show_rows(rows, as_json, empty="Nothing was sold.")


@app.command()
def deliver(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Deliver the key of a sale by hand. `assay sell serve` does it for all, at once."""
    with open_market(context, acting=True) as market:
        receipt = market.licences.deliver(market.licences.get(number))
        show({**paid(receipt), "next": due(market.licences.next_step(number))}, as_json)


@app.command()
def bond(
    context: typer.Context,
    add: Annotated[
        str | None, typer.Option(parser=parse_amount_text, help="How much to add, in token units.")
    ] = None,
    take: Annotated[
        str | None, typer.Option(parser=parse_amount_text, help="How much to return to the escrow balance.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the account's bond, on which its sales rest, add to it, or take back what is free."""
    if add and take:
        raise InvalidInput("Either add to the bond or take from it.")
    with open_market(context, acting=True) as market:
        token, receipt = market.escrow.token(), None
        if add:
            receipt = market.offers.add_bond(token.parse(add))
        elif take:
            receipt = market.offers.take_bond(token.parse(take))
        account: BondAccount = market.offers.account()
        record = {
            "bond": money(account.bond, token),
            "behind_sales": money(account.locked, token),
            "free": money(account.free, token),
        }
        show({**record, **(paid(receipt) if receipt else {})}, as_json)
