"""What a maintainable model package holds, and how to check one; docs/standards.md explains why.

A package is a folder or a zip of one. It is untrusted, so nothing in it runs in this process. Its
model runs in a jail of the validation node, on the package's own test.
"""

from __future__ import annotations

import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from assay.errors import AssayError, InvalidInput
from assay.manifests import Part
from assay.manifests.evaluation import EvaluationSpec, ReportStatus, Tolerance
from assay.manifests.fields import Digest, Line, Prose
from assay.manifests.files import load_document
from assay.markets.local_node import LocalNode
from assay.markets.model_card import ModelCard
from assay.markets.onnx_file import one_file
from assay.markets.onnx_graph import read_signature
from assay.words import formatting
from assay.words.printable import quoted
from assay.words.reasons import sentence

MODEL, CARD, RECIPE, TEST = "model.onnx", "card.json", "recipe.json", "test.json"
MAX_FILES, MAX_BYTES = 10_000, 8 << 30
_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "conda-lock.yml", "pixi.lock", "pylock.toml")
_PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[^\]]*\])?\s*(==\s*[^\s*;,]+(?=[\s;]|$)|@\s*\S+)")
_LEAST_WORDS = 5
"""Least number of words in which a card must describe a model's use and limits."""
_PIECE = 1 << 20


def _inside(text: str) -> str:
    if ".." in text.split("/"):
        raise ValueError("the path leads out of the package")
    return text


RelativePath = Annotated[
    str,
    StringConstraints(pattern=r"^[^/\\\x00]+(/[^/\\\x00]+)*$", max_length=200),
    AfterValidator(_inside),
]


class TrainingData(Part):
    """Rows that the model was trained on, wherever they are."""

    name: Line
    sha256: Digest


class Recipe(Part):
    """How the model was trained, so that another developer can repeat it."""

    entry: RelativePath
    """The program in the package that trains it."""
    command: Annotated[tuple[Line, ...], Field(min_length=1, max_length=50)]
    """How to start it."""
    python: Annotated[str, StringConstraints(pattern=r"^3\.[0-9]{1,2}(\.[0-9]{1,2})?$")]
    environment: RelativePath
    """The list of packages with their versions: a lock file, or fully pinned requirements."""
    seeds: Annotated[dict[Line, Annotated[int, Field(ge=0, lt=2**64)]], Field(max_length=50)]
    """Seed of each source of randomness, such as numpy or torch; empty if the training uses none."""
    deterministic: bool
    """Whether retraining gives the same file, bit for bit."""
    data: Annotated[tuple[TrainingData, ...], Field(min_length=1, max_length=1000)]
    changes: Prose = ""
    """The change plan: which changes need only a test, and which an audit."""


class PackageTest(Part):
    """The package's own test: anyone can run it, so its rows are not secret."""

    rows: RelativePath
    evaluation: RelativePath
    """An evaluation, as in an order."""
    score: Annotated[int, Field(ge=-(10**12), le=10**12)]
    """What the model scores on the rows (ppm)."""
    tolerance: Tolerance = 10_000
    """How much the score may differ on another machine (ppm)."""


@dataclass(frozen=True)
class Measured:
    """How one requirement is met.

    Attributes:
        requirement: its name in docs/standards.md.
        gap: what is missing, in a sentence; empty if it is met.
    """

    requirement: str
    gap: str = ""


def check_package(path: Path, node: LocalNode | None = None) -> list[Measured]:
    """How the package at *path* meets each requirement.

    Raises:
        InvalidInput: it is neither a folder nor a zip, or it is not safe to open.
        CheckUnavailable: there is no validation node on this machine.
    """
    with _opened(path) as folder:
        return list(_measure(folder, node or LocalNode()))


def _measure(folder: Path, node: LocalNode) -> Iterator[Measured]:
    yield _met("model", lambda: _model(folder))
    yield _met("signature", lambda: _signature(folder))
    yield _met("card", lambda: _card(folder))
    recipe: list[Recipe] = []
    yield _met("recipe", lambda: _recipe(folder, recipe))
    for requirement, check in (("environment", _environment), ("seeds", _seeds), ("change plan", _changes)):
        said = check(folder, recipe[0]) if recipe else f"There is no readable {RECIPE}."
        yield Measured(requirement, said)
    yield _met("own test", lambda: _test(folder, node))


def _met(requirement: str, check: Callable[[], str]) -> Measured:
    """The result of the check; a file that cannot be read is a gap too."""
    try:
        return Measured(requirement, check())
    except InvalidInput as error:
        return Measured(requirement, str(error))


def _model(folder: Path) -> str:
    path = folder / MODEL
    if not path.is_file():
        return f"There is no {MODEL}."
    read_signature(path)
    return ""


def _signature(folder: Path) -> str:
    if not (folder / MODEL).is_file():
        return f"There is no {MODEL}."
    found = read_signature(folder / MODEL)
    for tensor in found["inputs"]:
        if tensor.dtype in ("sequence",) or any(size is None for size in tensor.shape[1:]):
            return f"The graph does not tell the shape of a row of its input {quoted(tensor.name)}."
        if re.fullmatch(r"(input|x|arg)?[._]?\d*", tensor.name, re.IGNORECASE) and len(found["inputs"]) > 1:
            return f"The input {quoted(tensor.name)} has no name that tells what it is."
    card = folder / CARD
    if card.is_file():
        said = ModelCard.load(card)
        for part in ("inputs", "outputs", "opset"):
            if getattr(said, part) is not None and getattr(said, part) != found[part]:
                return f"The card's {part} are not those of the graph."
    return ""


