"""Auctions of licences as records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.cli import licence_shown
from assay.cli.output import Cell, Data, due, moment, money

if TYPE_CHECKING:
    from assay.escrow import Token
    from assay.market import Market
    from assay.markets.auction_records import LicenceAuction, Prospect
    from assay.structs import Lot

_SHARES = ("to_the_seller", "market_fee", "royalties")
_SAID_OTHERWISE = ("price", "sellers_bond", *_SHARES)
"""Fields of a purchase that an auction says in words of its own."""


def lot(put: Lot, token: Token) -> dict[str, Any]:
    """What is put to auction, as its seller sees it."""
    return {
        "licences": put.licences,
        "seats_of_each": put.seats,
        "exclusive": put.exclusive,
        "reserve": money(put.reserve, token),
        "deposit_of_each_bidder": money(put.deposit, token),
        "your_bond": money(put.bond, token),
        "commit_by": moment(put.commit_ends),
        "reveal_by": moment(put.reveal_ends),
    }


def prospect(found: Prospect) -> dict[str, Any]:
    """What a bid can cost at worst, who gets what, what is sold, and who has the model already."""
    put, purchase = found.record.lot, found.purchase
    token, price = purchase.token, put.reserve
    bought = licence_shown.purchase(purchase)
    most = token.format(put.deposit)
    return {
        "auction": found.record.number,
        "licences": put.licences,
        "exclusive": Cell(put.exclusive, _exclusive(put)),
        "reserve": money(price, token),
        "deposit": money(put.deposit, token),
        "you_pay_if_you_win": (
            f"the highest price that does not win, or the reserve; {most} at most, and the rest comes back"
        ),
        "worst_case": f"a bid that is not revealed in time loses the deposit of {most}, which is burnt",
        **{f"{name}_at_the_most": bought[name] for name in _SHARES},
        "sellers_bond_of_a_licence": money(put.terms.offer.bond, token),
        "commit_by": moment(put.commit_ends),
        "reveal_by": moment(put.reveal_ends),
        "licences_sold_before": [
            {
                "sale": one.sale_id,
                "holder": one.sale.holder,
                "seats": one.sale.seats,
                "state": one.state.words,
            }
            for one in found.earlier
        ],
        "open_trials_that_may_end_in_a_licence": list(found.open_trials),
        "saw_the_key": [
            {"as": one.why, "accounts": Data(list(one.accounts)), "number": len(one.accounts)}
            for one in found.key_holders
        ],
        **{name: value for name, value in bought.items() if name not in _SAID_OTHERWISE},
    }


def _exclusive(put: Lot) -> str:
    if not put.exclusive:
        return "no: others may buy the model later"
    return "yes: nobody buys the model afterwards; licences that were sold before stay, and trials go on"


def outcome(record: LicenceAuction, token: Token) -> dict[str, Any]:
    """How an auction stands or has ended."""
    leads = int(record.auction.leader, 16) != 0 and not record.is_over
    return {
        "closed": record.is_over,
        "price_so_far": money(min(record.auction.price, record.lot.deposit) if leads else None, token),
        "sold": [
            {"sale": one.sale_id, "bidder": one.bidder, "price": money(one.price, token)}
            for one in record.sold
        ],
        "winners_refused": list(record.refused),
    }


def row(market: Market, record: LicenceAuction, now: int) -> dict[str, Any]:
    """The same as a row of a list."""
    token = market.escrow.token(record.auction.token)
    return {
        "auction": record.number,
        "model": licence_shown.model_name(market, record.good),
        "licences": record.lot.licences,
        "exclusive": record.lot.exclusive,
        "reserve": money(record.lot.reserve, token),
        "deposit": money(record.lot.deposit, token),
        "seller": record.seller,
        "next": due(record.next_step(now)),
        "manifest": Data(record.good),
    }
