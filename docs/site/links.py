"""Links that Sphinx cannot follow by itself."""

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
    """Follow a name to where it is defined; what is not in the reference stays text, what is not there is broken."""
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
