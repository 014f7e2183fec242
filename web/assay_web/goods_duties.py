"""What licences, trials, jobs, auctions of licences and pledges wait for, and what missing it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from assay.deal.round_step import NextStep
from assay.escrow import Token
from assay_indexer.goods import licence_auction_state, rows
from assay_indexer.queries import View
from assay_indexer.tables import Bid, Deal, KeptAgreement, LicenceAuction, LicenceSale, Pledge
from assay_web.duty import Duty, place_of, title_of
from assay_web.reading import Reading
from assay_web.sentences import say

_MOST = 100
_ZERO = "0x" + "0" * 40


def of_goods(found: Reading, view: View, account: str) -> Iterator[Duty]:
    """What *account* has to do now in these markets."""
    for duty in _all(found, view, account):
        if account in duty.accounts:
            yield duty


def _all(found: Reading, view: View, account: str) -> Iterator[Duty]:
    for state, side in (("bought", "seller"), ("delivered", "holder")):
        for sale in rows(view, LicenceSale, 0, _MOST, state=state, **{side: account}).items:
            yield licence_duty(found.token(sale.token or _ZERO), sale, view.at)
    yield from _of_panels(found, view, account)
    for bid, auction in view.bids_of(account):
        if auction.market == "Sales" and bid.revealed_at is None:
            sale = view.get(LicenceAuction, auction.deal_id)
            if sale is not None and licence_auction_state(view, sale) == "revealing":
                yield auction_duty(found.token(sale.token), view, sale, [bid])
    for pledge in view.all(Pledge, party=account, limit=_MOST):
        yield pledge_duty(found, view, pledge)


def licence_duty(token: Token, sale: LicenceSale, now: int) -> Duty:
    """What a licence that was bought waits for."""
    about = (say("licence.title", number=sale.id), f"/licences/{sale.id}")
    facts = {"number": sale.id, "bond": token.format(sale.bond), "price": token.format(sale.price)}
    if sale.state in ("bought", "delivered") and now >= sale.deadline:
        return _due(about, "anyone", (), f"licence_{sale.state}_over", 0, facts, cost=False)
    if sale.state == "bought":
        return _due(about, "seller", (sale.seller,), "licence_bought", sale.deadline, facts)
    if sale.state == "delivered":
        return _due(about, "buyer", (sale.holder,), "licence_delivered", sale.deadline, facts)
    ended = "licence_refuted" if sale.refuted else f"licence_{sale.state}"
    return _due(about, "nobody", (), ended, 0, facts, cost=False)


def _of_panels(found: Reading, view: View, account: str) -> Iterator[Duty]:
    """Of trials and jobs that have not ended; the chain is asked for all of them at once."""
    market, trials, jobs = found.market, _open(view, "Trials", account), _open(view, "JobEvaluator", account)
    for trial, step in market.session.each(lambda one: (one, market.trials.next_step(one.id)), trials):
        yield trial_duty(found, trial, step)
    for job, step in market.session.each(lambda one: (one, market.jobs.next_step(one.id)), jobs):
        yield job_duty(step, job)


def _open(view: View, market: str, account: str) -> list[Deal]:
    deals = view.deals(market=market, party=account, limit=_MOST).items
    return [one for one in deals if one.ended_at is None]


def job_duty(step: NextStep, job: Deal) -> Duty:
    """What a job of another contract waits for, as the chain says."""
    parties = {"client": job.buyer, "provider": job.seller}
    accounts = tuple(who for name, who in parties.items() if name in step.who and who)
    costs = {
        "attesting": "step.job_attesting.cost",
        "ready": "step.job_ready.cost",
        "judging": "step.job_judging.cost",
        "delivering": "step.job_delivering.cost",
    }
    cost = say(costs[job.state]) if accounts and job.state in costs else None
    title, link = title_of("JobEvaluator", job.id), place_of("JobEvaluator", job.id)
    return Duty(title, link, step.who, accounts, step.what, step.by, cost)


def trial_duty(found: Reading, trial: Deal, step: NextStep) -> Duty:
    """What a trial waits for, as the chain says."""
    token = found.token(trial.token)
    parties = {"buyer": trial.buyer, "seller": trial.seller}
    accounts = tuple(who for name, who in parties.items() if name in step.who and who)
    facts = {"bond": token.format(trial.bond or 0), "price": token.format(trial.price or 0)}
    costs = {
        ("judging", True): "step.trial_grant.cost",
        ("delivering", True): "step.trial_deliver.cost",
        ("challenge", True): "step.trial_challenge.cost",
    }
    name = costs.get((trial.state, bool(accounts)))
    cost = say(name, **facts) if name else None
    title, link = title_of("Trials", trial.id), place_of("Trials", trial.id)
    return Duty(title, link, step.who, accounts, step.what, step.by, cost)


def auction_duty(token: Token, view: View, sale: LicenceAuction, bids: list[Bid]) -> Duty:
    """What an auction of licences waits for."""
    about, state = (title_of("Sales", sale.id), place_of("Sales", sale.id)), licence_auction_state(view, sale)
    facts = {"deposit": token.format(sale.deposit), "sold": sale.sold or 0, "of": sale.licences}
    if state == "bidding":
        return _due(about, "bidders", (), "auction_bidding", sale.commit_ends, facts, cost=False)
    if state == "revealing":
        silent = tuple(one.bidder for one in bids if one.revealed_at is None)
        return _due(about, "bidders", silent, "auction_revealing", sale.reveal_ends, facts)
    who = "anyone" if state == "closing" else "nobody"
    return _due(about, who, (), f"auction_{state}", 0, facts, cost=False)


def pledge_duty(found: Reading, view: View, pledge: Pledge) -> Duty:
    """What a bond behind an agreement waits for."""
    kept = view.get(KeptAgreement, pledge.agreement)
    token = found.token(kept.token if kept is not None and kept.token else _ZERO)
    facts = {"bond": token.format((kept.bond if kept is not None else None) or 0)}
    about = (title_of("Pledges", pledge.id), place_of("Pledges", pledge.id))
    if pledge.state == "disputed":
        return _due(about, "party", (pledge.party,), "pledge_disputed", pledge.deadline, facts)
    if pledge.state == "pledged" and view.at >= pledge.deadline:
        return _due(about, "anyone", (pledge.party,), "pledge_over", 0, facts)
    who = "nobody" if pledge.state != "pledged" else "party"
    return _due(about, who, (), f"pledge_{pledge.state}", pledge.deadline, facts, cost=False)


def _due(
    about: tuple[Markup, str],
    who: str,
    accounts: tuple[str, ...],
    name: str,
    by: int,
    facts: Mapping[str, Any],
    *,
    cost: bool = True,
) -> Duty:
    what = say(f"step.{name}.what", **facts).unescape()
    return Duty(*about, who, accounts, what, by, say(f"step.{name}.cost", **facts) if cost else None)
