"""What scripts ask for: the market's contracts, their functions, the sentences, and errors in words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, cast

from eth_utils.abi import (
    collapse_if_tuple,
    event_abi_to_log_topic,
    function_signature_to_4byte_selector,
)
from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from assay.chain.abi import event_of, load_abi
from assay.chain.reverts import contract_error
from assay.words.reasons import templates
from assay_web.reading import Reading, reading
from assay_web.sentences import catalogue

router = APIRouter()
_EVENTS = {
    "CommissionMarket": ("CommissionOpened",),
    "Deliveries": ("Delivered",),
    "ValidationOracle": ("PanelSeated",),
    "Licences": ("Offered", "Bought", "Delivered"),
    "Trials": ("TrialOpened",),
    "Sales": ("SaleOpened", "BidderNamed", "LicenceSold"),
    "Pledges": ("DrawnUp",),
    "AuditRegistry": ("AuditorSeated", "VerdictSealed"),
    "Rounds": ("KeysGranted",),
    "Conformity": ("AssessmentOpened",),
    "Opinions": ("OpinionOffered", "OpinionAccepted", "KeysGranted"),
    "LineageClaims": ("LineageClaimed",),
    "JobEvaluator": ("Enrolled",),
    "MarketGovernor": ("ProposalCreated",),
}
_READS = {
    "CommissionLens": ("quote", "commission"),
    "ValidationOracle": ("panel",),
    "Trials": ("trial", "quote"),
    "Licences": ("accountOf",),
    "Pledges": ("termsOf",),
    "Opinions": ("opinion",),
    "AuditRegistry": ("audit",),
    "ParticipantRegistry": ("participantOf", "encryptionKeyOf"),
    "Court": ("seatsOf", "dispute", "juryFee", "poolSize"),
    "Disputes": ("disputeOf",),
    "IDisputableMarket": ("dealOf",),
    "JobEvaluator": ("enrolment", "quote"),
    "LineageClaims": ("BOND_IN_JURIES", "claimOf", "termsOf"),
    "ModelRegistry": ("latestVersion", "modelCount"),
    "Policy": ("jurisdictionCode", "domainName", "domainCooldown", "trustedWait", "tokenRule", "treasury"),
    "Conformity": ("testSet", "assessment", "quote"),
    "Rounds": ("appealDeposit", "roundOf"),
    "Escrow": ("balanceOf", "isOperator"),
    "IERC20Metadata": ("balanceOf", "decimals", "name", "symbol", "allowance"),
    "IERC20Permit": ("nonces",),
}
_YEARLY = {"Cache-Control": "public, max-age=300"}


@router.get("/market.json")
def market(found: Annotated[Reading, Depends(reading)]) -> JSONResponse:
    """Chain, contracts, tokens, and what jurisdictions are called."""
    deployment = found.deployment
    with found.index.view() as view:
        jurisdictions, accepted = view.names("jurisdiction"), found.accepted(view)
    tokens = {
        token.address: {
            "symbol": token.symbol,
            "decimals": token.decimals,
            "modules": [deployment.address(name) for name in found.market.escrow.modules(token.address)],
        }
        for token in dict.fromkeys((*found.tokens, *accepted))
    }
    return JSONResponse(
        {
            "chain_id": deployment.chain_id,
            "block": deployment.block,
            "contracts": deployment.contracts,
            "tokens": tokens,
            "jurisdictions": jurisdictions,
            "payment": deployment.tokens.payment,
            "staking": deployment.tokens.staking,
        },
        headers=_YEARLY,
    )


@router.get("/functions.json")
def functions() -> JSONResponse:
    """The functions that pages call, by contract and name, from the ABIs of this release."""
    return JSONResponse(_functions(), headers=_YEARLY)


@router.get("/sentences.json")
def sentences() -> JSONResponse:
    """The catalogue."""
    return JSONResponse(dict(catalogue()), headers=_YEARLY)


@router.get("/head.json")
def head(found: Annotated[Reading, Depends(reading)]) -> JSONResponse:
    """The newest block that pages show."""
    with found.index.view() as view:
        return JSONResponse({"block": view.block})


@router.get("/reasons.json")
def reasons() -> JSONResponse:
    """Sentences for reasons, which pages fill in once they have opened what is sealed to their reader."""
    return JSONResponse(templates(), headers=_YEARLY)


class Refusal(BaseModel):
    """What a wallet says when a call would revert."""

    data: Annotated[str, Field(max_length=20_000)] = ""
    contract: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9.]*$")] = ""
    message: Annotated[str, Field(max_length=1_000)] = ""


@router.post("/explain")
def explain(refusal: Refusal) -> JSONResponse:
    """A contract's refusal as a person reads it."""
    error = contract_error(refusal.data, refusal.message, refusal.contract)
    return JSONResponse({"text": str(error), "name": error.name})


@cache
def _functions() -> dict[str, dict[str, Any]]:
    """Views that pages ask, and what a wallet may be asked to sign: what has a sentence in the catalogue."""
    wanted = {name: set(views) for name, views in _READS.items()}
    for sentence in catalogue():
        section, _, function = sentence.partition(".")
        if section == "call":
            contract, _, name = function.partition(".")
            wanted.setdefault(contract, set()).add(name)
    found = {contract: dict(_of(contract, names)) for contract, names in wanted.items()}
    for contract, names in _EVENTS.items():
        found.setdefault(contract, {}).update((name, _event(contract, name)) for name in names)
    return found


def _event(contract: str, name: str) -> dict[str, Any]:
    """A text of a stranger's is served as bytes: it need not be one."""
    one = event_of(contract, name)
    inputs = [_typed(item) | {"indexed": item["indexed"]} for item in cast(Any, one)["inputs"]]
    for item in inputs:
        item["type"] = item["type"].replace("string", "bytes")
    return {"topic": f"0x{event_abi_to_log_topic(one).hex()}", "inputs": inputs}


def _of(contract: str, names: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in cast(Any, load_abi(contract)):
        if one["type"] != "function":
            continue
        writes = one["stateMutability"] not in ("view", "pure")
        if one["name"] in names:
            types = ",".join(collapse_if_tuple(item) for item in one["inputs"])
            selector = function_signature_to_4byte_selector(f"{one['name']}({types})")
            outputs = [] if writes else [_typed(item) for item in one["outputs"]]
            yield (
                one["name"],
                {
                    "name": one["name"],
                    "selector": f"0x{selector.hex()}",
                    "inputs": [_typed(item) for item in one["inputs"]],
                    "outputs": outputs,
                    "writes": writes,
                },
            )


def _typed(item: Any) -> dict[str, Any]:
    kept = {"name": item["name"], "type": item["type"]}
    if "components" in item:
        kept["components"] = [_typed(one) for one in item["components"]]
    return kept
