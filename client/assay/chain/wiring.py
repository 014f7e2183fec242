"""A market's contracts and their permissions: `wiring.json`, from which markets are deployed.

Its `contracts` are in deployment order, each with its constructor's arguments: the name of an earlier
contract or of a parameter known to the deployer; a list is a struct. Its `grants` are sentences of three
kinds: "A opens holds" in Escrow, "A states facts" to Reputation, "A is ROLE of B". Its `bridges` come
afterwards, with their own rights, if the deployer requests them. Both the forge tests' fixture
(`SystemWiring.t.sol`) and what `scripts/deploy.py` has deployed are checked against this file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from eth_utils.crypto import keccak

GOVERNANCE = "governance"
ADMIN = "DEFAULT_ADMIN_ROLE"
_SENTENCE = re.compile(
    r"(?P<who>\w+) (?:(?P<what>opens holds|states facts)|is (?P<role>\w+) of (?P<where>\w+))"
)
_FILE = json.loads((files("assay.chain") / "wiring.json").read_text())

CONSTRUCTORS: Mapping[str, list[Any]] = _FILE["contracts"]
"""The arguments of each contract's constructor, by contract name, in deployment order."""

BRIDGES: Mapping[str, list[Any]] = _FILE["bridges"]
"""The same for the adapters to other standards, which are optional."""


@dataclass(frozen=True)
class Grant:
    """One right that *who* has.

    Attributes:
        who: a contract's name, or "governance".
        contract: the name of the contract that records the right.
        role: what is granted, such as ``MODULE_ROLE``; empty for a right that is not a role.
        view: the contract's function that says whether it holds.
        function: the one that grants it.
    """

    sentence: str
    who: str
    contract: str
    role: str
    view: str
    function: str

    def asked(self, address: str) -> tuple[Any, ...]:
        """The arguments of *view*, given the *address* of *who*."""
        return (role_id(self.role), address) if self.role else (address,)

    def given(self, address: str) -> tuple[Any, ...]:
        """The arguments of *function*."""
        return (address, True) if self.function == "setSource" else self.asked(address)


def grants(*, bridges: bool = False) -> Iterator[Grant]:
    """Every right in a market that is set up but not yet handed over to its governor.

    Args:
        bridges: include the rights of the adapters to other standards.
    """
    for sentence in _FILE["grants"] + (_FILE["bridge_grants"] if bridges else []):
        match = _SENTENCE.fullmatch(sentence)
        if match is None:
            raise ValueError(f"wiring.json: no such kind of grant: {sentence}")
        who = match["who"]
        if match["what"] == "opens holds":
            yield Grant(sentence, who, "Escrow", "", "isAuthorised", "authorise")
        elif match["what"] == "states facts":
            yield Grant(sentence, who, "Reputation", "", "isSource", "setSource")
        else:
            yield Grant(sentence, who, match["where"], match["role"], "hasRole", "grantRole")


def governed() -> tuple[str, ...]:
    """The contracts whose administration is handed over to governance."""
    return tuple(one.contract for one in grants() if (one.who, one.role) == (GOVERNANCE, ADMIN))


def role_id(role: str) -> bytes:
    """The id of a role in OpenZeppelin's AccessControl."""
    return bytes(32) if role == ADMIN else keccak(text=role)


def arguments(contract: str, known: Mapping[str, Any]) -> list[Any]:
    """The constructor's arguments: *known* has the earlier contracts and the parameters by name."""
    return [_filled(argument, known) for argument in {**CONSTRUCTORS, **BRIDGES}[contract]]


def _filled(argument: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(argument, list):
        return tuple(_filled(part, known) for part in argument)
    return known[argument]