def _card(folder: Path) -> str:
    if not (folder / CARD).is_file():
        return f"There is no {CARD}."
    card = ModelCard.load(folder / CARD)
    if len(card.intended_use.split()) < _LEAST_WORDS:
        return "The card's intended_use says too little: who may use the model, for what?"
    if len(card.limits.split()) < _LEAST_WORDS:
        return "The card's limits say too little: where is the model known, or expected, to fail?"
    if not any(letter.isdigit() for letter in card.framework):
        return "The card's framework has no version."
    return ""


def _recipe(folder: Path, found: list[Recipe]) -> str:
    if not (folder / RECIPE).is_file():
        return f"There is no {RECIPE}."
    recipe = load_document(folder / RECIPE, Recipe)
    found.append(recipe)
    entry = folder / recipe.entry
    if not entry.is_file() or not entry.stat().st_size:
        return f"The program {quoted(recipe.entry)} that trains the model is missing or empty."
    if not any(PurePosixPath(recipe.entry).name in word for word in recipe.command):
        return f"The command does not start {quoted(recipe.entry)}."
    return ""


def _environment(folder: Path, recipe: Recipe) -> str:
    path = folder / recipe.environment
    if not path.is_file() or not path.stat().st_size:
        return f"The list of packages {quoted(recipe.environment)} is missing or empty."
    if path.name in _LOCKS:
        return ""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return f"{quoted(recipe.environment)} cannot be read as text."
    lines = [line.split("#")[0].strip() for line in text.replace("\\\n", " ").splitlines()]
    named = [line for line in lines if line and not line.startswith("-")]
    loose = [line for line in named if not _PINNED.match(line)]
    if loose:
        return f"{quoted(loose[0][:60])} in {quoted(recipe.environment)} names no single version (==)."
    return "" if named else f"{quoted(recipe.environment)} names no package."


def _seeds(folder: Path, recipe: Recipe) -> str:
    if recipe.seeds or recipe.deterministic:
        return ""
    return "Training is not deterministic, and no seed is named."


def _changes(folder: Path, recipe: Recipe) -> str:
    if len(recipe.changes.split()) >= _LEAST_WORDS:
        return ""
    return "The recipe's changes do not say which changes need a test alone, and which an audit."


def _test(folder: Path, node: LocalNode) -> str:
    for name in (TEST, MODEL):
        if not (folder / name).is_file():
            return f"There is no {name}."
    test = load_document(folder / TEST, PackageTest)
    for name in (test.rows, test.evaluation):
        if not (folder / name).is_file():
            return f"The test names {quoted(name)}, which is not there."
    evaluation = load_document(folder / test.evaluation, EvaluationSpec)
    with one_file(folder / MODEL) as packed:
        report = node.evaluate(packed, folder / test.rows, evaluation)
    if report.status != ReportStatus.ANSWERED:
        said = [sentence(one, evaluation.metric) for one in report.reasons] or [report.log[:200]]
        return f"The package's own test does not run: {said[0]}."
    if abs(report.score - test.score) > test.tolerance:
        is_score, due = (formatting.score(one, evaluation.metric) for one in (report.score, test.score))
        return f"On its own test the model scores {is_score}, and the package says {due}."
    return ""


# --- opening a package ---------------------------------------------------------------------------------


@contextmanager
def _opened(path: Path) -> Iterator[Path]:
    """The package as a folder of regular files."""
    if path.is_dir():
        for place in path.rglob("*"):
            if place.is_symlink():
                raise InvalidInput(f"The package holds the link {quoted(place.name)}, which is not followed.")
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="assay-") as name:
        _extract(path, Path(name))
        inner = list(Path(name).iterdir())
        alone = len(inner) == 1 and inner[0].is_dir()
        yield inner[0] if alone else Path(name)


def _extract(path: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            if len(members) > MAX_FILES:
                raise InvalidInput(f"The package has more than {MAX_FILES:,} files.")
            left = MAX_BYTES
            for one in members:
                _require_safe(one)
                into = folder / one.filename
                into.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(one) as source, into.open("xb") as file:
                    while piece := source.read(_PIECE):
                        left -= len(piece)
                        if left < 0 or shutil.disk_usage(folder).free < _PIECE:
                            raise InvalidInput(f"The package unpacks to more than {MAX_BYTES >> 30} GiB.")
                        file.write(piece)
    except AssayError:
        raise
    except OSError as error:
        raise InvalidInput(f"Cannot read {path}: {error.strerror or error}.") from None
    except Exception:  # a damaged or hostile archive can raise errors of zlib, struct or zipfile
        raise InvalidInput(f"{path} is neither a folder nor a zip file that can be opened.") from None


def _require_safe(member: zipfile.ZipInfo) -> None:
    parts = member.filename.split("/")
    if member.filename.startswith("/") or "\\" in member.filename or any(one in ("", "..") for one in parts):
        raise InvalidInput(
            f"The package holds the name {quoted(member.filename[:100])}, which leads out of it."
        )
    if stat.S_ISLNK(member.external_attr >> 16):
        raise InvalidInput(f"The package holds the link {quoted(member.filename[:100])}.")
    if member.flag_bits & 1:
        raise InvalidInput("The package is encrypted.")
