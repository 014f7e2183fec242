"""`assay governance propose`: amounts, rates and times. What is allowed, and to whom, is in `permissions`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.arguments import (
    DurationText,
    PercentText,
    TokenOption,
    parse_address,
    parse_amount_text,
    parse_duration,
    parse_percent,
    token_address,
)
from assay.cli.output import moment, paid, show
from assay.cli.settings import Json, open_market

if TYPE_CHECKING:
    from assay.chain import Call
    from assay.market import Market

app = typer.Typer(help="Propose a change; accounts with a vote.", no_args_is_help=True)

Why = Annotated[str, typer.Option("--description", help="Why; everybody can read it.")]
Domain = Annotated[str, typer.Argument(help="A domain of the market.")]
_QUARTER, _YEAR = 90 * 86_400, 365 * 86_400
Seconds = Annotated[int | None, typer.Option(parser=parse_duration, help="Such as 90s, 45m, 6h or 2d.")]
Rate = Annotated[int | None, typer.Option(parser=parse_percent, help="Such as 2.5%.")]
Amount = Annotated[str | None, typer.Option(parser=parse_amount_text, help="In token units.")]


def propose(
    context: typer.Context, calls: Callable[[Market], Sequence[Call]], description: str, as_json: bool
) -> None:
    """Propose the changes, and print in words what they are."""
    with open_market(context, acting=True) as market:
        receipt = market.governance.propose(calls(market), description)
        number = market.governance.number_of(receipt.event("ProposalCreated").arguments["proposalId"])
        proposal = market.governance.get(number)
        record = {
            "proposal": number,
            "changes": [str(change) for change in proposal.changes],
            "votes_from": moment(proposal.votes_from),
            "votes_until": moment(proposal.votes_until),
            **paid(receipt),
        }
        show(record, as_json)


@app.command()
def fee(
    context: typer.Context,
    rate: PercentText,
    treasury: Annotated[
        str | None, typer.Option(parser=parse_address, help="Who receives it; unchanged by default.")
    ] = None,
    description: Why = "Another fee",
    as_json: Json = False,
) -> None:
    """The market's fee."""
    propose(context, lambda market: [market.governance.changes.fee(rate, treasury)], description, as_json)


@app.command("bid-bond")
def bid_bond(
    context: typer.Context, rate: PercentText, description: Why = "Another bid bond", as_json: Json = False
) -> None:
    """A bid's bond, of the reserve price."""
    propose(context, lambda market: [market.governance.changes.bid_bond(rate)], description, as_json)


@app.command()
def timeouts(
    context: typer.Context,
    draw: Seconds = None,
    grant: Seconds = None,
    commit: Seconds = None,
    reveal: Seconds = None,
    appeal: Seconds = None,
    audit: Seconds = None,
    delivery: Seconds = None,
    challenge: Seconds = None,
    description: Why = "Other timeouts",
    as_json: Json = False,
) -> None:
    """How long the steps of a deal may take; those not named stay."""
    given = {
        "draw": draw, "grant": grant, "commit": commit, "reveal": reveal,
        "appeal": appeal, "audit": audit, "delivery": delivery, "challenge": challenge,
    }  # fmt: skip
    values = {name: value for name, value in given.items() if value is not None}
    propose(context, lambda market: [market.governance.changes.timeouts(**values)], description, as_json)


@app.command()
def stakes(
    context: typer.Context,
    seat: Amount = None,
    auditor: Amount = None,
    silence: Rate = None,
    withhold: Rate = None,
    description: Why = "Other stakes",
    as_json: Json = False,
) -> None:
    """Stakes of validators and bonds of auditors; those not named stay."""

    def calls(market: Market) -> list[Call]:
        token = market.escrow.token(market.deployment.tokens.staking)
        amounts = {"seat": seat, "auditor": auditor}
        values = {name: token.parse(text) for name, text in amounts.items() if text is not None}
        rates = {"silence_ppm": silence, "withhold_ppm": withhold}
        values |= {name: rate for name, rate in rates.items() if rate is not None}
        return [market.governance.changes.stakes(**values)]

    propose(context, calls, description, as_json)


