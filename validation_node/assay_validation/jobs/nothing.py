"""Does nothing: proves that the jail itself works."""

from typing import Any


def run(arguments: dict[str, Any], inputs: dict[str, int], outputs: dict[str, int]) -> dict[str, Any]:
    """Return an empty result."""
    return {}
