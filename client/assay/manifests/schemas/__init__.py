"""The published JSON Schemas of all manifests (draft 2020-12), one file a kind beside this one.

``python -m assay.manifests.schemas`` writes them again after a change of the models.
"""

import json
from pathlib import Path

from assay.manifests import KINDS

FOLDER = Path(__file__).parent


def schema_text(kind: str) -> str:
    """The schema of one *kind* as its file holds it."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:assay:manifest:{kind}:1",
        **KINDS[kind].model_json_schema(mode="serialization"),
    }
    return json.dumps(schema, indent=2, ensure_ascii=True, sort_keys=True) + "\n"


def write_schemas(folder: Path = FOLDER) -> None:
    """Write one ``<kind>.json`` for each kind into *folder*."""
    for kind in KINDS:
        (folder / f"{kind}.json").write_text(schema_text(kind), encoding="utf-8")
