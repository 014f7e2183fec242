"""Names for the values of options and arguments in help; Typer itself shows Python types: `<list[str]>`."""

from __future__ import annotations

from typing import Any

from typer.core import TyperArgument, TyperOption

_MOST = 1_000_000  # greater bounds come from the width of a contract's number and tell people nothing
_MOST_CHOICES = 4


def speak_plainly() -> None:
    """Make Typer's help name values in words, for all programs in this process."""
    for kind in (TyperArgument, TyperOption):
        kind.display_type = _kind_of  # type: ignore[assignment, method-assign]
        kind._get_number_range_help_str = _bounds_of  # type: ignore[assignment, method-assign]


def _kind_of(parameter: Any, _context: Any) -> str:
    """A name such as NUMBER, FILE or AMOUNT; empty for an option that takes no value."""
    described = parameter.type_descriptor
    if getattr(parameter, "is_flag", False):
        return ""
    if described.is_choice and len(described.choices) > _MOST_CHOICES:
        return "NAME"  # a long list would be wrapped at arbitrary places; the option's own help has it
    if described.is_choice:
        return "|".join(str(getattr(choice, "value", choice)) for choice in described.choices)
    if described.is_path:
        return "PATH"
    parser = getattr(described.parameter_info.parser, "__name__", "")
    if parser:  # such as parse_address for an address
        return str(parser.strip("_").removeprefix("parse_").removesuffix("_text").upper())
    return "NUMBER" if "int" in str(described.annotation) else "TEXT"


def _bounds_of(parameter: Any) -> str | None:
    """A range such as "1 to 5"."""
    least, most = parameter.min, parameter.max
    if most is None or most > _MOST or getattr(parameter, "count", False):
        return f"at least {least}" if least and least > 1 else None
    return f"{least} to {most}" if least is not None else f"at most {most}"
