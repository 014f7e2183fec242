"""`assay job`: jobs of other contracts (ERC-8183) whose evaluator is Assay."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.arguments import Last, Number, parse_address
from assay.cli.bounds import AtMost, agree
from assay.cli.following import MINUTES, follow_steps
from assay.cli.output import digest, due, moment, money, opened_model, paid, show, show_rows, threshold
from assay.cli.settings import Json, open_market
from assay.errors import InvalidInput

if TYPE_CHECKING:
    from assay.deal.round_step import NextStep
    from assay.market import Market
    from assay.markets.jobs import EnrolledJob
    from assay.structs import Job

app = typer.Typer(no_args_is_help=True)


@app.command()
def evaluator(context: typer.Context, as_json: Json = False) -> None:
    """Show the address that a job names as its evaluator, and when a job may expire at the earliest."""
    with open_market(context) as market:
        jobs = market.jobs
        show({"evaluator": jobs.evaluator, "expiry_from": moment(jobs.earliest_expiry())}, as_json)


@app.command()
def enrol(
    context: typer.Context,
    jobs: Annotated[str, typer.Argument(parser=parse_address, help="The job contract.")],
    job_id: Annotated[int, typer.Argument(min=0, max=2**256 - 1, help="The job's number there.")],
    order: Annotated[
        Path,
        typer.Argument(help="What is tested, and what score passes: a file as `assay order new` writes it."),
    ],
    data: Annotated[Path, typer.Argument(help="Your hidden data.")],
    seats: Annotated[int, typer.Option(min=3, max=31, help="Validators on the panel, an odd number.")] = 3,
    at_most: AtMost = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it can cost, and stop.")] = False,
    as_json: Json = False,
) -> None:
    """As the client of an open job in the contract JOBS, have Assay evaluate it on your hidden data.

    You pay the panel, from your escrow balance; what is not spent comes back.
    """
    from assay.markets.order import Order

    document = Order.load(order)
    with open_market(context, acting=True, quiet=as_json, unchecked=False) as market:
        earlier = None if dry_run else market.jobs.resume(jobs, job_id)
        if earlier is not None:
            show(_enrolled(market, earlier), as_json)
            return
        market.jobs.check(jobs, job_id, document, seats=seats)
        token = market.escrow.token(document.token)
        total = market.jobs.quote(document, seats=seats)
        record: dict[str, Any] = {
            "threshold": threshold(document.threshold, document.evaluation.metric),
            "seats": seats,
            "total_at_most": money(total, token),
        }
        if not dry_run:
            if not as_json:
                show(record, False)
                typer.echo("")
            agree(
                total, token, market.escrow.token(), at_most,
                question=f"Enrol the job, which takes up to {token.format(total)}?",
                undone="The job was not enrolled.", asked=not as_json,
            )  # fmt: skip
            record = record if as_json else {}  # a person has seen it
            enrolled = market.jobs.enrol(jobs, job_id, document, data, seats=seats, at_most=total)
            record |= _enrolled(market, enrolled)
        show(record, as_json)


def _enrolled(market: Market, enrolled: EnrolledJob) -> dict[str, Any]:
    number = enrolled.number
    return {"job": number, **paid(enrolled.receipt), "next": due(market.jobs.next_step(number))}


@app.command()
def evaluate(
    context: typer.Context,
    number: Number,
    model: Annotated[Path, typer.Argument(help="The ONNX file that you have submitted.")],
    card: Annotated[Path, typer.Argument(help="The model card, a JSON file.")],
    as_json: Json = False,
) -> None:
    """As the provider, who has submitted in the job contract: seal the model, and have the panel score it."""
    from assay.markets.model_card import ModelCard

    described = ModelCard.load(card)
    with open_market(context, acting=True, quiet=as_json, unchecked=False) as market:
        _act(market, number, market.jobs.evaluate(number, model, described), as_json)


@app.command()
def grant(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Grant the panel a key: the data's as the client, the model's as the provider. Waits for the draw."""
    from assay.structs import JobState

    with open_market(context, acting=True, quiet=as_json) as market:
        if market.jobs.get(number).state in (JobState.ATTESTING, JobState.JUDGING):
            _follow(market, number, ("anyone",), quiet=as_json)
        _act(market, number, market.jobs.grant(number), as_json)


