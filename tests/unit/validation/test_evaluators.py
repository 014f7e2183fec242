"""Evaluators judge what they are given; what they say does not depend on who asks."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import ManifestError
from assay.manifests import CommissionSpec, ConformitySpec, DatasetManifest, DigestWork, ModelManifest
from assay.manifests.evaluation import EvaluationSpec, ReportStatus
from assay.manifests.node_report import DatasetReport, EvaluationReport
from assay.seal.delivery import DeliveryKey
from assay.structs import Kind
from assay_validation.evaluators import EVALUATORS, evaluator_of

ANSWERED = ReportStatus.ANSWERED


class Materials:
    """Artifacts in a folder: the data, then the models."""

    beacon = "ab" * 32

    def __init__(self, folder: Path, *contents: bytes) -> None:
        self.folder, self.contents = folder, contents

    @property
    def digests(self) -> tuple[bytes, ...]:
        return tuple(hashlib.sha256(content).digest() for content in self.contents)

    def manifest(self, place: int, kind: Any) -> Any:
        assert kind is (DatasetManifest if place == 0 else ModelManifest)
        return kind.model_construct(format="csv", counts=None)

    def open(self, place: int) -> Path:
        opened = self.folder / str(place)
        opened.write_bytes(self.contents[place])
        return opened

    def fetch(self, cid: str) -> Path:
        raise AssertionError(cid)


class Node:
    """Answers what the model's content says."""

    def __init__(self, said: dict[bytes, tuple[ReportStatus, int, int]]) -> None:
        self.said = said

    def evaluate(self, model: Path, data: Path, spec: EvaluationSpec) -> EvaluationReport:
        assert data.read_bytes() == b"data"
        assert spec.beacon == Materials.beacon
        status, score, criteria = self.said[model.read_bytes()]
        return EvaluationReport(
            status=status,
            score=score,
            criteria=criteria,
            model_sha256="0" * 64,
            data_sha256="0" * 64,
            log=status.name,
        )

    def attest(self, _data: Path, spec: EvaluationSpec, *_more: Any) -> DatasetReport:
        assert spec.beacon == Materials.beacon
        return DatasetReport(verdict="ok", data_sha256="0" * 64)


def scored(tmp_path: Path, *said: tuple[ReportStatus, int, int]) -> Any:
    models = [b"model %d" % number for number in range(len(said))]
    node: Any = Node(dict(zip(models, said, strict=True)))
    evaluation = EvaluationSpec.model_construct()
    spec = ConformitySpec.model_construct(evaluation=evaluation, body_key="09" + "00" * 31)
    work = evaluator_of(Kind.SCORE, spec)
    return work(spec, Materials(tmp_path, b"data", *models), node)


def test_data_is_attested_with_noise_that_nobody_foresaw(tmp_path):
    node: Any = Node({})
    materials = Materials(tmp_path, b"data")
    evaluation = EvaluationSpec.model_construct(data=SimpleNamespace(format="csv"))
    spec = CommissionSpec.model_construct(
        evaluation=evaluation,
        dataset=materials.digests[0].hex(),
        customer_key="09" + "00" * 31,
        delivery_key=DeliveryKey(1).point.hex(),
        reference=SimpleNamespace(artifact=None),
    )
    assert evaluator_of(Kind.VERDICT, spec)(spec, materials, node).status == ANSWERED


@given(challenge=st.binary(min_size=32, max_size=32), content=st.binary(max_size=100))
def test_a_digest_covers_challenge_and_content(tmp_path_factory, challenge, content):
    work = DigestWork(challenge=challenge.hex())
    materials = Materials(tmp_path_factory.mktemp("opened"), content)
    node: Any = None
    found = evaluator_of(Kind.DIGEST, work)(work, materials, node)
    assert found.digest == hashlib.sha256(challenge + content).digest()


def test_a_digest_is_of_one_artifact(tmp_path):
    work, node = DigestWork(challenge="00" * 32), None
    with pytest.raises(ManifestError):
        EVALUATORS[Kind.DIGEST, DigestWork](work, Materials(tmp_path, b"a", b"b"), node)


def test_each_model_has_its_score_and_all_have_to_pass_a_criterion(tmp_path):
    found = scored(tmp_path, (ANSWERED, 5, 0b110), (ANSWERED, -7, 0b011))
    assert (found.status, found.scores, found.criteria) == (ANSWERED, (5, -7), 0b010)
    assert len(found.details) == 2


@pytest.mark.parametrize("bad", [ReportStatus.UNSTABLE, ReportStatus.REJECTED, ReportStatus.CANNOT_OPEN])
def test_one_model_that_fails_leaves_no_score(tmp_path, bad):
    found = scored(tmp_path, (ANSWERED, 5, 1), (bad, 0, 0))
    assert (found.status, found.scores, found.criteria) == (bad, (), 0)
    assert found.log == bad.name


def test_a_score_needs_a_model(tmp_path):
    with pytest.raises(ManifestError):
        scored(tmp_path)


@pytest.mark.parametrize("kind", [Kind.VERDICT, Kind.SCORE])
def test_what_nobody_does_is_said(kind):
    with pytest.raises(ManifestError, match="no work that ends in a"):
        evaluator_of(kind, DigestWork(challenge="00" * 32))
