"""What `assay commission show` tells of a commission."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer

from assay.cli.arguments import COURT, account_name
from assay.cli.checks import reasons_shown
from assay.cli.opinion import opinions_shown
from assay.cli.ordered import ordered, time_left
from assay.cli.output import Cell, Data, due, gathered, moment, money, out_of, ppm, score, threshold
from assay.errors import WalletError

if TYPE_CHECKING:
    from assay.deal.history import History
    from assay.deal.payments import Balance
    from assay.deal.refusals import Refusal
    from assay.manifests.evaluation import ReportStatus
    from assay.manifests.reason import Reason
    from assay.market import Market
    from assay.structs import Commission


def record(market: Market, context: typer.Context, number: int) -> dict[str, Any]:
    """Where it stands, and what it waits for."""
    deal = market.commissions.get(number)
    awarded, commissions = int(deal.developer, 16) != 0, market.commissions

    def coin(amount: int | None) -> Callable[[], Cell]:
        return lambda: money(amount, market.escrow.token(deal.request.token))

    fields = {
        "commission": number,
        "state": deal.state.words,
        "cause": deal.cause.words if deal.cause else None,
        "**order": lambda: ordered(market, number),
        "domain": lambda: market.policy.domain_name(deal.request.domain),
        "risk_class": deal.request.risk_class,
        "next": lambda: due(commissions.next_step(number)),
        "customer": deal.customer,
        "developer": deal.developer if awarded else None,
        "reputation": lambda: ppm(_reputation(market, deal) if awarded else None),
        "reserve": coin(deal.request.reserve),
        "price": coin(deal.price or None),
        "threshold": lambda: threshold(deal.request.threshold, commissions.metric(number)),
        "best_score": lambda: score(deal.best_score or None, commissions.metric(number)),
        "**refused": lambda: _refused(market, context, number, deal),
        "attempts": out_of(deal.attempts, deal.request.submission_cap),
        "step_fee": coin(deal.step_fee or None),
        "paid_steps": out_of(deal.steps, deal.paid_steps) if deal.step_fee else None,
        "deadline": moment(deal.deadline),
        "time_left": lambda: Data(time_left(deal.deadline, market.session.now())),
        "bond": coin(deal.bond or None),
        "panel": Data(str(deal.panel_id) if deal.panel_id else None),
        "audit": deal.audit_id or None,
        "arbitrator": lambda: commissions.arbitrator(number) or Cell(None, COURT),
        "opinions": lambda: opinions_shown(market, market.opinions.list(commission_id=number)),
        "model": deal.model_id or None,
        "standing": (lambda: market.models.standing(deal.model_id).status) if deal.model_id else None,
        "spec": deal.request.spec,
        "dataset": deal.request.dataset,
    }
    return gathered(market, fields)


def _reputation(market: Market, deal: Commission) -> int:
    return market.reputation.score(deal.developer, market.policy.domain_name(deal.request.domain))


def _refused(
    market: Market, context: typer.Context, number: int, deal: Commission
) -> dict[str, list[dict[str, Any]]]:
    """The line about what the panel refused, where it may have refused something."""
    from assay.structs import State

    if not (deal.attempts or deal.cause or deal.state == State.ATTESTING):
        return {}
    rows = refusals(market, context, number)
    return {"refused": rows} if rows else {}


def refusals(market: Market, context: typer.Context, number: int) -> list[dict[str, Any]]:
    """What was refused, a row for all validators that say the same."""
    metric, readable = market.session.together(
        lambda: market.commissions.metric(number), lambda: _readable(market, context, number)
    )
    said: dict[tuple[str, ReportStatus, tuple[Reason, ...] | None], int] = {}
    for one in readable:
        key = (one.about, one.status, one.reasons)
        said[key] = said.get(key, 0) + 1
    return [
        {
            "what": about,
            "status": status.name.lower().replace("_", " "),
            "validators": validators,
            "reasons": Cell(None, "sealed to others") if why is None else reasons_shown(why, metric),
        }
        for (about, status, why), validators in said.items()
    ]


def _readable(
    market: Market, context: typer.Context, number: int, history: History | None = None
) -> list[Refusal]:
    """What was refused, with the reasons that the account reads if its wallet opens without a question."""
    from assay.wallet.keystore import Wallet

    history = history or market.commissions.history(number)
    found = market.commissions.refusals(number, history=history)
    if not found or market.session.has_wallet:
        return found
    try:
        wallet = Wallet.open(context.obj.keystore)
        return market.commissions.refusals(number, wallet=wallet, history=history)
    except WalletError:
        return found


def timeline(market: Market, context: typer.Context, number: int) -> list[dict[str, Any]]:
    """A row for each transaction."""
    history = market.commissions.history(number)
    refused = _readable(market, context, number, history)
    return [
        {
            "time": moment(step.at),
            "step": step.step,
            "state": step.state.words if step.state is not None else None,
            "actor": step.actor,
            "gas": Cell(step.gas_used, f"{step.gas_used:,}"),
            "transaction": step.tx_hash,
        }
        for step in market.commissions.timeline(number, refused, history=history)
    ]


def payments(market: Market, number: int) -> list[dict[str, Any]]:
    """A row for each account that has paid or received something."""

    def row(balance: Balance) -> dict[str, Any]:
        token = market.escrow.token(balance.token)
        return {
            "account": Cell(
                {
                    "address": balance.account if balance.role else None,
                    "role": balance.role or balance.account,
                },
                account_name(balance.account, balance.role),
            ),
            "paid": money(balance.paid, token),
            "received": money(balance.received, token),
            "net": money(balance.net, token),
        }

    return list(market.session.each(row, market.commissions.payments(number).balances()))
