"""Writes the pages of the reference, `docs/reference/`: what there is to document is read off the tree."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from natspec import Node, tags

INTERFACES = "contracts/interfaces/"
ARTIFACTS = Path("build/brownie/artifacts/contracts")
KINDS = {
    "StructDefinition": "Structs",
    "EnumDefinition": "Enums",
    "FunctionDefinition": "Functions",
    "EventDefinition": "Events",
    "ErrorDefinition": "Errors",
}


def write(root: Path) -> None:
    """Bring `docs/reference/` up to date. A page that is the same is not written: Sphinx skips it then."""
    pages = dict(python_pages()) | dict(contract_pages(root))
    folder = root / "docs" / "reference"
    for old in folder.rglob("*.md"):
        if str(old.relative_to(folder)) not in pages:
            old.unlink()
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


# --- the SDK -----------------------------------------------------------------------------------------------

SDK = {
    "Market": ["market", "session", "chain.deployment"],
    "Commissions": [
        *("markets.commissions", "markets.commission_reader", "markets.bids", "markets.models"),
        *("markets.model_registry", "markets.quote", "markets.checks"),
        *("deal.next_step", "deal.timeline", "deal.payments", "deal.refusals"),
    ],
    "Orders": [
        "markets.order",
        "markets.order_file",
        "markets.order_forms",
        "markets.order_data",
        "markets.order_template",
    ],
    "Participants and money": ["participants", "escrow", "staking"],
    "Panels and keys": ["deal.rounds", "deal.keys", "judges.panels"],
    "Audits and tests": ["judges.audits", "judges.opinions", "judges.conformity", "judges.reputation"],
    "Disputes": ["judges.disputes", "judges.court"],
    "Rules and votes": [f"governance.{name}" for name in ("policy", "proposals", "changes", "chambers")],
    "Dossiers": ["dossier.dossiers", "dossier.document", "dossier.verify"],
    "Documents": [
        *("manifests.commission", "manifests.dataset", "manifests.licence", "manifests.evaluation"),
        *("manifests.model", "manifests.audit_report", "manifests.validation_report", "manifests.reason"),
    ],
    "Structs": [
        *("structs.commission", "structs.auction", "structs.rounds", "structs.oracle", "structs.audit"),
        *("structs.model", "structs.registry", "structs.policy", "structs.dispute", "structs.conformity"),
    ],
    "Wallets": ["wallet.keystore", "wallet.signer", "wallet.web3signer"],
    "Storage": [
        *("store.base", "store.places", "store.kubo", "store.blocks", "store.folder", "store.gateway"),
        *("store.s3", "store.ipfshttp"),
    ],
    "Errors": ["errors"],
}
"""The pages, and the modules on each: what a program that uses the SDK meets."""


def python_pages() -> Iterator[tuple[str, str]]:
    """A page for each part of the SDK."""
    for title, modules in SDK.items():
        parts = "".join(_automodule(f"assay.{name}") for name in modules)
        yield f"python/{_file(title)}.md", f"# {title}\n{parts}"
    entries = "\n".join(f"python/{_file(title)}" for title in SDK)
    head = "# Python\n\n```{eval-rst}\n.. automodule:: assay\n   :no-members:\n```\n"
    yield "python.md", f"{head}\n```{{toctree}}\n{entries}\n```\n"


def _file(title: str) -> str:
    return title.lower().replace(" ", "-")


def _automodule(name: str) -> str:
    return f"\n## {name}\n\n```{{eval-rst}}\n.. automodule:: {name}\n```\n"


# --- the contracts -----------------------------------------------------------------------------------------


def _artifacts(root: Path) -> Iterator[dict[str, Any]]:
    """All of them, but for those of libraries that brownie removes when it first loads the project."""
    for path in sorted((root / ARTIFACTS).glob("*.json")):
        with suppress(FileNotFoundError):
            yield json.loads(path.read_text())


def contract_pages(root: Path) -> Iterator[tuple[str, str]]:
    """A page for each interface, from what the compiler made of it."""
    ours = [one for one in _artifacts(root) if one["sourcePath"].startswith(INTERFACES)]
    for one in ours:
        yield f"contracts/{one['contractName']}.md", _contract(one)
    entries = "\n".join(f"contracts/{one['contractName']}" for one in ours)
    text = "What each contract promises: who may call, when, in which units, and what every error means."
    yield "contracts.md", f"# Contracts\n\n{text}\n\n```{{toctree}}\n{entries}\n```\n"


def _contract(artifact: dict[str, Any]) -> str:
    source = artifact["source"].encode()
    nodes = artifact["ast"]["nodes"]
    own = next(node for node in nodes if node.get("name") == artifact["contractName"])
    parts = [f"# {own['name']}", *_said(own)]
    for kind, title in KINDS.items():
        members = [node for node in own["nodes"] if node["nodeType"] == kind]
        if members:
            parts += [f"## {title}", *(part for node in members for part in _member(node, source))]
    return "\n\n".join(parts) + "\n"


def _member(node: Node, source: bytes) -> Iterator[str]:
    start, length = (int(part) for part in node["src"].split(":")[:2])
    yield f"### {node['name']}"
    lines = source[start : start + length].decode().splitlines()
    yield "\n".join(("```solidity", *(line.removeprefix("    ") for line in lines), "```"))
    yield from _said(node)


def _said(node: Node) -> Iterator[str]:
    said = tags(node)
    yield from (said[tag] for tag in ("notice", "dev", "custom:hint") if tag in said)
