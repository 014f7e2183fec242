from typing import Any

import mlcroissant
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assay.errors import ManifestError
from assay.manifests import (
    AuditReport,
    CommissionSpec,
    DatasetManifest,
    GrantContext,
    KeyGrants,
    Licence,
    Manifest,
    SealedArtifact,
    ValidationReport,
    parse,
)
from assay.store.cid import cid_of_block

ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def context(**changes: Any) -> GrantContext:
    return GrantContext(**{"chain_id": 1, "contract": ADDRESS, "deal_id": 1, "purpose": "panel", **changes})


def test_manifests_cannot_be_changed(report: ValidationReport) -> None:
    with pytest.raises(ValidationError):
        report.score = 1_000_000  # type: ignore[misc]


def test_addresses_have_one_spelling() -> None:
    assert context(contract=ADDRESS.lower()).contract == ADDRESS
    assert context(contract="0x" + ADDRESS[2:].upper()).contract == ADDRESS
    for wrong in (ADDRESS.swapcase(), ADDRESS[:-1] + "c", ADDRESS[:-1], "", ADDRESS[2:], ADDRESS + "\n"):
        with pytest.raises(ValidationError):
            context(contract=wrong)


@given(st.integers(0, 2**256 - 1))
def test_chain_integers_are_exact(deal_id: int) -> None:
    made = context(deal_id=deal_id)
    assert GrantContext.model_validate_json(made.model_dump_json()) == made
    assert f'"deal_id":"{deal_id}"' in made.model_dump_json()


@pytest.mark.parametrize("wrong", [-1, 2**256, "-1", "01", "0x1", "1.0", "1e3", "", "٣", 1.0, True, "9" * 79])
def test_what_is_no_chain_integer(wrong: object) -> None:
    with pytest.raises(ValidationError):
        context(deal_id=wrong)


@pytest.mark.parametrize(
    "change",
    [
        {"cid": "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG"},
        {"cid": "baf" + "a" * 56},
        {"cid": str(cid_of_block(bytes(32))).upper()},
        {"sha256": "AA" * 32},
        {"key_hash": "0x" + "aa" * 31},
        {"size": -1},
        {"size": 1.5},
        {"plaintext_size": 2**50 + 1},
        {"chunk_size": 0},
        {"chunk_size": 2**40},
        {"aead": "none"},
    ],
)
def test_an_artifact_with_a_wrong_field(artifact: SealedArtifact, change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SealedArtifact(**{**artifact.model_dump(), **change})


@pytest.mark.parametrize(
    "text", ["", "x" * 201, "two\nlines", "bell\x07", "\x1b[31mred", "\u202eevil", "\x85", "\u2028"]
)
def test_titles_are_one_printable_line(samples: dict[str, Manifest], text: str) -> None:
    commission = samples["CommissionSpec"]
    fields = {name: getattr(commission, name) for name in type(commission).model_fields}
    with pytest.raises(ValidationError):
        CommissionSpec(**{**fields, "title": text})


def test_a_licence_has_one_source(artifact: SealedArtifact) -> None:
    for sources in ({}, {"spdx": "MIT", "text": artifact.cid}):
        with pytest.raises(ValidationError):
            Licence(**sources)


def test_a_recipient_has_one_grant(samples: dict[str, Manifest]) -> None:
    grants = samples["KeyGrants"]
    block = grants.model_copy(update={"grants": grants.grants * 2}).to_bytes()
    with pytest.raises(ManifestError, match="two"):
        parse(block, KeyGrants)


def test_a_signature_covers_all_of_a_report_but_itself(report: ValidationReport) -> None:
    signed = report.model_copy(update={"signature": "ab" * 65})
    assert signed.unsigned_digest() == report.unsigned_digest() == report.digest()
    assert signed.digest() != report.digest()
    for change in (
        {"scores": ()},
        {"word": "00" * 32},
        {"artifacts": ()},
        {"criteria": 0},
        {"request_id": 8},
        {"chain_id": 1},
        {"sealed_details": None},
        {"sealed_reasons": (report.sealed_details,)},
    ):
        assert signed.model_copy(update=change).unsigned_digest() != report.unsigned_digest()


def test_a_dataset_is_valid_croissant(dataset: DatasetManifest) -> None:
    metadata = mlcroissant.Dataset(jsonld=dataset.to_croissant()).metadata
    assert metadata.name == "biopsies"
    assert [field.name for field in metadata.record_sets[0].fields] == ["mean radius", "diagnosis"]
    assert [file.sha256 for file in metadata.distribution] == [dataset.artifact.plaintext_sha256]
    assert not metadata.ctx.issues.errors


def test_a_report_names_its_registry_whole_or_not_at_all(samples: dict[str, Manifest]) -> None:
    fields = samples["AuditReport"].model_dump()
    alone = {**fields, "chain_id": None, "registry": None, "request_id": None, "auditor": None}
    assert AuditReport(**alone).request_id is None
    assert AuditReport(**{**alone, "model": None}).model is None
    for missing in ("chain_id", "registry", "request_id", "auditor", "model"):
        with pytest.raises(ValidationError):
            AuditReport(**{**fields, missing: None})
