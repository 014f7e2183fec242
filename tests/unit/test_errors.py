"""Each module of errors draws its whole tree, as it is."""

from __future__ import annotations

import inspect
import re
from types import ModuleType

import pytest

import assay.errors
import assay_oracle.errors
import assay_validation.errors


def drawn(module: ModuleType) -> list[tuple[int, str]]:
    """Depth and name of each line of the tree in the module's description."""
    lines = (module.__doc__ or "").splitlines()[1:]
    tree = [line for line in lines if re.match(r"[│├└ ]*[A-Z]\w*Error\b|[│├└ ]*[├└]── ", line)]
    return [(depth_of(line), name_of(line)) for line in tree]


def depth_of(line: str) -> int:
    return (len(line) - len(line.lstrip("│├└─ "))) // 4


def name_of(line: str) -> str:
    return line.lstrip("│├└─ ").split(maxsplit=1)[0]


def classes(module: ModuleType) -> list[type[Exception]]:
    return [
        one for _, one in inspect.getmembers(module, inspect.isclass) if one.__module__ == module.__name__
    ]


def tree_of(module: ModuleType) -> set[tuple[str, str]]:
    """Each error of the module with the one above it, none above the root."""
    own = set(classes(module))
    return {(one.__name__, next((base.__name__ for base in one.__bases__ if base in own), "")) for one in own}


def pairs(lines: list[tuple[int, str]]) -> list[tuple[str, str]]:
    path: list[str] = []
    found = []
    for depth, name in lines:
        del path[depth:]
        assert len(path) == depth, f"{name} hangs in the air"
        found.append((name, path[-1] if path else ""))
        path.append(name)
    return found


@pytest.mark.parametrize("module", [assay.errors, assay_oracle.errors, assay_validation.errors])
def test_the_tree_is_drawn_whole(module):
    shown = pairs(drawn(module))
    assert len(set(shown)) == len(shown)
    assert set(shown) == tree_of(module)


@pytest.mark.parametrize("module", [assay.errors, assay_oracle.errors, assay_validation.errors])
def test_branches_end_where_they_are_drawn_to_end(module):
    lines = [line for line in (module.__doc__ or "").splitlines() if line.lstrip("│ ")[:1] in ("├", "└")]
    for line, after in zip(lines, [*lines[1:], "AssayError"], strict=True):
        last = depth_of(after) < depth_of(line)
        assert (line.lstrip("│ ")[0] == "└") or not last, line


def test_a_missing_or_misplaced_error_is_noticed():
    whole = drawn(assay.errors)
    without = [line for line in whole if line[1] != "WrongChain"]
    moved = [(1, name) if name == "WrongChain" else (depth, name) for depth, name in whole]
    for wrong in (without, moved, [*whole, (1, "Imaginary")]):
        assert set(pairs(wrong)) != tree_of(assay.errors)
