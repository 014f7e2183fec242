"""What can be done on a page: a form whose script builds a call, says what it does, and has it signed.

The server sends numbers and names; the page encodes the call itself, reads it back from its bytes and tells
it in a sentence. What is signed never comes from here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from assay.structs import Commission, Submission
from assay_web.reading import Reading
from assay_web.sentences import say

FieldKind = Literal["amount", "text", "long", "number", "choice", "several", "file", "files"]


@dataclass(frozen=True)
class Field:
    """Something to be written into a form; its label is the sentence ``field.NAME``.

    Attributes:
        value: what stands in it; of several choices, their values with a space between.
        more: whether it stands with those that most people leave as they are.
    """

    name: str
    kind: FieldKind = "text"
    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = True
    more: bool = False


@dataclass(frozen=True)
class Act:
    """One form.

    Attributes:
        name: of its sentences: ``act.NAME.title``, ``act.NAME.text``, ``act.NAME.button``.
        module: of ``static/js/acts`` that carries it out.
        facts: for that module.
        only: accounts that may do it; for anybody where there is none.
        but: an account that it is of no use to.
        told: facts in its sentences.
    """

    name: str
    module: str
    facts: Mapping[str, Any]
    fields: tuple[Field, ...] = ()
    only: tuple[str, ...] = ()
    told: Mapping[str, object] = field(default_factory=dict)
    but: str = ""

    @property
    def facts_json(self) -> str:
        """The facts as the script reads them."""
        return json.dumps(plain(self.facts))


def plain(value: Any) -> Any:
    """A contract's argument in JSON's types: bytes as hex, numbers as text where JSON's are too coarse."""
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return str(value)
    return value


def call(contract: str, name: str, *arguments: Any, **facts: Any) -> dict[str, Any]:
    """Facts for the module ``call``: arguments that are known, or :func:`written` ones."""
    given = [one if isinstance(one, dict) and "kind" in one else {"value": one} for one in arguments]
    return {"contract": contract, "name": name, "args": given, **facts}


def written(name: str, kind: str, **about: Any) -> dict[str, Any]:
    """An argument that is the form's field *name*."""
    return {"kind": kind, "field": name, **about}


def bid(deal: Commission, bond: int) -> Act:
    """A sealed bid on a commission; *bond* is what it takes, base units."""
    facts = {
        "auction": deal.auction_id,
        "token": deal.request.token,
        "bond": str(bond),
        "reserve": str(deal.request.reserve),
    }
    return Act("bid", "bid", facts, (Field("price", "amount"),))


def reveal(deal: Commission, seals: list[bytes]) -> Act:
    """The reveal of a bid; *seals* are those of the auction."""
    facts = {"auction": deal.auction_id, "token": deal.request.token, "seals": seals, "winners": 1}
    return Act("reveal", "reveal", facts, (Field("price", "amount", required=False),))


def advance(number: int) -> Act:
    """The next step that anybody may take."""
    return Act("advance", "call", call("CommissionMarket", "advance", number))


def settle(number: int, submission: Submission) -> Act:
    """The payment, after the time for contesting."""
    return Act("settle", "call", call("CommissionMarket", "settle", number, submission.to_abi()))


def appeal(found: Reading, deal: Commission, panel_id: int, deposit: int) -> Act:
    """An appeal of a panel's answer, by a party."""
    token = found.token(deal.request.token)
    fund = {"token": deal.request.token, "amount": str(deposit)}
    amount = token.format(deposit)
    facts = call("Rounds", "appeal", panel_id, fund=fund)
    return Act("appeal", "call", facts, only=(deal.customer, deal.developer), told={"amount": amount})


def submit(number: int, deal: Commission) -> Act:
    """A model of the developer's, sealed in its browser."""
    fields = (
        Field("model", "file"),
        Field("card", "file"),
        Field("payees", required=False),
        Field("watermark", "file", required=False),
    )
    return Act("submit", "submit", {"number": number}, fields, (deal.developer,), {"number": number})


def grant(number: int, deal: Commission) -> Act:
    """The customer's grant of the data's key to the panel."""
    return Act("grant", "grant", {"number": number}, only=(deal.customer,))


def grant_model(number: int, developer: str) -> Act:
    """The developer's grant of the submitted model's key to the panel as it is seated now."""
    return Act("grant_model", "grant", {"number": number, "model": True}, only=(developer,))


def grant_audit(number: int, deal: Commission) -> Iterator[Act]:
    """The parties' grants of model and data to the auditors who were drawn."""
    facts = {"number": number, "audit": True}
    yield Act("grant_audit_model", "grant", {**facts, "model": True}, only=(deal.developer,))
    yield Act("grant_audit_data", "grant", facts, only=(deal.customer,))


def open_model(number: int, deal: Commission) -> Act:
    """The customer opens the delivered model in the browser."""
    return Act("open_model", "open-model", {"number": number}, only=(deal.customer,))


def deliver(number: int, market: str, seller: str) -> Act:
    """The developer, or the seller after a trial, hands over the key of a model that has passed."""
    return Act("deliver", "deliver", {"number": number, "market": market}, only=(seller,))


def refute(number: int, deal: Commission) -> Act:
    """The customer proves that another key was delivered than the one agreed on."""
    return Act("refute", "open-model", {"number": number, "refute": True}, only=(deal.customer,))


def reclaim(auction_id: int, bidders: Iterable[str]) -> Act:
    """The bond of a bidder who led and was overtaken; its deposit, in an auction of licences."""
    facts = call("VickreyAuction", "reclaim", auction_id, {"kind": "me"})
    return Act("reclaim", "call", facts, only=tuple(sorted(bidders)))


def rate(found: Reading, number: int, customer: str) -> Act:
    """The customer's rating of the developer of a settled commission."""
    stars = tuple((str(value), str(value)) for value in range(5, 0, -1))
    source = found.deployment.address("CommissionFacts")
    facts = call("Reputation", "rate", source, number, written("stars", "number"), bytes(32))
    return Act("rate", "call", facts, (Field("stars", "choice", choices=stars),), (customer,))


def record_facts(found: Reading, number: int) -> Act:
    """What a finished commission says of its participants, brought in by anybody."""
    source = found.deployment.address("CommissionFacts")
    return Act("record_facts", "call", call("Reputation", "record", source, number))


def reasons(reports: Sequence[Mapping[str, Any]], parties: tuple[str, ...]) -> Act:
    """A party opens what validators have sealed to it in place of an answer."""
    return Act("reasons", "reasons", {"reports": reports}, only=parties)


def dispute(found: Reading, number: int, deal: Commission, fee: int) -> Act:
    """A party contests the announced end."""
    token = found.token(deal.request.token)
    facts = {
        "number": number,
        "fund": {"token": deal.request.token, "amount": str(fee)},
        "amount": token.format(fee),
    }
    grounds = tuple(
        (str(value), say(f"ground.{name}"))
        for value, name in enumerate(("delivery", "panel", "audit", "breach"))
    )
    fields = (
        Field("ground", "choice", choices=grounds),
        Field("claim"),
        Field("statement", "long", required=False),
    )
    told = {"amount": token.format(fee)}
    return Act("dispute", "dispute", facts, fields, (deal.customer, deal.developer), told)
