"""What claims of lineage wait for, and what missing it costs."""

from __future__ import annotations

from collections.abc import Iterator

from assay.structs import LineageClaim, LineageClaimState
from assay_indexer.queries import View
from assay_indexer.tables import Good, Model
from assay_indexer.tables import LineageClaim as Row
from assay_web.duty import Duty, place_of, title_of
from assay_web.reading import Reading
from assay_web.sentences import say

MARKET = "LineageClaims"
_OPEN = ["claimed", "challenge"]
_MOST = 100


def of_lineage(found: Reading, view: View, account: str) -> Iterator[Duty]:
    """What *account* has to do now about claims: its own, and those about what it owns."""
    models = [one.id for one in view.all(Model, owner=account)]
    owned = [one.digest for one in view.all(Good, model_id=models)]
    rows = {
        one.id: one
        for same in ({"claimant": account}, {"respondent": account}, {"child": owned})
        for one in view.all(Row, state=_OPEN, limit=_MOST, **same)
    }
    claims = found.market.lineage_claims
    asked = found.market.session.each(lambda one: (one, claims.claim_of(one.id)), list(rows.values()))
    for row, claim in asked:
        owner = account if row.child in owned else row.respondent
        duty = claim_duty(found, row.id, claim, owner, view.at)
        if account in duty.accounts:
            yield duty


def owner_of(view: View, row: Row) -> str:
    """Who owns the model that a claim is about now."""
    good = view.get(Good, row.child)
    model = view.get(Model, good.model_id) if good else None
    return model.owner if model else row.respondent


def claim_duty(found: Reading, number: int, claim: LineageClaim, owner: str, now: int) -> Duty:
    """What a claim waits for, as the chain says.

    Args:
        owner: of the model that it is about.
    """
    state, over = claim.state, now >= claim.deadline
    who, name = "jurors" if state == LineageClaimState.DISPUTED else "nobody", state.words
    accounts: tuple[str, ...] = ()
    if state == LineageClaimState.CLAIMED:
        who, accounts, name = "owner", (owner,), "claimed"
    elif state == LineageClaimState.CHALLENGE and not over:
        who, accounts, name = "claimant", (claim.claimant,), "denied" if claim.denied else "unanswered"
    elif state == LineageClaimState.CHALLENGE:
        accounts = (claim.respondent,) if claim.denied else ()
        who, name = "anyone", "won" if claim.denied else "dropped"
    facts = {"bond": found.token(claim.token).format(claim.bond), "number": number}
    what = say(f"step.lineage_{name}.what", **facts).unescape()
    costs = name in ("claimed", "denied", "unanswered")
    cost = say(f"step.lineage_{name}.cost", **facts) if costs else None
    by = 0 if over or who == "nobody" else claim.deadline
    return Duty(title_of(MARKET, number), place_of(MARKET, number), who, accounts, what, by, cost)
