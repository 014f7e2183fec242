"""Checks the NatSpec of the contracts: `natspec.py` prints what is missing and exits 1 if anything is.

Every error, event and function of `contracts/interfaces/` has a `@notice`. What uses a type for amounts,
times or scores names the unit: in its own comment, or once for all in the interface's. Every error of ours,
wherever it is declared, says in `@notice` what happened and in `@custom:hint` what to do; both may quote
the error's arguments as `{argument}`. `scripts/build.py` exports these two sentences to the SDK, which
shows them to people.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS, INTERFACES = "contracts/", "contracts/interfaces/"
REMAPPING = "@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/"
KINDS = {"ErrorDefinition": "error", "EventDefinition": "event", "FunctionDefinition": "function"}
UNITS = {"uint96": "base units", "uint40": "seconds", "int64": "ppm"}
TAG = re.compile(r"@([\w:-]+)[ \t]*")
PLACEHOLDER = re.compile(r"\{(\w*)\}")

Node = dict[str, Any]


def syntax_trees(sources: dict[str, str]) -> dict[str, Node]:
    """The syntax tree of each source file by its path; ValueError when the compiler cannot parse one."""
    request = {
        "language": "Solidity",
        "sources": {path: {"content": text} for path, text in sources.items()},
        "settings": {
            "stopAfter": "parsing",
            "remappings": [REMAPPING],
            "outputSelection": {"*": {"": ["ast"]}},
        },
    }
    command = [str(ROOT / "scripts" / "solc"), "--standard-json"]
    done = subprocess.run(
        command, input=json.dumps(request), capture_output=True, text=True, cwd=ROOT, check=True
    )
    answer = json.loads(done.stdout)
    errors = [item for item in answer.get("errors", []) if item["severity"] == "error"]
    if errors:
        raise ValueError("\n".join(error["formattedMessage"] for error in errors))
    return {path: answer["sources"][path]["ast"] for path in sources}


def tags(node: Node) -> dict[str, str]:
    """The tags of a node's comment; of tags that are repeated, such as `param`, the text is joined."""
    documentation = node.get("documentation") or {}
    text = documentation if isinstance(documentation, str) else documentation.get("text", "")
    found: dict[str, str] = {}
    start, name = 0, "notice"
    for tag in [*TAG.finditer(text), None]:
        part = " ".join(text[start : tag.start() if tag else None].split())
        if part:
            found[name] = f"{found[name]} {part}" if name in found else part
        if tag:
            start, name = tag.end(), tag[1]
    return found


def gaps(sources: dict[str, str]) -> list[str]:
    """What the given files lack, as `path:line: name: what`."""
    found = []
    for path, tree in syntax_trees(sources).items():
        text = sources[path].encode()
        for name, node, said in _declared(tree):
            interface = path.startswith(INTERFACES)
            line = text[: _start(node)].count(b"\n") + 1
            found += [f"{path}:{line}: {name}: {gap}" for gap in _gaps_of(node, said, text, interface)]
    return found


def _declared(tree: Node) -> Iterator[tuple[str, Node, str]]:
    """Name and node of every declaration of a file, with what its contract's own comment says."""
    for node in tree["nodes"]:
        if node["nodeType"] == "ContractDefinition":
            said = " ".join(tags(node).values())
            yield from ((f"{node['name']}.{inner.get('name')}", inner, said) for inner in node["nodes"])
        else:
            yield node.get("name", ""), node, ""


def _gaps_of(node: Node, said: str, text: bytes, interface: bool) -> Iterator[str]:
    kind, own = node["nodeType"], tags(node)
    if kind == "ErrorDefinition":
        yield from _gaps_of_sentence("@notice", own.get("notice", ""), node)
        yield from _gaps_of_sentence("@custom:hint", own.get("custom:hint", ""), node)
    elif interface and kind in KINDS and not own.get("notice"):
        yield f"the {KINDS[kind]} has no @notice"
    if interface and (kind in KINDS or kind == "StructDefinition"):
        start, length = (int(part) for part in node["src"].split(":")[:2])
        code = text[start : start + length].decode()
        comments = " ".join(re.findall(r"//(.*)", code)) if kind == "StructDefinition" else ""
        read = " ".join([said, comments, *own.values()])
        types = {part["typeName"].get("name") for part in _variables(node)}
        yield from (
            f"no unit of {name}: {unit}?" for name, unit in UNITS.items() if name in types - _named(read)
        )


def _named(comment: str) -> set[str]:
    return {name for name, unit in UNITS.items() if unit in comment}


def _variables(node: Node) -> list[Node]:
    lists = (node.get("parameters"), node.get("returnParameters"))
    return [*node.get("members", []), *(part for some in lists if some for part in some["parameters"])]


def _gaps_of_sentence(tag: str, sentence: str, error: Node) -> Iterator[str]:
    names = {part["name"] for part in _variables(error)}
    if not sentence.endswith((".", "`.")):
        yield f"the error has no {tag} that ends with a full stop"
    yield from (
        f"{tag} quotes {{{name}}}, which is no argument"
        for name in PLACEHOLDER.findall(sentence)
        if name not in names
    )
    if re.search(r"[{}]", PLACEHOLDER.sub("", sentence)):
        yield f"{tag} has a brace that belongs to no argument"


def _start(node: Node) -> int:
    return int(node["src"].split(":")[0])


def main() -> None:
    """Check all contracts except those of `contracts/test/`."""
    paths = [path.relative_to(ROOT) for path in sorted((ROOT / CONTRACTS).rglob("*.sol"))]
    sources = {str(path): (ROOT / path).read_text() for path in paths if path.parts[1] != "test"}
    found = gaps(sources)
    print("\n".join(found))
    if found:
        sys.exit(f"{len(found)} gaps in NatSpec")


if __name__ == "__main__":
    main()
