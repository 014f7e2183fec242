"""Mutants of Solidity sources, all of them in one compilation ("mutant schemata").

Every mutant is guarded by a number that is read at run time from `block.coinbase`, which no contract of ours
uses and forge sets from outside: `x < y` becomes `(block.coinbase == address(...) ? x <= y : x < y)`. So one
compilation serves all mutants of all contracts, where other tools compile for each.
"""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from steps import ROOT

Node = dict[str, Any]

BASE = 0xA55A0000  # mutant n is alive where block.coinbase is BASE + n
REMAPPINGS = ["@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/"]
SWAPS = {
    "<": ["<=", ">="],
    "<=": ["<", ">"],
    ">": [">=", "<="],
    ">=": [">", "<"],
    "==": ["!="],
    "!=": ["=="],
    "+": ["-"],
    "-": ["+"],
    "*": ["/"],
    "/": ["*"],
    "%": ["*"],
    "&": ["|"],
    "|": ["&"],
    "^": ["&"],
    "<<": [">>"],
    ">>": ["<<"],
    "&&": ["||"],
    "||": ["&&"],
    "+=": ["-="],
    "-=": ["+="],
    "*=": ["/="],
    "/=": ["*="],
    "|=": ["&="],
    "&=": ["|="],
    "++": ["--"],
    "--": ["++"],
}
KINDS = {"relational": "< <= > >= == !=", "logical": "&& ||"}
VALUE = re.compile(r"(u?int\d+|bytes\d+|bool|address)$")
SIMPLE = ("ExpressionStatement", "EmitStatement", "RevertStatement", "Return")


@dataclass(frozen=True)
class Mutant:
    """One change of one source file; `start` and `end` are the bytes of what is guarded."""

    file: str
    function: str
    line: int
    operator: str
    start: int
    end: int
    statement: bool
    original: str
    text: str  # what stands there instead


def compile_ast(sources: dict[str, bytes]) -> dict[str, Any]:
    """The compiler's answer for the given sources: syntax trees and errors, no code."""
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text.decode()} for name, text in sources.items()},
        "settings": {
            "evmVersion": "cancun",
            "remappings": REMAPPINGS,
            "outputSelection": {"*": {"": ["ast"]}},
        },
    }
    solc = [str(ROOT / "scripts" / "solc"), "--standard-json"]
    answer = subprocess.run(
        solc, input=json.dumps(request), capture_output=True, text=True, cwd=ROOT, check=True
    )
    result: dict[str, Any] = json.loads(answer.stdout)
    return result


