"""What Sphinx does not know of: the README as first page, other names of a type, trees in docstrings."""

from pathlib import Path
from pydoc import locate
from typing import Any

ON_THE_SITE = {"(contracts/interfaces)": "(docs/reference/contracts.md)"}
"""Folders of the repository, and what shows them on the site."""


def complete_readme(_app: Any, page: str, source: list[str]) -> None:
    """Make the README the site's first page: it gets the table of contents."""
    if page == "README":
        for folder, shown in ON_THE_SITE.items():
            source[0] = source[0].replace(folder, shown)
        source[0] += (Path(__file__).parent / "contents.md").read_text()


def resolve(_app: Any, environment: Any, node: Any, content: Any) -> Any:
    """Follow a name to its definition; one that the reference leaves out stays text, others are broken."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py" or not target.startswith("assay"):
        return None
    found = locate(target)
    if found is None:
        return None
    defined = f"{getattr(found, '__module__', '')}.{getattr(found, '__qualname__', '')}"
    domain = environment.get_domain("py")
    page, builder = node["refdoc"], environment.app.builder
    link = None
    if defined != target:
        link = domain.resolve_xref(environment, page, builder, node["reftype"], defined, node, content)
    return link or content


def keep_drawings(_app: Any, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """A tree that a docstring draws stays as it is drawn."""
    drawn = [number for number, line in enumerate(lines) if line.startswith(("├", "│", "└"))]
    if drawn:
        first, last = drawn[0] - 1, drawn[-1] + 1
        lines[first:last] = ["::", "", *(f"    {line}" for line in lines[first:last]), ""]
