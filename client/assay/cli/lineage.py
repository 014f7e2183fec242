"""`assay lineage`: claims that a model was made from another one and does not say so."""

from __future__ import annotations

from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.arguments import Last, Number, parse_amount_text, parse_digest, parse_percent
from assay.cli.bounds import AtMost, agree
from assay.cli.output import Cell, due, moment, money, paid, show, show_rows
from assay.cli.settings import Json, open_market
from assay.cli.written import Shelf

if TYPE_CHECKING:
    from assay.judges.lineage_standing import Standing
    from assay.market import Market

app = typer.Typer(no_args_is_help=True)

Parent = Annotated[
    bytes, typer.Argument(parser=parse_digest, help="The digest of the manifest of your model.")
]
Child = Annotated[
    bytes, typer.Argument(parser=parse_digest, help="The digest of the manifest of what was made from it.")
]
ClaimFile = Annotated[
    Path, typer.Argument(help="Claim, statement, exhibits: a JSON file. All of it is public.")
]


@app.command()
def terms(
    context: typer.Context,
    model: Parent,
    share: Annotated[
        int, typer.Option(parser=parse_percent, help='Of the price of each sale, such as "5%"; 30 % at most.')
    ],
    floor: Annotated[
        str, typer.Option(parser=parse_amount_text, help="At least, for each seat, in token units.")
    ] = "0",
    as_json: Json = False,
) -> None:
    """Say, once and for good, what models owe that are made from MODEL without a licence and listed later."""
    with open_market(context, acting=True) as market:
        token = market.escrow.token()
        receipt = market.lineage_claims.set_terms(model, share, token.parse(floor))
        show({"model": model, **paid(receipt)}, as_json)


@app.command()
def claim(
    context: typer.Context,
    parent: Parent,
    child: Child,
    claim: ClaimFile,
    watermark: Annotated[
        Path | None, typer.Option(help="What `assay model claim make` wrote. It becomes public.")
    ] = None,
    at_most: AtMost = None,
    as_json: Json = False,
) -> None:
    """Claim that CHILD was made from PARENT, your model, and hides it. A false claim costs the bond."""
    from assay.judges.disputes import Claim

    document = Claim.load(claim)
    with open_market(context, acting=True) as market:
        claims = market.lineage_claims
        token = market.escrow.token(claims.require_claimable(parent, child).token)
        bond = claims.bond(token.address)
        agree(
            bond, token, market.escrow.token(), at_most,
            question=f"Put up a bond of {token.format(bond)}?", undone="Nothing was claimed.",
            asked=not as_json,
        )  # fmt: skip
        made = claims.claim(parent, child, document, watermark=watermark, at_most=bond)
        record = {"claim": made.claim_id, "bond": money(bond, token), **paid(made.receipt)}
        show({**record, "next": due(claims.next_step(made.claim_id))}, as_json)


@app.command()
def deny(
    context: typer.Context, number: Number, claim: ClaimFile, at_most: AtMost = None, as_json: Json = False
) -> None:
    """As the owner of the child, deny a claim, with the same bond. A jury that upholds it takes the bond."""
    from assay.judges.disputes import Claim

    document = Claim.load(claim)
    with open_market(context, acting=True) as market:
        found = market.lineage_claims.claim_of(number)
        token = market.escrow.token(found.token)
        agree(
            found.bond, token, market.escrow.token(), at_most,
            question=f"Put up a bond of {token.format(found.bond)}?", undone="Nothing was denied.",
            asked=not as_json,
        )  # fmt: skip
        receipt = market.lineage_claims.deny(number, document, at_most=found.bond)
        show({**paid(receipt), "next": due(market.lineage_claims.next_step(number))}, as_json)


@app.command()
def admit(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """As the owner of the child, admit a claim: later sales pay the parent, and the bonds come back."""
    with open_market(context, acting=True) as market:
        receipt = market.lineage_claims.admit(number)
        what = "change your offers, which sell nothing until then: `assay sell offer MANIFEST --instead-of N`"
        show({**paid(receipt), "next": what}, as_json)


@app.command()
def pursue(context: typer.Context, number: Number, claim: ClaimFile, as_json: Json = False) -> None:
    """As the claimant, have a jury judge a claim that was denied or not answered, and pay for the ruling."""
    from assay.judges.disputes import Claim

    document = Claim.load(claim)
    with open_market(context, acting=True) as market:
        opened = market.lineage_claims.pursue(number, document)
        record = {"dispute": opened.dispute_id, **paid(opened.receipt)}
        show({**record, "next": due(market.lineage_claims.next_step(number))}, as_json)


@app.command()
def settle(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Refuse a claim that was not taken to a jury in time; anyone may."""
    with open_market(context, acting=True) as market:
        show(paid(market.lineage_claims.settle(number)), as_json)


@app.command()
def evidence(
    context: typer.Context,
    number: Number,
    out: Annotated[Path, typer.Argument(help="Where the watermark that the claimant shows goes.")],
    as_json: Json = False,
) -> None:
    """As a juror, fetch the watermark that a claimant shows, to repeat its test."""
    with open_market(context, quiet=as_json) as market:
        found = market.lineage_claims.claim_of(number)
        market.lineage_claims.fetch_watermark(number, out)
        repeat = f"`assay model claim check {out} SUSPECT --sold-as {found.child.hex()}`"
        show({"evidence": str(out), "next": f"repeat the test: {repeat}"}, as_json)


@app.command("show")
def show_claim(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show how a claim stands, what both sides say, and what it has added."""
    with open_market(context, quiet=True) as market:
        found, shelf = market.lineage_claims.get(number), Shelf()
        said = [
            {"digest": one, **shelf.evidence(one.hex(), partial(market.lineage_claims.read, found, one))}
            for one in found.evidence
        ]
        token = market.escrow.token(found.claim.token)
        asked = {
            "parent_asks": Cell(found.terms.ppm, _share(found.terms.ppm)),
            "parent_asks_at_least": money(found.terms.floor, token),
        }
        show({**_record(market, found), **asked, "dispute": found.dispute_id, "evidence": said}, as_json)


@app.command("list")
def list_claims(
    context: typer.Context,
    parent: Annotated[
        bytes | None, typer.Option(parser=parse_digest, help="Only those of one parent.")
    ] = None,
    child: Annotated[
        bytes | None, typer.Option(parser=parse_digest, help="Only those about one child.")
    ] = None,
    last: Last = 20,
    as_json: Json = False,
) -> None:
    """List claims, the newest first."""
    with open_market(context) as market:
        found = islice(market.lineage_claims.list(parent=parent, child=child), last)
        rows = list(market.session.each(lambda one: _record(market, one), found))
        show_rows(rows, as_json, empty="Nobody has claimed a missing parent.")


def _record(market: Market, found: Standing) -> dict[str, Any]:
    claim = found.claim
    token, now = market.session.together(lambda: market.escrow.token(claim.token), market.session.now)
    added = found.added
    return {
        "claim": found.claim_id,
        "state": claim.state.words,
        "parent": claim.parent,
        "child": claim.child,
        "claimant": claim.claimant,
        "respondent": claim.respondent,
        "denied": claim.denied,
        "bond": money(claim.bond, token),
        "until": moment(claim.deadline),
        "added_share": Cell(added.ppm if added else None, _share(added.ppm) if added else "-"),
        "added_floor": money(added.floor if added else None, token),
        "next": due(found.next_step(now)),
    }


def _share(ppm: int) -> str:
    from assay.words import formatting

    return formatting.percent(ppm)