def all_sources() -> list[str]:
    """Of the contracts: read together, as a function with a mutant in it is not pure for its callers."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "contracts").rglob("*.sol"))


def read(files: list[str]) -> dict[str, bytes]:
    """The sources, with role checks as statements, so that they can be deleted like any other."""
    header = re.compile(rb"\bonlyRole\((\w+)\)([^{;]*)\{")
    return {file: header.sub(rb"\2{ _checkRole(\1);", (ROOT / file).read_bytes()) for file in files}


def find(sources: dict[str, bytes]) -> list[Mutant]:
    """All mutants of the functions and modifiers in the given sources."""
    trees = compile_ast(sources)["sources"]
    found = []
    for file, text in sources.items():
        for contract in trees[file]["ast"]["nodes"]:
            for node in contract.get("nodes", []):
                if node["nodeType"] in ("FunctionDefinition", "ModifierDefinition") and node.get("body"):
                    found += _Function(file, text, node).mutants()
    return found


class _Function:
    """Walks one function and collects its mutants."""

    def __init__(self, file: str, text: bytes, node: Node) -> None:
        self.file, self.text, self.node = file, text, node
        self.name: str = node.get("name") or node["kind"]
        self.found: dict[tuple[int, int, bool, str], Mutant] = {}

    def mutants(self) -> list[Mutant]:
        """The mutants in the order of the source; two that read the same are one."""
        self._visit(self.node["body"], [])
        return sorted(self.found.values(), key=lambda mutant: (mutant.start, -mutant.end))

    def _visit(self, node: Node, above: list[Node]) -> None:
        kind = node["nodeType"]
        if kind == "InlineAssembly":
            return
        path = [*above, node]
        if kind in OPERATORS:
            OPERATORS[kind](self, node, path)
        if kind in SIMPLE:
            self._delete(node, path)
        for key, child in _children(node):
            if key == "loopExpression" or (kind == "TryStatement" and key == "externalCall"):
                continue  # an endless loop, and a place where only a call may stand
            self._visit(child, path)

    def _range(self, node: Node) -> tuple[int, int]:
        start, length, _ = map(int, node["src"].split(":"))
        return start, start + length

    def _read(self, node: Node) -> str:
        start, end = self._range(node)
        return self.text[start:end].decode()

    def _add(self, operator: str, path: list[Node], part: tuple[int, int], new: str) -> None:
        """Record that the bytes `part` become `new`; the guard goes round the nearest node that bears one."""
        node = next((node for node in reversed(path) if _bears_guard(node)), None)
        if node is None or any(key["nodeType"] == "TryStatement" for key in path[-2:-1]):
            return
        start, end = self._range(node)
        text = self.text[start : part[0]].decode() + new + self.text[part[1] : end].decode()
        original = self.text[start:end].decode()
        if text == original:
            return
        statement = node["nodeType"] in SIMPLE
        line = self.text.count(b"\n", 0, part[0]) + 1
        mutant = Mutant(self.file, self.name, line, operator, start, end, statement, original, text)
        self.found.setdefault((start, end, statement, text), mutant)

    def _delete(self, node: Node, path: list[Node]) -> None:
        above = path[-2]
        sole = above["nodeType"] == "IfStatement" or len(above.get("statements", ())) == 1
        if node["nodeType"] == "Return" or (node["nodeType"] == "RevertStatement" and sole):
            return  # the latter is the same as the condition being false
        if node["nodeType"] == "ExpressionStatement" and _points(node["expression"]):
            return
        self._add("statement deleted", path, self._range(node), "")

    def _binary(self, node: Node, path: list[Node]) -> None:
        self._operator(
            node, path, self._range(node["leftExpression"])[1], self._range(node["rightExpression"])[0]
        )

    def _assignment(self, node: Node, path: list[Node]) -> None:
        if node["operator"] != "=":
            left, right = self._range(node["leftHandSide"])[1], self._range(node["rightHandSide"])[0]
            self._operator(node, path, left, right)

    def _unary(self, node: Node, path: list[Node]) -> None:
        start, end = self._range(node)
        inner = self._range(node["subExpression"])
        if node["operator"] in ("++", "--"):
            self._operator(node, path, *((start, inner[0]) if node["prefix"] else (inner[1], end)))
        elif node["operator"] in ("!", "~", "-"):
            self._add("unary", path, (start, inner[0]), "")

    def _operator(self, node: Node, path: list[Node], start: int, end: int) -> None:
        operator = node["operator"]
        at = self.text.index(operator.encode(), start, end)
        kind = next((kind for kind, members in KINDS.items() if operator in members.split()), "arithmetic")
        for new in SWAPS.get(operator, []):
            self._add(kind, path, (at, at + len(operator)), new)

    def _literal(self, node: Node, path: list[Node]) -> None:
        text = self._read(node)
        number = re.match(r"[0-9][0-9_.e]*(?![0-9_.ex])", text)
        if node["kind"] == "bool":
            self._add("literal", path, self._range(node), "false" if node["value"] == "true" else "true")
        elif node["kind"] == "number" and number:
            value = int(Decimal(number[0].replace("_", "")))
            for new in {value + 1, 0} - {value}:
                self._add("literal", path, self._range(node), str(new) + text[number.end() :])

    def _condition(self, node: Node, path: list[Node], values: tuple[str, ...]) -> None:
        condition = node.get("condition")
        if condition:
            for value in values:
                self._add("condition", [*path, condition], self._range(condition), value)

    def _choice(self, node: Node, path: list[Node]) -> None:
        self._condition(node, path, ("true", "false"))

    def _loop(self, node: Node, path: list[Node]) -> None:
        self._condition(node, path, ("false",))

    def _return(self, node: Node, path: list[Node]) -> None:
        value = node.get("expression")
        if value is None or value["nodeType"] == "Literal":
            return
        kind = value["typeDescriptions"]["typeString"]
        if kind == "bool":
            self._add("return value", path, self._range(value), f"!({self._read(value)})")
        elif VALUE.match(kind):
            self._add("return value", path, self._range(value), f"{kind}(0)")

    def _call(self, node: Node, path: list[Node]) -> None:
        arguments = node["arguments"]
        for left, right in pairwise(arguments):
            types = [one["typeDescriptions"]["typeString"] for one in (left, right)]
            if types[0] != types[1] or node["names"] or node["kind"] == "typeConversion":
                continue
            (start, left_end), (right_start, end) = self._range(left), self._range(right)
            between = self.text[left_end:right_start].decode()
            self._add("arguments", path, (start, end), self._read(right) + between + self._read(left))


OPERATORS: dict[str, Callable[[_Function, Node, list[Node]], None]] = {
    "Assignment": _Function._assignment,
    "BinaryOperation": _Function._binary,
    "Conditional": _Function._choice,
    "ForStatement": _Function._loop,
    "FunctionCall": _Function._call,
    "IfStatement": _Function._choice,
    "Literal": _Function._literal,
    "Return": _Function._return,
    "UnaryOperation": _Function._unary,
    "WhileStatement": _Function._loop,
}


def _children(node: Node) -> Iterator[tuple[str, Node]]:
    for key, value in node.items():
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, dict) and "nodeType" in child:
                yield key, child


def _points(expression: Node) -> bool:
    """Whether it assigns a reference without which the compiler finds a variable unset."""
    kind = expression.get("leftHandSide", {}).get("typeDescriptions", {}).get("typeString", "")
    return "storage pointer" in kind or "calldata" in kind


def _bears_guard(node: Node) -> bool:
    """Whether a guard can stand round it: a simple statement, or a value that nothing is assigned to."""
    if node["nodeType"] in SIMPLE:
        return True
    kind = node.get("typeDescriptions", {}).get("typeString", "")
    initial = node["nodeType"] == "Literal" and node["kind"] in ("number", "bool")
    value = VALUE.match(kind) and not node.get("isLValue") and not node.get("lValueRequested")
    return bool(value) and not initial and not (node.get("isPure") and node["nodeType"] == "Identifier")
