"""The version in local JSON files, by which older programs know to leave newer files alone."""

import json


def newer_version(content: bytes, known: int) -> int | None:
    """The version stated in a JSON file if it is later than *known*; None for any other file."""
    try:
        version = json.loads(content)["version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return version if isinstance(version, int) and version > known else None