@app.command("risk-class")
def risk_class(
    context: typer.Context,
    number: Annotated[int, typer.Argument(min=0, max=255)],
    audits: Annotated[int | None, typer.Option(min=0, max=7, help="How many auditors decide.")] = None,
    regulator: Annotated[bool | None, typer.Option(help="One of them is a regulator.")] = None,
    explainability: Annotated[bool | None, typer.Option(help="Audits cover it.")] = None,
    third_party: Annotated[bool | None, typer.Option(help="A conformity body's test set is passed.")] = None,
    reverify: Annotated[int | None, typer.Option(parser=parse_duration, help="0s for never.")] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="No new deals in this class.")] = False,
    description: Why = "Another risk class",
    as_json: Json = False,
) -> None:
    """What a risk class asks for; what is not named stays."""
    given = {
        "audits": audits,
        "regulator": regulator,
        "explainability": explainability,
        "third_party": third_party,
        "reverify_interval": reverify,
        "defined": not withdraw,
    }
    asks = {name: value for name, value in given.items() if value is not None}
    propose(
        context, lambda market: [market.governance.changes.risk_class(number, **asks)], description, as_json
    )


@app.command("share-cap")
def share_cap(
    context: typer.Context,
    domain: Domain,
    rate: PercentText,
    period: Annotated[int | None, typer.Option(parser=parse_duration, help="90d by default.")] = None,
    above: Annotated[
        str, typer.Option(parser=parse_amount_text, help="The domain's value from which the cap counts.")
    ] = "0",
    description: Why = "Another share cap",
    as_json: Json = False,
) -> None:
    """The most of a domain's value that one developer may be awarded in a period; 0% for no cap."""

    def calls(market: Market) -> list[Call]:
        volume = market.escrow.token().parse(above)
        return [
            market.governance.changes.share_cap(
                domain, rate, period=_QUARTER if period is None else period, min_volume=volume
            )
        ]

    propose(context, calls, description, as_json)


@app.command("fee-share")
def fee_share(
    context: typer.Context,
    rate: PercentText,
    period: Annotated[int | None, typer.Option(parser=parse_duration, help="365d by default.")] = None,
    above: Annotated[
        str, typer.Option(parser=parse_amount_text, help="The auditor's fees from which the cap counts.")
    ] = "0",
    description: Why = "Another cap on one party's share of an auditor's fees",
    as_json: Json = False,
) -> None:
    """The most of an auditor's fees that may come from one party in a period; 0% for no cap."""

    def calls(market: Market) -> list[Call]:
        volume = market.escrow.token().parse(above)
        length = _YEAR if period is None else period
        return [market.governance.changes.fee_share(rate, period=length, min_volume=volume)]

    propose(context, calls, description, as_json)


@app.command("token")
def token_rule(
    context: typer.Context,
    name: TokenOption = "payment",
    allowed: Annotated[bool, typer.Option(help="Whether new deals may be paid in it.")] = True,
    min_evaluation_fee: Amount = None,
    appeal_bond: Amount = None,
    step_fee: Amount = None,
    description: Why = "Another token rule",
    as_json: Json = False,
) -> None:
    """A payment token's rules; its panel sizes stay."""

    def calls(market: Market) -> list[Call]:
        address = token_address(market, name)
        parse = market.escrow.token(address).parse
        fee = None if min_evaluation_fee is None else parse(min_evaluation_fee)
        bond = None if appeal_bond is None else parse(appeal_bond)
        step = None if step_fee is None else parse(step_fee)
        change = market.governance.changes.token(
            address, allowed=allowed, min_evaluation_fee=fee, appeal_bond=bond, step_fee=step
        )
        return [change]

    propose(context, calls, description, as_json)


@app.command("cooling-off")
def cooling_off(
    context: typer.Context,
    duration: DurationText,
    description: Why = "Another cooling-off period",
    as_json: Json = False,
) -> None:
    """For how long a dealing is a conflict of interest."""
    propose(context, lambda market: [market.governance.changes.cooling_off(duration)], description, as_json)


@app.command()
def waits(
    context: typer.Context,
    trusted: Seconds = None,
    domain_change: Seconds = None,
    description: Why = "Other waits",
    as_json: Json = False,
) -> None:
    """Before a trusted role counts, and between two changes of domains."""

    def calls(market: Market) -> list[Call]:
        return [market.governance.changes.waits(trusted=trusted, domain_change=domain_change)]

    propose(context, calls, description, as_json)


@app.command()
def release(context: typer.Context, description: Why = "Deals may open again", as_json: Json = False) -> None:
    """End a halt before its time."""
    propose(context, lambda market: [market.governance.changes.release()], description, as_json)
