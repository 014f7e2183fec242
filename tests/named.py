"""Texts that people read, and the commands, options and other names in them, for tests/unit/test_names.py."""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
import shlex
import subprocess
from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel

import assay.cli
import assay_indexer.cli
import assay_local.cli
import assay_oracle.cli
import assay_validation.cli
import assay_web.cli
from assay import errors
from assay.manifests.evaluation import Metric

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = (
    "client/assay",
    "local/assay_local",
    "oracle/assay_oracle",
    "web/assay_web",
    "validation_node/assay_validation",
    "learning/assay_learning",
    "scripts",
)
PROGRAMS = {
    "assay": assay.cli.app,
    "assay-index": assay_indexer.cli.app,
    "assay-oracle": assay_oracle.cli.app,
    "assay-web": assay_web.cli.app,
    "assay-validation": assay_validation.cli.app,
    "assay-web": assay_web.cli.app,
}
FORMS = ("at_least", "at_most", "effort", "between", "step", "bidding", "revealing", "building")
"""What an order may have in place of the contract's own fields."""
VALUE = "VALUE"
"""Stands where an f-string or the sentence of an error puts a value."""
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_UNQUOTED = re.compile(
    r"(?:\b(?:[Rr]un|[Ww]ith|[Bb]y|[Uu]se|[Ss]ee|[Tt]ry|[Tt]hen|and|or)|[(:]) "
    r"?(assay(?:-index|-oracle|-validation|-web)? [a-z][\w -]*)"
)
_PARTS = re.compile(r" \| |;|&&|\$\(|\)")


@dataclass(frozen=True)
class Text:
    """A text and where it is, as `file:line`."""

    place: str
    text: str

    @property
    def spans(self) -> list[str]:
        """What it has between backticks, outside of fenced blocks."""
        return [" ".join(span.split()) for span in _SPAN.findall(_FENCE.sub("", self.text))]

    @property
    def blocks(self) -> list[tuple[str, str]]:
        """Its fenced blocks: language and content."""
        return _FENCE.findall(self.text)

    @property
    def commands(self) -> list[str]:
        """The commands in backticks, in a block of shell commands, or after a word like "run"."""
        prose = _SPAN.sub("", _FENCE.sub("", self.text))
        lines = [
            re.sub(r"(^|\s)#.*", "", line).strip()
            for language, block in self.blocks
            if language == "sh"
            for line in block.splitlines()
        ]
        found = [*self.spans, *lines, *(" ".join(one.split()) for one in _UNQUOTED.findall(prose))]
        parts = [part.strip() for code in found for part in _PARTS.split(code)]
        groups = set(whole_program("assay").commands)
        short = [f"assay {part}" for part in parts if part.split(" ")[0] in groups and " " in part]
        return [part for part in parts if part.split(" ")[0] in PROGRAMS] + short


def files(*patterns: str) -> list[Path]:
    """Files of the repository, those too that are not committed yet."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for line in listed.stdout.splitlines() if (path := ROOT / line).exists()]


def pages() -> list[Text]:
    """All pages; of the changelog the newest release, since older ones tell of what was."""
    found = []
    for path in files("*.md"):
        text = path.read_text()
        if path.name == "CHANGELOG.md":
            text = "## ".join(text.split("\n## ")[:2])
        found.append(Text(str(path.relative_to(ROOT)), text))
    return found


def program_texts() -> list[Text]:
    """Every text in the packages with a space in it: sentences, help, descriptions, templates."""
    paths = files(*(f"{package}/**.py" for package in PACKAGES))
    return [text for path in paths for text in texts_in(path.read_text(), str(path.relative_to(ROOT)))]


def texts_in(source: str, place: str) -> Iterator[Text]:
    """The texts of one Python file."""
    within: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            within |= {id(part) for part in node.values}
            text = "".join(
                str(part.value) if isinstance(part, ast.Constant) else VALUE for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in within:
            text = node.value
        else:
            continue
        if " " in text.strip():
            yield Text(f"{place}:{node.lineno}", text)


def error_texts() -> list[Text]:
    """What the contracts' errors say, from the exported ABIs."""
    said = {}
    for path in sorted((ROOT / "client/assay/abi").glob("*.json")):
        for error in json.loads(path.read_text())["errors"].values():
            text = re.sub(r"\{\w+\}", VALUE, f"{error['notice']} {error['hint']}")
            said.setdefault(text, Text(path.name, text))
    return list(said.values())


# --- commands and options ----------------------------------------------------------------------------------


