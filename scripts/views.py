"""Write `client/assay/structs/views/`: each view of each contract as a typed Python function, from the ABIs.

`make build` runs it after it has exported the ABIs; `tests/unit/chain/test_views.py` fails when a file is not
what it would write. Structs and enums are those of `assay.structs`, by the tables below. A view is left out
when it answers with a struct that has no Python type, or with several values and no struct for them.
"""

import json
import subprocess
from collections.abc import Iterator
from keyword import iskeyword
from pathlib import Path
from typing import Any

from pydantic.alias_generators import to_snake

ROOT = Path(__file__).resolve().parents[1]
ABI = ROOT / "client" / "assay" / "abi"
VIEWS = ROOT / "client" / "assay" / "structs" / "views"
WIRING = ROOT / "client" / "assay" / "chain" / "wiring.json"

STANDARDS = {
    "IERC20Metadata": "erc20",
    "IERC20Permit": "erc20_permit",
    "IERC3009": "erc3009",
    "IArbitrator": "arbitrator",
}
"""Contracts of others that are read as well, and the modules of their views."""

TYPES = {
    "IArbitrator.DisputeStatus": "DisputeStatus",
    "IAuditRegistry.AuditView": "Audit",
    "IAuditRegistry.Enrolment": "Enrolment",
    "IAuditRegistry.Verdict": "Verdict",
    "IChambers.Seat": "SeatRecord",
    "ICommissionLens.Commission": "Commission",
    "ICommissionLens.Listing": "Listing",
    "ICommissionMarket.Request": "Request",
    "ICommissionMarket.State": "State",
    "IConformity.Assessment": "ConformityAssessment",
    "IConformity.Standing": "Standing",
    "IConformity.TestSet": "TestSet",
    "ICourt.DisputeView": "CourtDispute",
    "ICourt.Seat": "JurySeat",
    "IDisputableMarket.DealView": "DisputableDeal",
    "IDisputes.Case": "Case",
    "IFactSource.Fact": "Fact",
    "IGoods.Good": "Good",
    "IGoods.Royalty": "Royalty",
    "IGovernor.ProposalState": "ProposalState",
    "IJobEvaluator.Enrolment": "Job",
    "IJobEvaluator.Terms": "JobTerms",
    "ILicences.Account": "BondAccount",
    "ILineageClaims.ClaimView": "LineageClaim",
    "ILineageClaims.Terms": "LineageTerms",
    "IMarketGovernor.ChamberVote": "ChamberTally",
    "IMarketGovernor.Settings": "GovernorSettings",
    "IModelRegistry.Version": "Version",
    "IOpinions.Opinion": "Opinion",
    "IParticipantRegistry.Conflict": "Conflict",
    "IParticipantRegistry.Eligibility": "Eligibility",
    "IParticipantRegistry.Participant": "ParticipantRecord",
    "IParticipantRegistry.Role": "Role",
    "IPledges.State": "PledgeState",
    "IPledges.Terms": "PledgeTerms",
    "IPolicy.CommissionTerms": "CommissionTerms",
    "IPolicy.DataRule": "DataRule",
    "IPolicy.PanelTier": "PanelTier",
    "IPolicy.RiskClass": "RiskClass",
    "IPolicy.ShareCap": "ShareCap",
    "IPolicy.Stakes": "Stakes",
    "IPolicy.Timeouts": "Timeouts",
    "IPolicy.TokenRule": "TokenRule",
    "IReputation.Kind": "FactKind",
    "IRounds.RoundView": "Round",
    "IValidationOracle.PanelView": "Panel",
    "IValidationOracle.Report": "Report",
    "IValidationOracle.RequestView": "ValidationRequest",
    "IValidationOracle.Result": "Result",
    "IValidatorStaking.Stake": "Stake",
    "ITrials.Allowance": "TrialAllowance",
    "ITrials.Request": "TrialRequest",
    "ITrials.Trial": "Trial",
    "IVickreyAuction.Auction": "Auction",
}
"""The structs and enums of the contracts by their names in :mod:`assay.structs`."""

SIDE_BY_SIDE = {
    "CommissionMarket.awarded": "Awarded",
    "FeeShares.feesOf": "FeesPaid",
    "Goods.royaltiesOf": "GoodRoyalties",
    "IArbitrator.appealPeriod": "AppealPeriod",
    "ModelValidations.getSummary": "ValidationSummary",
    "ModelValidations.getValidationStatus": "ModelValidation",
    "Pledges.stateOf": "PledgeStanding",
    "Reputation.partsOf": "ReputationParts",
    "ValidationOracle.voteOf": "Vote",
    "VickreyAuction.bidOf": "Bid",
}
"""Views that answer with several values, and the struct that holds them."""

Function = dict[str, Any]


class UntypedError(Exception):
    """A struct that has no Python type."""


def modules() -> dict[str, str]:
    """The contracts whose views are written, and the module of each."""
    wiring = json.loads(WIRING.read_text())
    ours = {**wiring["contracts"], **wiring["bridges"]}
    return {name: to_snake(name) for name in ours} | STANDARDS


