"""What can be done about lineage: what a model asks of others, and claims: see :mod:`assay_web.acts`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.escrow import Token
from assay.structs import LineageClaim, LineageClaimState, views
from assay_indexer.parts import ModelParts
from assay_web.acts import Act, Field, call
from assay_web.reading import Reading
from assay_web.safe_text import name as line
from assay_web.sentences import say

_SAID = (Field("claim"), Field("statement", "long", required=False))
_BREACH = 3


def of_owner(parts: ModelParts, listed: Sequence[str], tokens: Sequence[Token]) -> Iterator[Act]:
    """What the owner of a model can do: set the terms of what is made from it, and claim that something was.

    Args:
        listed: digests of its versions that may be sold, the newest first.
        tokens: in which deals may be paid.
    """
    only, asked = (parts.model.owner,), {one.good for one in parts.lineage_terms}
    numbers = {one.manifest: one.number for one in parts.versions}

    def versions(chosen: Sequence[str]) -> tuple[tuple[str, str], ...]:
        return tuple((f"0x{one}", say("lineage.version", number=numbers[one])) for one in chosen)

    silent = versions([one for one in listed if one not in asked])
    if silent:
        terms = (
            Field("parent", "choice", choices=silent),
            Field("royalty", value="5"),
            Field("royalty_floor", "amount", "0"),
            Field("token", "choice", choices=tuple((one.address, line(one.symbol)) for one in tokens)),
        )
        yield Act("lineage_terms", "lineage-terms", {}, terms, only)
    known = versions([one for one in listed if one in asked])
    if known:
        models = (Field("parent", "choice", choices=known), Field("child"))
        shown = Field("shown_watermark", "file", required=False)
        yield Act("claim_lineage", "lineage", {}, (*models, *_SAID, shown), only)


def of_claim(found: Reading, number: int, claim: LineageClaim, owner: str, now: int) -> Iterator[Act]:
    """What the child's *owner*, the claimant, and anybody can do about a claim."""
    over = now >= claim.deadline
    bond = {"amount": found.token(claim.token).format(claim.bond)}
    if claim.state == LineageClaimState.CLAIMED:
        yield Act("deny_lineage", "lineage", {"number": number}, _SAID, (owner,), bond)
    if claim.state == LineageClaimState.CHALLENGE and not over:
        yield _pursue(found, number, claim)
    if claim.state in (LineageClaimState.CLAIMED, LineageClaimState.CHALLENGE) and not over:
        yield Act("admit_lineage", "call", call("LineageClaims", "admit", number), only=(owner,))
    if claim.state == LineageClaimState.CHALLENGE and over:
        yield Act("settle_lineage", "call", call("LineageClaims", "settle", number))


def _pursue(found: Reading, number: int, claim: LineageClaim) -> Act:
    terms = found.market.session.view(views.lineage_claims.deal_of(number))
    fee = found.market.court.jury_fee(terms.fee, 0)
    amount = found.token(claim.token).format(fee)
    facts = {
        "number": number,
        "market": "LineageClaims",
        "ground": _BREACH,
        "fund": {"token": claim.token, "amount": str(fee)},
        "amount": amount,
    }
    return Act("pursue_lineage", "dispute", facts, _SAID, (claim.claimant,), {"amount": amount})
