"""The version that local JSON files carry, so that an older program leaves the files of a newer one alone."""

import json


def newer_version(content: bytes, known: int) -> int | None:
    """The version that a JSON file says it has, where that is later than *known*; none for any other file."""
    try:
        version = json.loads(content)["version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return version if isinstance(version, int) and version > known else None
