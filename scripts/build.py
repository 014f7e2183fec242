"""Compile the contracts with brownie and export their ABIs, and what their errors mean, for the SDK.

Run by `make build`. Writes brownie's artifacts to `build/brownie/artifacts/` and, for each contract and
interface of ours and for the token standards, `client/assay/abi/<Name>.json`. Its `abi` is the ABI, custom
errors included. Its `errors` hold, by selector in hex, the sentences above those errors of ours that stand in
the ABI: `{"notice": what happened, "hint": what to do}`. `build/contracts.json` has what `deploy.py` deploys:
each contract's ABI and creation code, in hex.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import brownie_env  # first: brownie reads its folders on import
from brownie import project
from eth_utils.abi import collapse_if_tuple, function_signature_to_4byte_selector
from natspec import tags

ROOT = brownie_env.ROOT
ARTIFACTS = ROOT / "build" / "brownie" / "artifacts" / "contracts"
ABI = ROOT / "client" / "assay" / "abi"
DEPLOYABLE = ROOT / "build" / "contracts.json"
TOKEN_STANDARDS = {"IERC20Metadata", "IERC20Permit"}


Artifact = dict[str, Any]
Sentences = dict[str, dict[str, str]]


class Error(NamedTuple):
    """An error as an ABI or a file declares it."""

    selector: str  # in hex
    arguments: tuple[str, ...]  # their names


def export(artifacts: dict[str, Artifact], target: Path) -> list[str]:
    """Write the files that changed and remove stale ones; returns the names of all exported."""
    target.mkdir(parents=True, exist_ok=True)
    names = []
    for name, artifact in artifacts.items():
        ours = artifact["sourcePath"].startswith("contracts/")
        if artifact["abi"] and (ours or name in TOKEN_STANDARDS):
            names.append(name)
            exported = {"abi": artifact["abi"], "errors": sentences(name, artifacts)}
            write_if_changed(target / f"{name}.json", exported)
    for path in target.glob("*.json"):
        if path.stem not in names:
            path.unlink()
    return names


def export_deployable(artifacts: dict[str, Artifact], target: Path) -> None:
    """Write ABI and creation code of each contract of ours that can be deployed."""
    ours = (one for one in artifacts.values() if one["sourcePath"].startswith("contracts/"))
    write_if_changed(
        target,
        {
            one["contractName"]: {name: one[name] for name in ("contractName", "abi", "bytecode")}
            for one in ours
            if one["bytecode"]
        },
    )


def write_if_changed(file: Path, content: dict[str, Any]) -> None:
    """Write JSON, but leave the file alone where it is the same."""
    text = json.dumps(content, separators=(",", ":"))
    if not file.exists() or file.read_text() != text:
        file.write_text(text)


def sentences(name: str, artifacts: dict[str, Artifact]) -> Sentences:
    """What the errors of ours in a contract's ABI mean, by selector.

    An error is declared by the contract or an ancestor, or else by a contract that their files import, or
    that is imported there, or else by any: a file may import a library's type alone. The nearest one counts
    that names the arguments alike: other contracts have errors of the same types.
    """
    found: dict[Error, dict[str, str]] = {}
    for contracts in _nearest_first(name, artifacts):
        said = [item for contract in sorted(contracts) for item in _declared(contract, artifacts).items()]
        found = dict(said) | found
    errors = _errors(artifacts[name]["abi"])
    return {error.selector: found[error] for error in errors if error in found}


def _nearest_first(name: str, artifacts: dict[str, Artifact]) -> Iterator[set[str]]:
    contracts, seen = set(_ancestors(name, artifacts)), set[str]()
    while contracts:
        yield contracts
        seen |= contracts
        named = {symbol for contract in contracts for symbol in artifacts[contract]["ast"]["exportedSymbols"]}
        contracts = (named & artifacts.keys()) - seen
    yield artifacts.keys() - seen


def _errors(abi: list[Any]) -> Iterator[Error]:
    for error in abi:
        if error["type"] == "error":
            types = ",".join(collapse_if_tuple(part) for part in error["inputs"])
            selector = function_signature_to_4byte_selector(f"{error['name']}({types})").hex()
            yield Error(selector, tuple(part["name"] for part in error["inputs"]))


def _ancestors(name: str, artifacts: dict[str, Artifact]) -> Iterator[str]:
    yield name
    for base in _definition(artifacts[name])["baseContracts"]:
        yield from _ancestors(base["baseName"]["name"].split(".")[-1], artifacts)


def _declared(name: str, artifacts: dict[str, Artifact]) -> dict[Error, dict[str, str]]:
    errors = [node for node in _definition(artifacts[name])["nodes"] if node["nodeType"] == "ErrorDefinition"]
    said = {_declaration(error): tags(error) for error in errors}
    return {
        error: {"notice": meaning["notice"], "hint": meaning["custom:hint"]}
        for error, meaning in said.items()
        if meaning.keys() >= {"notice", "custom:hint"}
    }


def _declaration(error: dict[str, Any]) -> Error:
    return Error(error["errorSelector"], tuple(part["name"] for part in error["parameters"]["parameters"]))


def _definition(artifact: Artifact) -> dict[str, Any]:
    name, nodes = artifact["contractName"], artifact["ast"]["nodes"]
    return next(node for node in nodes if node["nodeType"] == "ContractDefinition" and node["name"] == name)


def remove_stale(artifacts: Path) -> None:
    """Remove artifacts made of a file that is gone: brownie would open it, and fail, before it compiles."""
    for path in artifacts.glob("*.json"):
        sources = json.loads(path.read_text())["allSourcePaths"].values()
        if not all((ROOT / source).is_file() for source in sources):
            path.unlink()


def main() -> None:
    """Compile what changed, then export."""
    remove_stale(ARTIFACTS)
    project.load(ROOT, "AssayProject")
    artifacts = {path.stem: json.loads(path.read_text()) for path in sorted(ARTIFACTS.glob("*.json"))}
    names = export(artifacts, ABI)
    export_deployable(artifacts, DEPLOYABLE)
    print(f"{len(names)} ABIs in {ABI.relative_to(ROOT)}: {', '.join(names)}")


if __name__ == "__main__":
    main()
