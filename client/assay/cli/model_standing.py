"""How a commission's model stands: its score, audits and third-party tests, and what others read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.cli.output import moment, score

if TYPE_CHECKING:
    from assay.market import Market
    from assay.markets.model_status import ThirdPartyResult
    from assay.markets.validations import Validations


def standing(market: Market, number: int) -> dict[str, Any]:
    """The lines that tell how a commission's model stands; nothing before it has a token."""
    model_id = market.commissions.get(number).model_id
    if not model_id:
        return {}
    found, metric, read = market.session.together(
        lambda: market.models.standing(model_id),
        lambda: market.commissions.metric(number),
        lambda: market.models.validations(model_id),
    )
    return {
        "model": model_id,
        "score": score(found.score, metric),
        "standing": found.status,
        "verdicts": [
            {
                "audit": one.audit_id,
                "auditor": one.auditor,
                "verdict": "approved" if one.approved else "rejected",
                "state": one.state,
                "expires": moment(one.expires),
            }
            for one in found.verdicts
        ],
        **_test(market, found.tested),
        "test_again_by": moment(found.due_at),
        **_read_elsewhere(model_id, read),
    }


def _read_elsewhere(model_id: int, read: Validations | None) -> dict[str, Any]:
    """What a reader of ERC-8004 is told, and whom it asks; nothing where the market has no such bridge."""
    if read is None:
        return {}
    validations = [
        {
            "name": "0x" + name.hex(),
            "validator": one.validator_address,
            "response": one.response,
            "tag": one.tag,
            "updated": moment(one.last_update),
        }
        for name, one in zip(read.names, read.found, strict=True)
    ]
    return {"erc8004_registry": read.registry, "erc8004_agent": model_id, "erc8004_validations": validations}


def _test(market: Market, found: ThirdPartyResult | None) -> dict[str, Any]:
    """A third party's test, where the risk class asks for one."""
    if found is None:
        return {}
    result = "passed" if found.passed else "failed"
    return {
        "test_set": found.set_id,
        "test": result if found.at else "not taken",
        "test_score": score(found.score if found.at else None, market.conformity.metric(found.set_id)),
        "tested": moment(found.at),
    }