def python_type(part: Function, *, argument: bool) -> str:
    """The Python type of a parameter or result; raises :class:`UntypedError`."""
    kind: str = part["type"]
    declared: str = part.get("internalType", kind)
    if kind.endswith("]"):
        inner = {"type": kind[: kind.rindex("[")], "internalType": declared[: declared.rindex("[")]}
        element = python_type(inner, argument=argument)
        return f"Sequence[{element}]" if argument else f"tuple[{element}, ...]"
    if declared.startswith(("struct ", "enum ")):
        name = declared.split(" ", 1)[1]
        if name in TYPES:
            return f"structs.{TYPES[name]}"
        if kind == "tuple":
            raise UntypedError(name)
    if kind.startswith(("uint", "int")):
        return "int"
    if kind.startswith("bytes"):
        return "bytes"
    return {"address": "str", "string": "str", "bool": "bool"}[kind]


def answer(contract: str, function: Function) -> str:
    """The Python type of what a view answers; raises :class:`UntypedError`."""
    outputs, name = function["outputs"], f"{contract}.{function['name']}"
    if not outputs:
        return "None"
    if len(outputs) == 1:
        return python_type(outputs[0], argument=False)
    if name not in SIDE_BY_SIDE:
        raise UntypedError(name)
    return f"structs.{SIDE_BY_SIDE[name]}"


def parameters(function: Function, named: Function) -> Iterator[tuple[str, str]]:
    """Names and types. *named* is the function in the interface: a getter has no names of its own."""
    for number, (part, other) in enumerate(zip(function["inputs"], named["inputs"], strict=True)):
        name = to_snake((part["name"] or other["name"] or f"key{number}").strip("_"))
        yield name + "_" * iskeyword(name), python_type(part, argument=True)


def written(contract: str, function: Function, named: Function) -> str:
    """One view as a Python function."""
    name, kind = function["name"], answer(contract, function)
    taken = list(parameters(function, named))
    signature = ", ".join(f"{parameter}: {of}" for parameter, of in taken)
    passed = ", ".join([f'"{contract}"', f'"{name}"', kind, *(parameter for parameter, _ in taken)])
    python_name = name if name.isupper() else to_snake(name)  # EPOCH is not epoch
    return f"def {python_name}({signature}) -> View[{kind}]:\n    return View({passed})\n"


def views_of(contract: str) -> Iterator[str]:
    """The views of a contract, in the order of the alphabet."""
    promised = ABI / f"I{contract}.json"
    named = {one["name"]: one for one in _views(promised)} if promised.exists() else {}
    for function in sorted(_views(ABI / f"{contract}.json"), key=lambda one: str(one["name"])):
        name = function["name"]
        alike = len(named.get(name, function)["inputs"]) == len(function["inputs"])
        try:
            yield written(contract, function, named[name] if name in named and alike else function)
        except UntypedError:
            continue


def _views(path: Path) -> Iterator[Function]:
    for element in json.loads(path.read_text())["abi"]:
        if element["type"] == "function" and element["stateMutability"] in {"view", "pure"}:
            yield element


def module(contract: str) -> str:
    """The source of a contract's module; empty when it has no views."""
    body = "\n\n".join(views_of(contract))
    if not body:
        return ""
    head = f'"""Views of {contract}. Written by `scripts/views.py` from its ABI: do not edit."""\n\n'
    head += "from __future__ import annotations\n\n"
    if "Sequence[" in body:
        head += "from collections.abc import Sequence\n\n"
    if "structs." in body:
        head += "from assay import structs\n"
    return f"{head}from assay.structs.view import View\n\n\n{body}"


def package() -> dict[str, str]:
    """The files of the package by name, as ruff formats them."""
    sources = {name: source for contract, name in modules().items() if (source := module(contract))}
    listed = ", ".join(sorted(sources))
    exported = ", ".join(f'"{name}"' for name in sorted(sources))
    sources["__init__"] = (
        f'"""{_ABOUT}"""\n\nfrom assay.structs.views import ({listed})\n\n__all__ = [{exported}]\n'
    )
    return {f"{name}.py": _formatted(source) for name, source in sources.items()}


_ABOUT = """What the contracts can be asked, one module a contract; written by `scripts/views.py`.

``session.view(views.escrow.balance_of(account, token))`` asks it. A view says nothing of itself here: the
contract's interface in ``contracts/interfaces/`` does.
"""


def _formatted(source: str) -> str:
    command = ["ruff", "format", "--stdin-filename", str(VIEWS / "x.py"), "-"]
    return subprocess.run(command, input=source, text=True, capture_output=True, check=True).stdout


def main() -> None:
    """Write the files that changed, and remove those of contracts that are gone."""
    files = package()
    VIEWS.mkdir(exist_ok=True)
    for path in VIEWS.glob("*.py"):
        if path.name not in files:
            path.unlink()
    for name, source in files.items():
        path = VIEWS / name
        if not path.exists() or path.read_text() != source:
            path.write_text(source)
    print(f"views of {len(files) - 1} contracts in {VIEWS.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
