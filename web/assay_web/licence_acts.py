"""What can be done about offers, licences, trials, auctions and agreements: see :mod:`assay_web.acts`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from assay.markets.sales import OfferRecord, SaleRecord
from assay.structs import LicenceTerms, Trial, TrialState
from assay_indexer.tables import Bid, LicenceAuction
from assay_web.acts import Act, Field, call, deliver, plain, reclaim
from assay_web.reading import Reading
from assay_web.sentences import say


def buy(found: Reading, record: OfferRecord, jurisdictions: Mapping[int, str]) -> Act:
    """A purchase, by anybody who may buy the model; the price is held until the key is delivered.

    Args:
        jurisdictions: by their numbers; an account that is new to the market joins with its purchase.
    """
    offer = record.terms.offer
    facts = {
        "offer": record.offer_id,
        "terms": plain(record.terms.to_abi()),
        "token": offer.token,
        "price": str(offer.price),
        "seats": offer.seats,
    }
    told = {"amount": found.token(offer.token).format(offer.price)}
    return Act("buy", "buy", facts, (Field("seats", "number", "1"), where(jurisdictions)), told=told)


def where(jurisdictions: Mapping[int, str]) -> Field:
    """Where somebody is who joins with an order."""
    known = sorted(((str(number), code) for number, code in jurisdictions.items()), key=lambda one: one[1])
    return Field("joining", "choice", choices=(("0", say("join.joined")), *known))


def try_out(number: int) -> Act:
    """A trial of what is offered, on data that is sealed in the browser."""
    fields = (Field("order", "file"), Field("data", "file"))
    return Act("try", "order", {"offer": number}, fields)


def of_licence(found: Reading, record: SaleRecord, terms: LicenceTerms, now: int) -> Iterator[Act]:
    """What can be done about a licence that was bought."""
    sale, number = record.sale, record.sale_id
    over = now >= sale.deadline
    told = {"amount": found.token(terms.offer.token).format(sale.price)}
    if record.state.words == "bought" and over:
        facts = call("Licences", "refund", number, sale.to_abi(), terms.to_abi())
        yield Act("refund_licence", "call", facts, told=told)
    elif record.state.words == "bought":
        yield Act("deliver_licence", "deliver-licence", {"number": number}, only=(sale.seller,))
    if record.is_licence:
        yield Act("open_licence", "open-licence", {"number": number}, only=(sale.holder,))
        if record.state.words == "delivered" and not over:
            facts = {"number": number, "refute": True, "sale": plain(sale.to_abi())}
            yield Act("refute", "open-licence", facts, only=(sale.holder,))
    if record.state.words == "delivered" and over:
        facts = call("Licences", "collect", [number], [sale.to_abi()], terms.to_abi())
        yield Act("collect_licence", "call", facts, told=told)


def of_trial(number: int, trial: Trial, now: int, *, anyone: bool) -> Iterator[Act]:
    """What can be done about a trial.

    Args:
        anyone: whether a step is due that anybody may take.
    """
    if trial.state in (TrialState.CHALLENGE, TrialState.SOLD):
        yield Act("open_licence", "open-trial", {"number": number}, only=(trial.buyer,))
    if trial.state == TrialState.CHALLENGE and now < trial.deadline:
        yield Act("refute", "open-trial", {"number": number, "refute": True}, only=(trial.buyer,))
    if trial.state == TrialState.DELIVERING and now < trial.deadline:
        yield deliver(number, "Trials", trial.seller)
    if trial.state == TrialState.JUDGING:
        yield Act("grant_trial", "grant", {"number": number, "market": "Trials"}, only=(trial.buyer,))
        model = {"number": number, "market": "Trials", "model": True}
        yield Act("grant_model", "grant", model, only=(trial.seller,))
    over = trial.state in (TrialState.DELIVERING, TrialState.CHALLENGE) and now >= trial.deadline
    if anyone or over:
        yield Act("advance_trial", "call", call("Trials", "advance", number))


def of_auction(found: Reading, sale: LicenceAuction, state: str, bids: Sequence[Bid]) -> Iterator[Act]:
    """What bidders can do in an auction of licences."""
    facts = {"sale": sale.id, "auction": str(sale.auction_id), "token": sale.token}
    told = {"amount": found.token(sale.token).format(sale.deposit)}
    if state == "bidding":
        facts |= {"bond": str(sale.deposit), "reserve": str(sale.reserve)}
        yield Act("bid_licence", "bid-licence", facts, (Field("price", "amount"),), told=told)
    if state == "revealing" and bids:
        seals = [f"0x{one.sealed}" for one in bids if one.revealed_at is None]
        only = tuple(one.bidder for one in bids if one.revealed_at is None)
        facts |= {"seals": seals, "winners": sale.licences}
        yield Act("reveal", "reveal", facts, (Field("price", "amount", required=False),), only)


def of_losers(sale: LicenceAuction, bids: Sequence[Bid]) -> Iterator[Act]:
    """A deposit that may wait for a bidder of a closed auction who led once."""
    lost = [one for one in bids if one.revealed_at is not None and not one.won and not one.reclaimed]
    if lost:
        yield reclaim(sale.auction_id, [one.bidder for one in lost])


def close_auction(found: Reading, number: int) -> Act:
    """The end of an auction of licences; anyone may. Lot and winners' keys are read from the chain."""
    session = found.market.session
    opened = next(session.events.find("Sales", "SaleOpened", id=number)).arguments
    sales = session.deployment.address("Sales")
    auctions = session.contract("VickreyAuction")
    winners = auctions.read("close", opened["auctionId"], number.to_bytes(32), sender=sales)["winners"]
    named = {
        one.arguments["bidder"]: one.arguments["deliveryKey"]
        for one in session.events.find("Sales", "BidderNamed", id=number)
    }
    keys = [named[one] for one in winners]
    return Act("close_auction", "call", call("Sales", "close", number, opened["lot"], keys))


def sign(text: str) -> Act:
    """An agreement that is signed in a transaction."""
    return Act("sign", "sign", {"text": f"0x{text}"})


def sign_to(text: str) -> Act:
    """An agreement that is signed into a file, without a transaction."""
    return Act("sign_to", "sign-to", {"text": f"0x{text}"})


def record(text: str) -> Act:
    """Signatures of an agreement that others have handed over as files; anyone may."""
    return Act("record", "record", {"text": f"0x{text}"}, (Field("signatures", "files"),))


def pledge(found: Reading, agreement: str, token: str, bond: int) -> Act:
    """The bond behind an agreement, which is also its signature."""
    amount = found.token(token).format(bond)
    return Act("pledge", "pledge", {"agreement": f"0x{agreement}"}, told={"amount": amount})


def release(number: int) -> Act:
    """The return of a bond whose pledge has ended; anyone may."""
    return Act("release", "call", call("Pledges", "release", number))


def accuse(found: Reading, number: int, beneficiary: str, token: str, fee: int) -> Act:
    """The beneficiary has a jury find out whether the party has broken an agreement."""
    amount = found.token(token).format(fee)
    facts = {
        "number": number,
        "market": "Pledges",
        "ground": 3,
        "fund": {"token": token, "amount": str(fee)},
        "amount": amount,
    }
    fields = (Field("claim"), Field("statement", "long", required=False))
    return Act("accuse", "dispute", facts, fields, (beneficiary,), {"amount": amount})
