"""Imports run one way: a room of the SDK knows only those below it, a program only what it stands on."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import assay
import assay_indexer
import assay_learning
import assay_local
import assay_oracle
import assay_validation
import assay_web

PROGRAMS = (assay, assay_indexer, assay_learning, assay_local, assay_oracle, assay_validation, assay_web)
MAY_IMPORT = {
    "assay": {"assay"},
    "assay_indexer": {"assay", "assay_indexer"},
    "assay_learning": {"assay", "assay_learning"},
    "assay_validation": {"assay", "assay_validation"},
    "assay_oracle": {"assay", "assay_oracle", "assay_validation"},
    "assay_web": {"assay", "assay_indexer", "assay_web"},
    "assay_local": {"assay", "assay_local", "assay_validation"},
}
"""What each package may import of ours; local markets run everything else as processes."""
NEEDED_BY_VALIDATION = {
    f"assay.{room}" for room in ("errors", "manifests", "seal", "structs", "wallet", "words")
}
"""The validation node knows documents, types and keys of sealed files, and no chain."""

NEEDED_BY_LEARNING = {f"assay.{room}" for room in ("errors", "manifests", "words")}
"""Training at home knows documents."""

FLOORS = (
    {"words.printable", "words.times"},
    {"errors"},
    {"store"},
    {"wallet"},
    {"manifests"},
    {"structs", "seal"},
    {"words", "chain"},
    {"session", "index"},
    {"sortition", "token_signatures"},
    {"escrow", "governance.policy"},
    {"staking", "participants"},
    {"governance", "deal"},
    {"markets"},
    {"judges"},
    {"dossier"},
    {"areas"},
    {"market"},
    {"selling"},
    {"cli"},
    {"__main__"},
)
"""The rooms of the SDK from the ground up. A module belongs to the longest name that it begins with."""
UNIMPORTED = ("sandbox.child", ".demo.", ".migrations.")
"""Run by other programs, which import them."""
ROOMS = {f"assay.{room}": floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def modules(package: object) -> dict[str, Path]:
    root = Path(package.__file__).parent
    return {
        ".".join(path.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted(root.rglob("*.py"))
        if "node_modules" not in path.parts
    }


MODULES = {name: path for package in PROGRAMS for name, path in modules(package).items()}


def imported(source: str) -> Iterator[str]:
    """The modules of ours that a module imports, wherever in it, for types alone too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield submodule if submodule in MODULES else str(node.module)


def room_of(module: str) -> str:
    return max((room for room in ROOMS if f"{module}.".startswith(f"{room}.")), key=len)


def breaches(module: str, source: str) -> list[str]:
    """What *module* may not import, of all that it does."""
    package = module.split(".")[0]
    found = []
    for target in imported(source):
        top = target.split(".")[0]
        if not top.startswith("assay"):
            continue
        if top not in MAY_IMPORT[package]:
            found.append(f"{module} imports {target}")
        elif package == "assay_validation" and top == "assay":
            if not any(f"{target}.".startswith(f"{room}.") for room in NEEDED_BY_VALIDATION):
                found.append(f"{module} imports {target}")
        elif package == "assay_learning" and top == "assay":
            if not any(f"{target}.".startswith(f"{room}.") for room in NEEDED_BY_LEARNING):
                found.append(f"{module} imports {target}")
        elif package == "assay" != module and target != "assay":
            here, there = room_of(module), room_of(target)
            if here != there and ROOMS[there] >= ROOMS[here]:
                found.append(f"{module} ({here}) imports {target} ({there})")
    return found


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_nothing_above_it(module):
    assert breaches(module, MODULES[module].read_text()) == []


def test_every_module_can_be_imported():
    for module in MODULES:
        if not module.endswith("__main__") and not any(part in module for part in UNIMPORTED):
            importlib.import_module(module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("assay.words.amounts", "from assay.markets import models"),
        ("assay.structs.model", "from assay.markets.models import Models"),
        ("assay.chain.events", "def f():\n    from assay.deal.history import History"),
        ("assay.markets.bids", "import assay.cli.output"),
        ("assay.markets.models", "from assay.judges.audits import Audits"),
        ("assay.judges.audits", "if TYPE_CHECKING:\n    from assay_validation.audit.outcome import Outcome"),
        ("assay.cli.verify", "from assay_local.market import LocalMarket"),
        ("assay.governance.policy", "from assay.governance.proposals import Governance"),
        ("assay.errors", "from assay.words.amounts import Token"),
        ("assay_oracle.daemon", "import assay_local"),
        ("assay_validation.node", "from assay.session import Session"),
        ("assay_validation.node", "import assay_oracle"),
        ("assay_learning.rows", "from assay.session import Session"),
        ("assay_learning.deriving", "from assay_validation.model import predict"),
    ],
)
def test_an_upward_import_is_noticed(module, source):
    assert breaches(module, source)


def test_floors_are_rooms_that_exist():
    for below, above in pairwise(FLOORS):
        assert not below & above
    assert all(any(f"{module}.".startswith(f"{room}.") for module in MODULES) for room in ROOMS)
