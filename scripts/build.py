"""Compile the contracts with brownie and export their ABIs, and what their errors mean, for the SDK.

Run by `make build`. Writes brownie's artifacts to `build/brownie/artifacts/` and, for each contract and
interface of ours and for the token standards, `client/assay/abi/<Name>.json`: `{"abi": [...], "errors":
{...}}`. The second part holds, by the error's selector in hex, the sentences that stand above it in
`contracts/interfaces/`: `{"notice": what happened, "hint": what to do}`.
"""

import json
from pathlib import Path
from typing import Any

import brownie_env  # first: brownie reads its folders on import
from brownie import project
from eth_utils.abi import function_signature_to_4byte_selector

ROOT = brownie_env.ROOT
ARTIFACTS = ROOT / "build" / "brownie" / "artifacts" / "contracts"
ABI = ROOT / "client" / "assay" / "abi"
TOKEN_STANDARDS = {"IERC20Metadata", "IERC20Permit"}


def export_abis(artifacts: Path, target: Path) -> list[str]:
    """Write the ABIs that changed and remove stale ones; returns the names of all exported."""
    target.mkdir(parents=True, exist_ok=True)
    names = []
    for path in sorted(artifacts.glob("*.json")):
        artifact = json.loads(path.read_text())
        name, ours = artifact["contractName"], artifact["sourcePath"].startswith("contracts/")
        if artifact["abi"] and (ours or name in TOKEN_STANDARDS):
            names.append(name)
            exported = {"abi": artifact["abi"], "errors": sentences(artifact["natspec"])}
            content = json.dumps(exported, separators=(",", ":"))
            file = target / f"{name}.json"
            if not file.exists() or file.read_text() != content:
                file.write_text(content)
    for path in target.glob("*.json"):
        if path.stem not in names:
            path.unlink()
    return names


def sentences(natspec: dict[str, Any]) -> dict[str, dict[str, str]]:
    """What the errors of a contract mean, by selector; those of libraries say nothing to people."""
    return {
        function_signature_to_4byte_selector(signature).hex(): {
            "notice": said["notice"],
            "hint": said["custom:hint"],
        }
        for signature, said in natspec["errors"].items()
        if said.keys() >= {"notice", "custom:hint"}
    }


def main() -> None:
    """Compile what changed, then export."""
    project.load(ROOT, "AssayProject")
    names = export_abis(ARTIFACTS, ABI)
    print(f"{len(names)} ABIs in {ABI.relative_to(ROOT)}: {', '.join(names)}")


if __name__ == "__main__":
    main()