@cache
def whole_program(name: str) -> Any:
    """A program with its commands, those too that it has another program carry out."""
    command: Any = typer.main.get_command(PROGRAMS[name])
    if name == "assay":
        command.commands = {**command.commands, **typer.main.get_command(assay_local.cli.app).commands}
    return command


def complaint(text: str) -> str | None:
    """What is wrong with a command as written, if anything; "…" ends what is written of it."""
    words = shlex.split(re.split(r"…|\.\.\.", text)[0])
    command, places = whole_program(words.pop(0)), 0
    while words:
        word = words.pop(0)
        alone = dict(_options(command))
        if word.startswith("-") and len(word) > 1:
            name = word.partition("=")[0]
            if name not in alone:
                return f"{word} is no option"
            if not alone[name] and "=" not in word:
                words[:1] = []
        elif commands := getattr(command, "commands", None):
            if word == VALUE:
                return None
            unknown = [one for one in word.split("|") if one not in commands]
            if unknown:
                return f"{unknown[0]} is no command"
            command = commands[word.split("|")[-1]]
        else:
            places += 1
    if "…" in text or "..." in text:
        return None
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    least = sum(1 for one in arguments if one.required)
    if not places or (
        least <= places and (any(one.nargs < 0 for one in arguments) or places <= len(arguments))
    ):
        return None
    return f"takes {least} to {len(arguments)} arguments, not {places}"


def _options(command: Any) -> Iterator[tuple[str, bool]]:
    """Each option, and whether it stands alone."""
    yield from (("--help", True), ("-h", True))
    for option in command.params:
        if option.param_type_name == "option":
            for name in (*option.opts, *option.secondary_opts):
                yield name, option.is_flag


def commands_below(command: Any) -> Iterator[Any]:
    """A command and all that belong to it."""
    yield command
    for one in getattr(command, "commands", {}).values():
        yield from commands_below(one)


@cache
def all_options() -> Set[str]:
    """The options of all commands of all programs."""
    commands = (one for name in PROGRAMS for one in commands_below(whole_program(name)))
    return {name for command in commands for name, _ in _options(command)}


@cache
def script_options() -> Set[str]:
    """The options of the build's scripts and of benchmarks."""
    constants = (node for path in files("scripts/*.py", "benchmarks/*.py") for node in ast.walk(_tree(path)))
    return {
        node.value
        for node in constants
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("--")
    }


@cache
def variables() -> Set[str]:
    """The environment variables that the programs, the build and the tests read."""
    commands = (one for name in PROGRAMS for one in commands_below(whole_program(name)))
    named = {one.envvar for command in commands for one in command.params if one.envvar}
    return named | {word for word in identifiers() if word.startswith("ASSAY_")}


@cache
def _tree(path: Path) -> ast.AST:
    return ast.parse(path.read_text())


# --- fields and other names --------------------------------------------------------------------------------


@cache
def identifiers() -> Set[str]:
    """Every name in the code: of modules, functions, fields and keys in Python, and all words of Solidity."""
    failures = [one for one in vars(errors).values() if isinstance(one, type)]
    found = {one.kind for one in failures if issubclass(one, errors.AssayError)}
    for path in files("*.py"):
        found |= {path.stem}
        for node in ast.walk(_tree(path)):
            found |= set(_names(node))
    for path in files("contracts/**.sol", "tests/contracts/**.sol", "*.toml", "*.yaml", "*.json"):
        code = re.sub(r"//.*", "", path.read_text()) if path.suffix == ".sol" else path.read_text()
        found |= set(re.findall(r"\w+", code))
    return found


@cache
def document_fields() -> Set[str]:
    """The fields of every document that people write or read, in each of its forms, and the metrics."""
    for package in (assay, assay_indexer, assay_oracle, assay_validation):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".jobs." not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    kinds, found = [BaseModel], {*Metric, *FORMS}
    while kinds:
        below = kinds.pop().__subclasses__()
        kinds += below
        found |= {name for kind in below if kind.__module__.startswith("assay") for name in kind.model_fields}
    return found


def _names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
            yield name
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.alias(name=name):
            yield from name.split(".")
        case ast.Constant(value=str(word)) if re.fullmatch(r"[\w-]+", word):
            yield word


def keys_of(document: Any) -> set[str]:
    """All keys of a JSON document."""
    if isinstance(document, dict):
        return set(document).union(*(keys_of(value) for value in document.values()))
    return set().union(*(keys_of(value) for value in document)) if isinstance(document, list) else set()


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
