"""`assay status`: which market this is, and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from assay.cli.output import Cell, gathered, moment, ppm, show
from assay.cli.settings import Json, open_market

if TYPE_CHECKING:
    from assay.market import Market


def status(context: typer.Context, as_json: Json = False) -> None:
    """Show the market: chain, tokens, rules, counts."""
    with open_market(context) as market:
        deployment, policy = market.deployment, market.policy
        fields = {
            "network": deployment.network,
            "chain": deployment.chain_id,
            "block": market.session.connection.block_number,
            "time": lambda: moment(market.session.now()),
            "payment_token": lambda: _named(market, deployment.tokens.payment),
            "staking_token": lambda: _named(market, deployment.tokens.staking),
            "fee": lambda: ppm(policy.fee_ppm()),
            "halted_until": policy.halted_until,
            "domains": policy.domains,
            "jurisdictions": policy.jurisdictions,
            "commissions": market.commissions.count,
            "validators": market.staking.validator_count,
            "contracts": deployment.contracts,
        }
        record = gathered(market, fields)
        halted = record["halted_until"]
        record["halted_until"] = moment(halted if halted > record["time"].value else 0)
        show(record, as_json)


def _named(market: Market, token: str) -> Cell:
    symbol = market.escrow.token(token).symbol
    return Cell({"symbol": symbol, "address": token}, f"{symbol} {token}")
