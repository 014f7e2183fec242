import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError

from assay.manifests import KINDS, Manifest
from assay.manifests.schemas import FOLDER, schema_text, write_schemas


def test_the_published_schemas_are_current(tmp_path: Path) -> None:
    write_schemas(tmp_path)
    published = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    assert published == {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert published.keys() == {f"{kind}.json" for kind in KINDS}


def test_manifests_satisfy_their_schemas(samples: dict[str, Manifest]) -> None:
    for kind, manifest in samples.items():
        schema = json.loads(schema_text(kind))
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(json.loads(manifest.to_bytes()))


def test_schemas_are_closed_and_complete(samples: dict[str, Manifest]) -> None:
    for kind, manifest in samples.items():
        validator = Draft202012Validator(json.loads(schema_text(kind)))
        document = json.loads(manifest.to_bytes())
        with pytest.raises(ValidationError):
            validator.validate({**document, "unknown": 1})
        for field in document:
            with pytest.raises(ValidationError):
                validator.validate({key: value for key, value in document.items() if key != field})
