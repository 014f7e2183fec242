"""`assay conformity`: third-party test sets and the models that were assessed on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.arguments import DigestText, Number, parse_amount_text, parse_digest
from assay.cli.checks import Unchecked
from assay.cli.output import Data, due, gathered, moment, money, paid, score, show, show_rows, threshold
from assay.cli.settings import Json, open_market
from assay.errors import InvalidInput

if TYPE_CHECKING:
    from assay.market import Market
    from assay.structs import ConformityAssessment, TestSet

app = typer.Typer(no_args_is_help=True)


@app.command()
def register(
    context: typer.Context,
    plan: Annotated[Path, typer.Argument(help="The test set, a JSON file.")],
    data: Annotated[Path, typer.Argument(help="The hidden data.")],
    unchecked: Unchecked = False,
    as_json: Json = False,
) -> None:
    """As a conformity body, check the data, seal it and register a test set."""
    from assay.judges.conformity import TestSetPlan

    document = TestSetPlan.load(plan)
    with open_market(context, acting=True, quiet=as_json, unchecked=unchecked) as market:
        registered = market.conformity.register(document, data)
        show({"test_set": registered.set_id, **paid(registered.receipt)}, as_json)


@app.command()
def retire(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """As its body, take no more assessments on a test set."""
    with open_market(context, acting=True) as market:
        show(paid(market.conformity.retire(number)), as_json)


@app.command("list")
def list_sets(
    context: typer.Context,
    model: Annotated[
        bytes | None, typer.Option(parser=parse_digest, help="Also show how this model stands on each.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List test sets, and whether they count in their domains."""
    with open_market(context) as market:

        def row(one: tuple[int, TestSet]) -> dict[str, Any]:
            set_id, test_set = one
            told, stands = market.session.together(
                lambda: _set(market, set_id, test_set), lambda: _standing(market, set_id, model)
            )
            return {"test_set": set_id, **told, **stands}

        rows = list(market.session.each(row, market.conformity.test_sets()))
        show_rows(rows, as_json, empty="No test set has been registered yet.")


@app.command("apply")
def apply_for(
    context: typer.Context,
    number: Annotated[int, typer.Argument(min=1, max=2**32 - 1, help="The test set's number.")],
    model: DigestText,
    fee: Annotated[
        str | None,
        typer.Option(parser=parse_amount_text, help="To each validator; the market's minimum by default."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would cost, and stop.")] = False,
    unchecked: Unchecked = False,
    as_json: Json = False,
) -> None:
    """Have a model assessed on a test set, and pay for it."""
    with open_market(context, acting=True, quiet=as_json, unchecked=unchecked) as market:
        token = market.escrow.token(market.conformity.test_set(number).token)
        amount = None if fee is None else token.parse(fee)
        if dry_run:
            show({"total": money(market.conformity.quote(number, amount), token)}, as_json)
            return
        applied = market.conformity.apply(number, model, evaluation_fee=amount)
        record = {
            "assessment": applied.assessment_id,
            "total": money(applied.total, token),
            "deposit_transaction": applied.deposit and applied.deposit.tx_hash,
            **paid(applied.receipt),
            "next": due(market.conformity.next_step(applied.assessment_id)),
        }
        show(record, as_json)


@app.command()
def grant(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Grant the panel a key: the data's as the body, the model's as the applicant."""
    with open_market(context, acting=True) as market:
        assessment = market.conformity.get(number)
        if market.address == assessment.applicant:
            receipt = market.conformity.grant_model(number)
        elif market.address == market.conformity.test_set(assessment.set_id).body:
            receipt = market.conformity.grant_data(number)
        else:
            raise InvalidInput(f"{market.address} is neither the body nor the applicant.")
        show({**paid(receipt), "next": due(market.conformity.next_step(number))}, as_json)


@app.command()
def advance(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Take the next step that is due; anyone may."""
    with open_market(context, acting=True) as market:
        receipt = market.conformity.advance(number)
        show({**paid(receipt), "next": due(market.conformity.next_step(number))}, as_json)


@app.command("show")
def show_assessment(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show where an assessment stands and what it waits for."""
    with open_market(context) as market:
        assessment = market.conformity.get(number)
        show({"assessment": number, **_record(market, number, assessment)}, as_json)


def _set(market: Market, set_id: int, test_set: TestSet) -> dict[str, Any]:
    fields = {
        "body": test_set.body,
        "domain": lambda: market.policy.domain_name(test_set.domain),
        "counts": lambda: market.policy.conformity_set(test_set.domain) == set_id,
        "threshold": lambda: threshold(test_set.threshold, market.conformity.metric(set_id)),
        "panel_size": test_set.panel_size,
        "total": lambda: money(market.conformity.quote(set_id), market.escrow.token(test_set.token)),
        "retired": test_set.retired,
        "spec": test_set.spec,
        "dataset": test_set.dataset,
    }
    return gathered(market, fields)


def _standing(market: Market, set_id: int, model: bytes | None) -> dict[str, Any]:
    if model is None:
        return {}
    standing = market.conformity.standing(set_id, model)
    return {
        "passed": standing.passed if standing.at else None,
        "score": score(standing.score if standing.at else None, market.conformity.metric(set_id)),
        "tested": moment(standing.at),
    }


def _record(market: Market, number: int, assessment: ConformityAssessment) -> dict[str, Any]:
    finding, token, metric, step = market.session.together(
        lambda: market.conformity.finding(number),
        lambda: market.escrow.token(market.conformity.test_set(assessment.set_id).token),
        lambda: market.conformity.metric(assessment.set_id),
        lambda: market.conformity.next_step(number),
    )
    return {
        "state": assessment.state.words,
        "cause": assessment.cause.words if assessment.cause else None,
        "next": due(step),
        "test_set": assessment.set_id,
        "model": assessment.manifest,
        "applicant": assessment.applicant,
        "score": score(finding.score if finding else None, metric),
        "opened": moment(assessment.opened_at),
        "panel": Data(str(assessment.panel_id) if assessment.panel_id else None),
        "step_fee": money(assessment.step_fee or None, token),
        "paid_steps": assessment.steps if assessment.step_fee else None,
    }
