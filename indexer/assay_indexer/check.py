"""Compares an index with the chain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.market import Market
from assay.structs import ZERO_ADDRESS, Job, LineageClaimState, Listing, PledgeState, Trial
from assay_indexer.projections import agreements, jobs, lineage, sales, trials
from assay_indexer.projections.commission_market import MARKET
from assay_indexer.queries import Index, View
from assay_indexer.tables import (
    Balance,
    Deal,
    Hold,
    LicenceAuction,
    LineageClaim,
    LineageTerms,
    Offer,
    Pledge,
)


def differences(index: Index, market: Market) -> Iterator[str]:
    """Where the index differs from the chain at the index's block, a sentence for each difference.

    Raises:
        IndexerError: nothing has been indexed yet.
        ChainError: the endpoint does not have the block, or no longer has its state.
    """
    with index.view() as view:
        block = market.session.connection.find_block(view.block)
        if block is None or block.hash != view.progress.head_hash:
            yield f"Block {view.block}: the chain has another one."
            return
        yield from _deals(view, market)
        yield from _trials(view, market)
        yield from _jobs(view, market)
        yield from _kept(view, market)
        yield from _money(view, market)


def _deals(view: View, market: Market) -> Iterator[str]:
    lens = market.session.contract("CommissionLens")
    count = market.session.contract(MARKET).read("commissionCount", block=view.block)
    for number in range(1, count + 1):
        (raw,) = lens.read("listings", number, 1, block=view.block)
        chain, deal = Listing.model_validate(raw), view.get(Deal, MARKET, number)
        if deal is None:
            yield f"Commission {number}: it is missing."
            continue
        shown = _shown(view, deal)
        for name, value in _said(chain).items():
            if shown[name] != value:
                yield f"Commission {number}: its {name} is {shown[name]}, and on the chain {value}."


def _said(chain: Listing) -> dict[str, Any]:
    named = (
        "opened_at",
        "bond",
        "deadline",
        "token",
        "reserve",
        "price",
        "domain",
        "risk_class",
        "attempts",
        "threshold",
    )
    parties = {"state": chain.state.words, "cause": chain.cause.words, "spec": chain.spec.hex()}
    parties |= {"buyer": chain.customer, "seller": chain.developer}
    return {name: getattr(chain, name) for name in named} | parties


def _shown(view: View, deal: Deal) -> dict[str, Any]:
    state = view.state(deal)
    shown = {name: getattr(deal, name) for name in Deal.__table__.columns.keys()}  # noqa: SIM118
    shown |= {"state": state, "cause": deal.cause or "none", "seller": deal.seller or ZERO_ADDRESS}
    deadline = deal.commit_ends if state == "bidding" else deal.deadline
    return shown | {"bond": deal.bid_bond, "price": deal.price or 0, "deadline": deadline}


def _trials(view: View, market: Market) -> Iterator[str]:
    contract = market.session.contract(trials.MARKET)
    for number in range(1, contract.read("trialCount", block=view.block) + 1):
        chain = Trial.model_validate(contract.read("trial", number, block=view.block))
        said = {"state": chain.state.words, "cause": chain.cause.words, "price": chain.price}
        said |= {"buyer": chain.buyer, "seller": chain.seller, "panel_id": chain.panel_id, "bond": chain.bond}
        yield from _told(view, trials.MARKET, "Trial", number, said)


def _jobs(view: View, market: Market) -> Iterator[str]:
    if jobs.MARKET not in market.deployment.contracts:
        return
    contract = market.session.contract(jobs.MARKET)
    for number in range(1, contract.read("enrolmentCount", block=view.block) + 1):
        chain = Job.model_validate(contract.read("enrolment", number, block=view.block))
        said = {"state": chain.state.words, "cause": chain.cause.words, "deadline": chain.deadline}
        said |= {"buyer": chain.client, "seller": chain.provider, "panel_id": chain.panel_id}
        said |= {"spec": chain.spec.hex(), "threshold": chain.threshold}
        yield from _told(view, jobs.MARKET, "Job", number, said)


def _told(view: View, market: str, what: str, number: int, said: dict[str, Any]) -> Iterator[str]:
    """Where a deal's row differs from what the chain *said*."""
    deal = view.get(Deal, market, number)
    if deal is None:
        yield f"{what} {number}: it is missing."
        return
    shown = {name: getattr(deal, name) for name in said} | {"cause": deal.cause or "none"}
    for name, value in said.items():
        if shown[name] != value:
            yield f"{what} {number}: its {name} is {shown[name]}, and on the chain {value}."


def _kept(view: View, market: Market) -> Iterator[str]:
    """Where records that contracts keep as a hash are missing or left over, or where pledges, claims of
    lineage or their terms differ."""
    offers, lots = market.session.contract("Licences"), market.session.contract(sales.MARKET)
    for offer in view.all(Offer, limit=1_000_000):
        if offer.withdrawn == any(offers.read("offerHash", offer.id, block=view.block)):
            yield f"Offer {offer.id}: withdrawn is {offer.withdrawn}, and on the chain it is otherwise."
    for sale in view.all(LicenceAuction, limit=1_000_000):
        if (sale.closed_at is None) != any(lots.read("lotHash", sale.id, block=view.block)):
            yield f"Sale {sale.id}: on the chain it is {'closed' if sale.closed_at is None else 'open'}."
    pledges = market.session.contract(agreements.MARKET)
    for pledge in view.all(Pledge, limit=1_000_000):
        state = PledgeState(pledges.read("stateOf", pledge.id, block=view.block)["state"]).words
        if pledge.state != state:
            yield f"Pledge {pledge.id}: {pledge.state}, and on the chain {state}."
    claims = market.session.contract(lineage.MARKET)
    for claim in view.all(LineageClaim, limit=1_000_000):
        said = claims.read("claimOf", claim.id, block=view.block)
        state = LineageClaimState(said["state"]).words
        late = claim.state == LineageClaimState.CLAIMED.words and view.at >= claim.deadline
        known = LineageClaimState.CHALLENGE.words if late else claim.state
        if (known, claim.denied, claim.respondent) != (state, said["denied"], said["respondent"]):
            yield f"Claim {claim.id} of lineage: {known}, and on the chain {state}, or otherwise denied."
    for terms in view.all(LineageTerms, limit=1_000_000):
        asked = claims.read("termsOf", bytes.fromhex(terms.good), block=view.block)
        if any(getattr(terms, name) != asked[name] for name in ("token", "ppm", "floor", "since")):
            yield f"What {terms.good} asks of its descendants is otherwise on the chain."


def _money(view: View, market: Market) -> Iterator[str]:
    escrow, contracts = market.session.contract("Escrow"), market.deployment.contracts
    for one in view.all(Balance, limit=1_000_000):
        held = escrow.read("balanceOf", one.account, one.token, block=view.block)
        if held != one.amount:
            yield f"The balance of {one.account}: {one.amount}, and on the chain {held}."
    for hold in view.all(Hold, limit=1_000_000):
        module = contracts.get(hold.module, hold.module)
        held = escrow.read("held", module, hold.token, bytes.fromhex(hold.hold), block=view.block)
        if held != hold.amount:
            yield f"The hold {hold.hold} of {hold.module}: {hold.amount}, and on the chain {held}."
