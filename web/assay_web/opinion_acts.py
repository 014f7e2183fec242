"""What can be done about opinions, and by auditors and jurors: see :mod:`assay_web.acts`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assay.errors import ContractError
from assay.structs import Audit
from assay_indexer.tables import Auditor, Deal, Juror, Opinion
from assay_web.acts import Act, Field, call, written
from assay_web.reading import Reading
from assay_web.sentences import say

_DATA, _MODEL = 0, 1
"""As the contracts number what is granted."""


def ask(found: Reading, number: int) -> Act:
    """A question to an auditor of one's own choice about the model last submitted in a commission."""
    facts = {"number": number, "token": found.deployment.tokens.payment}
    fields = (Field("auditor"), Field("fee", "amount"), Field("opinion_days", "number", "7"))
    return Act("ask_opinion", "ask-opinion", facts, fields)


def of_opinion(one: Opinion, deal: Deal | None, now: int) -> Iterator[Act]:
    """What auditor, asker and the deal's parties can do about an opinion."""
    number, late = one.id, one.state == "accepted" and now >= one.deadline
    if one.state == "offered":
        accept = call("Opinions", "accept", number)
        yield Act("accept_opinion", "call", accept, only=(one.auditor,))
    if one.state == "accepted" and not late:
        yield Act("open_material", "open-material", {"number": number}, only=(one.auditor,))
        yield Act("post_opinion", "post-opinion", {"number": number}, _REPORT, (one.auditor,))
    if one.state == "accepted" and deal is not None:
        parties = (deal.buyer, deal.seller or deal.buyer)
        yield Act(
            "grant_opinion_model", "grant-opinion", {"number": number, "artifact": _MODEL}, only=parties
        )
        facts = {"number": number, "artifact": _DATA}
        yield Act("grant_opinion_data", "grant-opinion", facts, only=(deal.buyer,))
    if one.state == "offered" or late:
        other = written("auditor", "account")
        facts = call("Opinions", "replace", number, other)
        yield Act("replace_auditor", "call", facts, (Field("auditor"),), (one.asker,))
        yield Act("withdraw_opinion", "call", call("Opinions", "withdraw", number), only=(one.asker,))


_REPORT = (
    Field("assessment", "file"),
    Field(
        "verdict",
        "choice",
        choices=tuple((one, say(f"model.{one}")) for one in ("approved", "rejected")),
    ),
)


def open_seat(audit_id: int, auditor: str) -> Act:
    """Model and data of a drawn audit, opened in its auditor's browser."""
    return Act("open_material", "open-material", {"number": audit_id, "audit": True}, only=(auditor,))


def give_verdict(audit_id: int, audit: Audit, auditor: str) -> Act:
    """The verdict of a seat: sealed where others give one too, posted at once where none does."""
    name = "post_verdict" if audit.one_seat else "seal_verdict"
    return Act(name, "post-verdict", {"number": audit_id}, _REPORT, (auditor,))


def open_verdict(audit_id: int, auditor: str) -> Act:
    """The sealed verdict is opened, from its copy or from the assessment that was sealed."""
    again = tuple(replace(one, more=True) for one in _REPORT)
    return Act("open_verdict", "open-verdict", {"number": audit_id}, again, (auditor,))


def of_judge(found: Reading, account: str, auditor: Auditor | None, juror: Juror | None) -> Iterator[Act]:
    """What an auditor or regulator can do about its credential, its bond, and the pools of judges."""
    only, staking = (account,), found.deployment.tokens.staking
    yield Act("accredit", "accredit", {}, (Field("credential", "file"),), only)
    if auditor is not None and auditor.enrolled:
        amount, fund = written("amount", "amount", token=staking), {"token": staking, "field": "amount"}
        more = call("AuditRegistry", "addBond", amount, fund=fund)
        yield Act("audit_bond", "call", more, (Field("amount", "amount"),), only)
        yield Act("leave_audits", "call", call("AuditRegistry", "leave"), only=only)
    else:
        bond = found.market.policy.stakes().auditor
        enrol = call(
            "AuditRegistry",
            "enrol",
            fund={"token": staking, "amount": str(bond)},
        )
        told = {"amount": found.token(staking).format(bond)}
        yield Act("enrol_auditor", "call", enrol, only=only, told=told)
    if juror is not None and juror.enrolled:
        yield Act("leave_jury", "call", call("Court", "leave"), only=only)
    else:
        yield Act("enrol_juror", "call", call("Court", "enrol"), only=only)


def of_former_juror(found: Reading, account: str) -> Iterator[Act]:
    """What anybody may do about somebody in the pool who can no longer be a juror."""
    try:
        found.market.session.contract("Court").read("prune", account)
    except ContractError:
        return
    yield Act("prune_juror", "call", call("Court", "prune", account))
