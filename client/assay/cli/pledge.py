"""`assay pledge`: agreements with a bond behind them, which a breach costs if a jury confirms it."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.arguments import Last, Number, parse_address, parse_amount_text, parse_digest, parse_duration
from assay.cli.bounds import AtMost, agree
from assay.cli.licence_shown import duration
from assay.cli.output import due, moment, money, paid, show, show_rows
from assay.cli.settings import Json, open_market

if TYPE_CHECKING:
    from assay.market import Market
    from assay.markets.pledges import Pledge
    from assay.structs import PledgeTerms

app = typer.Typer(no_args_is_help=True)

AgreementName = Annotated[
    bytes,
    typer.Argument(parser=parse_digest, help="Its name, which `draw-up` prints and the offer asks for."),
]


@app.command("draw-up")
def draw_up(
    context: typer.Context,
    text: Annotated[
        bytes, typer.Argument(parser=parse_digest, help="The digest of a text: `assay agreement new`.")
    ],
    bond: Annotated[
        str, typer.Option(parser=parse_amount_text, help="The bond that each party puts up, in token units.")
    ],
    term: Annotated[
        int, typer.Option(parser=parse_duration, help="For how long a breach can be claimed, such as 365d.")
    ],
    domain: Annotated[str, typer.Option(help="Whose experts give opinions of a breach, such as healthcare.")],
    as_json: Json = False,
) -> None:
    """Draw up an agreement with a bond, as its beneficiary. Offers ask for it with --agreement."""
    with open_market(context, acting=True) as market:
        token = market.escrow.token()
        drawn = market.pledges.draw_up(text, token.parse(bond), term, market.policy.domain_id(domain))
        record = {
            "agreement": drawn.agreement,
            **paid(drawn.receipt),
            "next": f"ask for it: `assay sell offer MANIFEST --agreement {drawn.agreement.hex()}`",
        }
        show(record, as_json)


@app.command()
def make(
    context: typer.Context,
    agreement: AgreementName,
    at_most: AtMost = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show text and bond, and stop.")] = False,
    as_json: Json = False,
) -> None:
    """Agree, and put up the bond; or renew a pledge that runs, for nothing."""
    with open_market(context, acting=not dry_run) as market:
        terms = market.pledges.require(agreement)
        token = market.escrow.token(terms.token)
        shown = {
            "agreement": agreement,
            **_terms(market, terms),
            "text": market.agreements.get(terms.text).text,
        }
        if dry_run:
            show(shown, as_json)
            return
        if not as_json:
            show(shown, False)
            typer.echo("")
        agree(
            terms.bond, token, market.escrow.token(), at_most,
            question=f"Agree, and put up {token.format(terms.bond)}?",
            undone="Nothing was agreed to.", asked=not as_json,
        )  # fmt: skip
        made = market.pledges.make(agreement, at_most=terms.bond)
        record = {"pledge": made.pledge_id, **paid(made.receipt)}
        show({**record, "next": due(market.pledges.next_step(made.pledge_id))}, as_json)


@app.command()
def accuse(
    context: typer.Context,
    number: Number,
    claim: Annotated[
        Path, typer.Argument(help="Claim, statement, exhibits: a JSON file. All of it is public.")
    ],
    as_json: Json = False,
) -> None:
    """As the beneficiary, have a jury find whether there was a breach, and pay for the ruling."""
    from assay.judges.disputes import Claim
    from assay.structs import Ground

    document = Claim.load(claim)
    with open_market(context, acting=True) as market:
        market.pledges.require_contestable(number)
        opened = market.disputes.open(number, Ground.BREACH, document, contract="Pledges")
        record = {"dispute": opened.dispute_id, **paid(opened.receipt)}
        show({**record, "next": due(market.pledges.next_step(number))}, as_json)


@app.command()
def release(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Return the bond of a pledge that has ended; anyone may."""
    with open_market(context, acting=True) as market:
        show(paid(market.pledges.release(number)), as_json)


@app.command("show")
def show_pledge(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show how a pledge stands, what was agreed, and what became of the bond."""
    with open_market(context) as market:
        found = market.pledges.get(number)
        token = market.escrow.token(found.terms.token)
        lost = {
            "to_the_beneficiary": money(found.to_beneficiary, token),
            "burnt": money(found.burnt, token),
        }
        record = {
            **_record(market, found),
            **_terms(market, found.terms),
            "dispute": found.dispute_id,
            **lost,
        }
        show(record, as_json)


@app.command("list")
def list_pledges(
    context: typer.Context,
    party: Annotated[str | None, typer.Option(parser=parse_address, help="Only one party's.")] = None,
    agreement: Annotated[
        bytes | None, typer.Option(parser=parse_digest, help="Only those under an agreement.")
    ] = None,
    last: Last = 20,
    as_json: Json = False,
) -> None:
    """List pledges, the newest first."""
    with open_market(context) as market:
        found = islice(market.pledges.list(party=party, agreement=agreement), last)
        rows = list(market.session.each(lambda one: _record(market, one), found))
        show_rows(rows, as_json, empty="Nobody has pledged a bond.")


def _record(market: Market, found: Pledge) -> dict[str, Any]:
    token, now = market.session.together(lambda: market.escrow.token(found.terms.token), market.session.now)
    return {
        "pledge": found.pledge_id,
        "agreement": found.agreement,
        "party": found.party,
        "state": found.state.words,
        "bond": money(found.terms.bond, token),
        "until": moment(found.deadline),
        "next": due(found.next_step(now)),
    }


def _terms(market: Market, terms: PledgeTerms) -> dict[str, Any]:
    token, domain = market.session.together(
        lambda: market.escrow.token(terms.token), lambda: market.policy.domain_name(terms.domain)
    )
    return {
        "beneficiary": terms.beneficiary,
        "bond": money(terms.bond, token),
        "breach_can_be_claimed_for": duration(terms.term),
        "opinions_by_experts_in": domain,
        "worst_case": "a jury confirms a breach: the bond makes good its costs, and the rest is burnt",
        "text_digest": terms.text,
    }
