"""`assay status`: which market this is, and how it stands."""

from __future__ import annotations

import typer

from assay.cli.output import moment, ppm, show
from assay.cli.settings import Json, open_market


def status(context: typer.Context, as_json: Json = False) -> None:
    """Show the market: chain, tokens, rules, counts."""
    with open_market(context) as market:
        deployment = market.deployment
        now, payment = market.session.now(), market.escrow.token()
        staking = market.escrow.token(deployment.tokens.staking)
        record = {
            "network": deployment.network,
            "chain": deployment.chain_id,
            "block": market.session.connection.block_number(),
            "time": moment(now),
            "payment_token": f"{payment.symbol} {payment.address}",
            "staking_token": f"{staking.symbol} {staking.address}",
            "fee": ppm(market.policy.fee_ppm()),
            "halted_until": moment(halted if (halted := market.policy.halted_until()) > now else 0),
            "domains": market.policy.domains(),
            "jurisdictions": market.policy.jurisdictions(),
            "commissions": market.commissions.count(),
            "validators": market.staking.validator_count(),
            "contracts": deployment.contracts,
        }
        show(record, as_json)