@app.command()
def advance(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Take the next step that is due; anyone may."""
    with open_market(context, acting=True) as market:
        _act(market, number, market.jobs.advance(number), as_json)


@app.command()
def wait(
    context: typer.Context,
    number: Number,
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="How long at most.")] = MINUTES,
    as_json: Json = False,
) -> None:
    """Follow what validators do, and wait until client or provider has to act, or nobody."""
    with open_market(context) as market:
        step = _follow(market, number, ("anyone", "validators"), minutes=minutes, quiet=as_json)
        show({"next": due(step)}, as_json)


@app.command()
def deliver(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Hand over the key of a model that has passed; whoever holds it may."""
    with open_market(context, acting=True) as market:
        _act(market, number, market.jobs.deliver(number), as_json)


@app.command()
def conclude(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Tell the job contract how the job ends: it pays the provider, or refunds the client. Anyone may."""
    with open_market(context, acting=True) as market:
        _act(market, number, market.jobs.conclude(number), as_json)


@app.command()
def fetch(
    context: typer.Context,
    number: Number,
    dest: Annotated[Path, typer.Argument(help="Where the ONNX file goes.")],
    as_json: Json = False,
) -> None:
    """As the client, open the model that has passed."""
    with open_market(context, acting=True, quiet=as_json) as market:
        show(opened_model(market.jobs.fetch(number, dest), dest), as_json)


@app.command("show")
def show_job(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show where an enrolled job stands, here and in its own contract, and what it waits for."""
    with open_market(context) as market:
        show(_record(market, number, market.jobs.get(number), whole=True), as_json)


@app.command("list")
def list_jobs(
    context: typer.Context,
    client: Annotated[str | None, typer.Option(parser=parse_address, help="Only one client's.")] = None,
    provider: Annotated[str | None, typer.Option(parser=parse_address, help="Only one provider's.")] = None,
    last: Last = 20,
    as_json: Json = False,
) -> None:
    """List enrolled jobs, the newest first."""
    with open_market(context) as market:
        found = islice(market.jobs.list(client=client, provider=provider), last)
        rows = list(market.session.each(lambda one: _record(market, *one), found))
        show_rows(rows, as_json, empty="There are no such jobs.")


def _act(market: Market, number: int, receipt: Any, as_json: bool) -> None:
    show({**paid(receipt), "next": due(market.jobs.next_step(number))}, as_json)


def _follow(
    market: Market, number: int, whose: tuple[str, ...], *, minutes: int = MINUTES, quiet: bool
) -> NextStep:
    return follow_steps(
        lambda: market.jobs.next_step(number), "assay job advance", whose=whose, minutes=minutes, quiet=quiet
    )


def _record(market: Market, number: int, job: Job, *, whole: bool = False) -> dict[str, Any]:
    record = {
        "job": number,
        "state": job.state.words,
        "contract": job.jobs,
        "number_there": str(job.job_id),
        "client": job.client,
        "provider": job.provider,
    }
    if whole:
        record |= _terms(market, number, job)
    return {**record, "until": moment(job.deadline), "next": due(market.jobs.next_step(number))}


def _terms(market: Market, number: int, job: Job) -> dict[str, Any]:
    from assay.deal.metric import metric_of
    from assay.manifests import CommissionSpec

    token = market.escrow.token(job.token)
    try:
        there = market.jobs.told(number).status.words
    except InvalidInput:
        there = "unreadable"
    return {
        "state_there": there,
        "expires": moment(job.expired_at),
        "threshold": threshold(job.threshold, metric_of(market.session, job.spec, CommissionSpec)),
        "seats": job.panel_size,
        "fee": money(job.evaluation_fee, token),
        "order": digest(job.spec),
        "data": digest(job.dataset),
        "model": digest(job.manifest),
    }
