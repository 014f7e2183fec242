"""An account: what it is in the market, its money, its deals, and what it has to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from eth_utils.address import is_checksum_address, to_checksum_address
from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from assay.escrow import Token
from assay.structs import Role, views
from assay_indexer.goods import rows
from assay_indexer.tables import (
    Auditor,
    Balance,
    Juror,
    LicenceSale,
    Offer,
    Participant,
    ReputationFact,
    Signature,
    Stake,
    Version,
)
from assay_web import governance_acts, opinion_acts, registry_acts, selling_acts
from assay_web.acts import Act, Field, call, written
from assay_web.duties import duties
from assay_web.pages.lists import record_of
from assay_web.reading import Reading, reading
from assay_web.rendering import page
from assay_web.sentences import say

router = APIRouter()
Address = Annotated[str, Path(pattern=r"^0x[0-9a-fA-F]{40}$")]


@router.get("/accounts/{address}")
def account(request: Request, address: Address, found: Annotated[Reading, Depends(reading)]) -> Response:
    """Everything that the market knows of an account."""
    if not is_checksum_address(address):
        return RedirectResponse(f"/accounts/{to_checksum_address(address.lower())}", status_code=308)
    with found.index.view() as view:
        person = view.get(Participant, address)
        money = view.all(Balance, account=address)
        stake = view.get(Stake, address)
        deals = view.deals(party=address, limit=50)
        versions = view.all(Version, developer=address)
        licences = rows(view, LicenceSale, 0, 50, holder=address).items
        signed = view.all(Signature, party=address, limit=50)
        facts = view.all(ReputationFact, subject=address)
        names = {kind: view.names(kind) for kind in ("domain", "jurisdiction")}
        record = record_of(view, [address])[address]
        states = {(one.market, one.id): view.state(one) for one in deals.items}
        block, now, accepted = view.block, view.at, found.accepted(view)
        sold_in = {one.token for one in view.all(Offer, seller=address)}
        auditor, juror = view.get(Auditor, address), view.get(Juror, address)
    used = {one.token for one in (*money, *deals.items, *licences) if one.token}
    shown: dict[str, Any] = {
        "person": person,
        "money": money,
        "stake": stake,
        "deals": deals.items,
        "versions": versions,
        "licences": licences,
        "signed": signed,
    }
    shown |= {"facts": facts, "names": names, "record": record, "states": states, "block": block, "now": now}
    title = say("account.title", address=f"{address[:6]}…{address[-4:]}")
    held = tuple(dict.fromkeys((*found.tokens, *accepted)))
    roles = set(person.roles if person else ())
    acts = list(_acts(found, address, held, "validator" in roles))
    acts += [selling_acts.of_bond(found, address, token) for token in sorted(sold_in)]
    if person is not None:
        seat = found.market.session.view(views.chambers.seat_of(address))
        acts += governance_acts.of_seat(address, seat, now)
        acts += [governance_acts.brake(address)] if seat.votes and seat.role == Role.REGULATOR else []
    if juror is not None and juror.enrolled:
        acts += opinion_acts.of_former_juror(found, address)
    if roles & {"auditor", "regulator"}:
        acts += opinion_acts.of_judge(found, address, auditor, juror)
    if person is not None and person.number:
        acts += registry_acts.of_entry(person, names["domain"])
    tokens = {one: found.token(one) for one in used}
    staking = found.token(found.deployment.tokens.staking)
    return page(
        request,
        "account.html",
        title=title,
        address=address,
        acts=acts,
        tokens=tokens,
        staking=staking,
        **shown,
    )


@router.get("/accounts/{address}/deals")
def own(request: Request, address: Address, found: Annotated[Reading, Depends(reading)]) -> Response:
    """What an account has to do, by when, and what missing it costs."""
    if not is_checksum_address(address):
        return RedirectResponse(f"/accounts/{to_checksum_address(address.lower())}/deals", status_code=308)
    with found.index.view() as view:
        due, deals = duties(found, view, address)
        states = {(one.market, one.id): view.state(one) for one in deals}
        block, now = view.block, view.at
    tokens = {one.token: found.token(one.token) for one in deals}
    shown: dict[str, Any] = {
        "due": due,
        "deals": deals,
        "states": states,
        "block": block,
        "now": now,
        "tokens": tokens,
    }
    return page(request, "mine.html", title=say("mine.title"), address=address, **shown)


@router.get("/mine")
def mine(request: Request) -> HTMLResponse:
    """Where scripts lead to the connected account's own deals."""
    return page(request, "mine_none.html", title=say("mine.title"))


@router.get("/join")
def join(request: Request, found: Annotated[Reading, Depends(reading)]) -> HTMLResponse:
    """Registration."""
    with found.index.view() as view:
        jurisdictions = sorted(view.names("jurisdiction").items(), key=lambda one: one[1])
        domains = registry_acts.domain_choices(view.names("domain"))
    roles = registry_acts.role_choices()
    fields = (
        Field("role", "choice", choices=roles),
        Field("jurisdiction", "choice", choices=tuple((str(number), code) for number, code in jurisdictions)),
        Field("domains", "several", choices=domains),
        Field("organisation", required=False),
        Field("further_roles", "several", choices=roles, more=True),
    )
    return page(request, "join.html", title=say("join.title"), act=Act("register", "register", {}, fields))


def _acts(found: Reading, address: str, held: Sequence[Token], validator: bool) -> Iterator[Act]:
    """Deposits and withdrawals of each token, and a validator's stake."""
    for token in held:
        told = {"symbol": token.symbol}
        facts = {"token": token.address}
        yield Act("deposit", "deposit", facts, (Field("amount", "amount"),), (address,), told)
        amount = written("amount", "amount", token=token.address)
        facts = call("Escrow", "withdraw", token.address, amount)
        yield Act("withdraw", "call", facts, (Field("amount", "amount"),), (address,), told)
    if validator:
        staking = found.deployment.tokens.staking
        amount = written("amount", "amount", token=staking)
        fund = {"token": staking, "field": "amount"}
        facts = call("ValidatorStaking", "stake", amount, fund=fund)
        yield Act("stake", "call", facts, (Field("amount", "amount"),), (address,))
        yield Act(
            "unstake",
            "call",
            call("ValidatorStaking", "requestExit", amount),
            (Field("amount", "amount"),),
            (address,),
        )
        yield Act("exit", "call", call("ValidatorStaking", "completeExit"), (), (address,))
    yield Act("tie", "tie", {"other": address}, (Field("tie_days", "number", "365"),), but=address)
