import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.dossier.document import read_bundle
from assay.errors import InvalidInput, ManifestError
from assay.manifests import KINDS, MAX_BYTES, Licence, Manifest, ValidationReport, parse
from assay.markets.model_card import ModelCard

LICENCE = Licence(spdx="MIT", terms=("a", "b"))


def test_every_kind_reads_back_as_written(samples: dict[str, Manifest]) -> None:
    assert samples.keys() == KINDS.keys()
    for kind, manifest in samples.items():
        block = manifest.to_bytes()
        assert parse(block, KINDS[kind]) == manifest
        assert manifest.digest() == hashlib.sha256(block).digest()


def test_what_is_no_json_is_said_in_one_breath() -> None:
    with pytest.raises(ManifestError, match=r"Not a valid Licence: Invalid JSON"):
        parse(b"model", Licence)
    with pytest.raises(InvalidInput, match=r"This is not a dossier: Invalid JSON"):
        read_bundle(b"model")


def test_the_digest_is_a_fixed_function_of_the_content() -> None:
    assert LICENCE.to_bytes() == (
        b'{"kind":"Licence","spdx":"MIT","terms":["a","b"],"text":null,"version":1}'
    )


def test_faults_are_told_in_plain_words(tmp_path: Path) -> None:
    card = tmp_path / "card.json"
    card.write_text('{"name": 5, "framework": "f", "limits": "l", "licence": {}, "opset": "x", "more": 1}')
    with pytest.raises(InvalidInput) as refused:
        ModelCard.load(card)
    said = str(refused.value)
    for words in ("name: this should be text", "intended_use is missing", "opset: this should be a whole"):
        assert words in said
    for words in ("Field required", "Input should", "Value error", "Extra inputs"):
        assert words not in said
    card.write_text('{"title": "t", "dataset": {}, "evaluation": {}}')
    with pytest.raises(InvalidInput, match=r"looks like an order, not a model card\.$"):
        ModelCard.load(card)


@given(
    terms=st.lists(
        st.text(st.characters(blacklist_categories=("C", "Zl", "Zp")), min_size=1, max_size=200), max_size=32
    )
)
def test_any_text_survives(terms: list[str]) -> None:
    licence = Licence(spdx="MIT", terms=tuple(terms))
    assert parse(licence.to_bytes(), Licence) == licence


@settings(max_examples=300)
@given(st.data())
def test_no_changed_byte_keeps_the_digest_or_the_form(data: st.DataObject) -> None:
    block = bytearray(LICENCE.to_bytes())
    position = data.draw(st.integers(0, len(block) - 1))
    block[position] ^= data.draw(st.integers(1, 255))
    try:
        changed = parse(bytes(block), Licence)
    except ManifestError:
        return
    assert changed != LICENCE
    assert changed.to_bytes() == block


@given(st.binary(max_size=300))
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(ManifestError):
        parse(garbage, Licence)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
        max_leaves=20,
    )
)
def test_other_documents_are_refused(document: object) -> None:
    for kind in KINDS.values():
        with pytest.raises(ManifestError):
            parse(json.dumps(document).encode(), kind)


CANONICAL = LICENCE.to_bytes()


@pytest.mark.parametrize(
    "attack",
    [
        CANONICAL.replace(b'"spdx":"MIT"', b'"spdx":"MIT","spdx":"MIT"'),
        CANONICAL.replace(b'"spdx":"MIT"', b'"spdx":"GPL-3.0-only","spdx":"MIT"'),
        CANONICAL.replace(b'"version":1', b'"version":1.0'),
        CANONICAL.replace(b'"version":1', b'"version":1e0'),
        CANONICAL.replace(b'"version":1', b'"version":NaN'),
        CANONICAL.replace(b'"version":1', b'"version":true'),
        CANONICAL.replace(b'"version":1', b'"version":"1"'),
        CANONICAL.replace(b'"version":1', b'"version":2'),
        CANONICAL.replace(b'"version":1', b'"version":' + b"9" * 400),
        CANONICAL.replace(b'"version":1', b'"version":' + b"9" * 500_000),
        CANONICAL.replace(b'"MIT"', b'"\\u004dIT"'),
        CANONICAL.replace(b'"MIT"', b'"\\ud800"'),
        CANONICAL.replace(b'"MIT"', b'"\xff"'),
        CANONICAL.replace(b'"a"', b'"\\u202e"'),
        CANONICAL.replace(b'"a"', b'"\\u001b[2J"'),
        CANONICAL.replace(b'"a"', b'"a\\n"'),
        CANONICAL.replace(b'"a"', b'"a\\u0000"'),
        CANONICAL.replace(b'["a","b"]', b"[" * 100_000 + b"]" * 100_000),
        CANONICAL.replace(b'["a","b"]', b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        CANONICAL.replace(b'"text":null,', b""),
        CANONICAL.replace(b"}", b',"x":1}'),
        CANONICAL.replace(b",", b", "),
        CANONICAL + b"\n",
        CANONICAL + CANONICAL,
        b"\xef\xbb\xbf" + CANONICAL,
        CANONICAL.decode().encode("utf-16"),
        b'{"version":1,"kind":"Licence","spdx":"MIT","terms":["a","b"],"text":null}',
        b"",
    ],
)
def test_every_other_spelling_is_refused(attack: bytes) -> None:
    assert attack != CANONICAL
    with pytest.raises(ManifestError):
        parse(attack, Licence)


def test_one_kind_does_not_pass_for_another(samples: dict[str, Manifest]) -> None:
    for kind, manifest in samples.items():
        for other, expected in KINDS.items():
            if other != kind:
                with pytest.raises(ManifestError):
                    parse(manifest.to_bytes(), expected)


def test_a_manifest_stays_below_one_mebibyte(report: ValidationReport) -> None:
    too_long = CANONICAL + b" " * (MAX_BYTES + 1 - len(CANONICAL))
    with pytest.raises(ManifestError, match="too large"):
        parse(too_long, Licence)
    with pytest.raises(ManifestError, match="too large"):
        parse(too_long[:MAX_BYTES], Licence)
    with pytest.raises(ManifestError, match="canonical"):
        parse(too_long[: MAX_BYTES - 1], Licence)


def test_the_writer_refuses_one_mebibyte(samples: dict[str, Manifest]) -> None:
    audit = samples["AuditReport"]
    finding = audit.findings[0].model_copy(update={"details": "x" * 10_000})
    with pytest.raises(ManifestError, match="1 MiB"):
        audit.model_copy(update={"findings": (finding,) * 110}).to_bytes()


def test_a_refusal_does_not_repeat_a_hostile_value() -> None:
    with pytest.raises(ManifestError) as refusal:
        parse(b'{"kind":"Licence","spdx":"' + b"A" * 100_000 + b'"}', Licence)
    assert len(str(refusal.value)) < 2_000
