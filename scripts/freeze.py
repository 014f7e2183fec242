"""Keep the contracts of a release as they were deployed, for tests to run them beside today's.

`python scripts/freeze.py 0.2.0 6467938` compiles the contracts of that commit with its `foundry.toml` and
writes `tests/releases/0.2.0/<Contract>.json`: the ABI and the creation code of everything that can be
deployed. With `--check` it writes nothing and fails where the files are not what the commit compiles to.
"""

import argparse
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from steps import ROOT

RELEASES = ROOT / "tests" / "releases"
OUTPUTS = {"*": {"*": ["abi", "evm.bytecode.object"], "": ["ast"]}}


def compiled(commit: str) -> dict[str, str]:
    """The text of a file for each contract of a commit that can be deployed, by its name."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        _check_out(commit, tree)
        answer = _compile(tree)
    for error in answer.get("errors", []):
        if error["severity"] == "error":
            sys.exit(f"{commit} does not compile:\n{error['formattedMessage']}")
    files = {}
    for source, contracts in answer["contracts"].items():
        if source.startswith("contracts/") and not source.startswith("contracts/test/"):
            kinds = {
                node["name"]: node["contractKind"]
                for node in answer["sources"][source]["ast"]["nodes"]
                if node["nodeType"] == "ContractDefinition"
            }
            for name, contract in contracts.items():
                code = contract["evm"]["bytecode"]["object"]
                if code and kinds[name] == "contract":
                    files[name] = _text(contract["abi"], code)
    return files


def _check_out(commit: str, tree: Path) -> None:
    archive = subprocess.run(
        ["git", "archive", commit, "contracts", "foundry.toml"], cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(tree, filter="data")
    (tree / "node_modules").symlink_to(ROOT / "node_modules")


def _compile(tree: Path) -> dict[str, Any]:
    settings = tomllib.loads((tree / "foundry.toml").read_text())["profile"]["default"]
    sources = sorted(path.relative_to(tree) for path in (tree / "contracts").rglob("*.sol"))
    request = {
        "language": "Solidity",
        "sources": {str(path): {"content": (tree / path).read_text()} for path in sources},
        "settings": {
            "evmVersion": settings["evm_version"],
            "optimizer": {"enabled": settings["optimizer"], "runs": settings["optimizer_runs"]},
            "remappings": settings["remappings"],
            "outputSelection": OUTPUTS,
        },
    }
    done = subprocess.run(
        [ROOT / "scripts" / "solc", "--standard-json"],
        cwd=tree,
        input=json.dumps(request),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _text(abi: list[dict[str, Any]], code: str) -> str:
    """An entry of the ABI a line, so that releases can be compared; a JSON artifact as forge reads it."""
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in abi)
    return f'{{"abi": [\n{lines}\n],\n"bytecode": {{"object": "0x{code}"}}}}\n'


def main() -> None:
    """Write the files of a release, or compare them."""
    parser = argparse.ArgumentParser(description="Keep the contracts of a release, for tests.")
    parser.add_argument("version", help="as in CHANGELOG.md, e.g. 0.2.0")
    parser.add_argument("commit", help="of the release")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    arguments = parser.parse_args()
    folder = RELEASES / arguments.version
    wanted = compiled(arguments.commit)
    if arguments.check:
        kept = {path.stem: path.read_text() for path in folder.glob("*.json")}
        if differing := sorted(name for name in {*kept, *wanted} if kept.get(name) != wanted.get(name)):
            sys.exit(f"not what {arguments.commit} compiles to: {', '.join(differing)}")
        print(f"{len(wanted)} contracts of {arguments.version}: each is what {arguments.commit} compiles to")
        return
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.json"):
        path.unlink()
    for name, text in wanted.items():
        (folder / f"{name}.json").write_text(text)
    print(f"{len(wanted)} contracts in {folder.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
