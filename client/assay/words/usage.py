"""What is said of a command that was not understood: Typer passes on the words of a library that it uses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from typer.exceptions import TyperException

from assay.words.printable import quoted

_NEGATIVE = re.compile(r"-\.?\d")
_MOST = 2**32  # a greater bound is the width of a number in a contract, and tells a person nothing


def plainly(error: TyperException, arguments: Sequence[str]) -> None:
    """Have *error*, which Typer raised about *arguments*, say what is wrong with what was typed."""
    fault, option = _fault(error.__cause__), getattr(error, "option_name", "")
    if fault:
        error.message = fault
        return
    typed = next((one for one in arguments if option and one.startswith(option)), "")
    if _NEGATIVE.match(typed):  # Typer took it for an option
        error.message = f"{quoted(typed)} is negative, and numbers and amounts here are not."


def _fault(cause: Any) -> str:
    """What pydantic found wrong with one value; nothing where it was not pydantic."""
    if not hasattr(cause, "errors"):
        return ""
    found = cause.errors(include_url=False)[0]
    kind, bounds = str(found["type"]), found.get("ctx", {})
    given = quoted(str(found["input"]))
    if kind.startswith("int_"):
        return f"{given} is not a whole number."
    if kind == "greater_than_equal":
        return f"{given} is too small; the least is {bounds['ge']}."
    if kind == "less_than_equal":
        most = f"; the most is {bounds['le']:,}" if bounds["le"] <= _MOST else ""
        return f"{given} is too large{most}."
    return str(bounds.get("error", found["msg"]))
