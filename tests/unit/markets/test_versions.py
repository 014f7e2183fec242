"""What a version changes is found in manifests, and a plan says what the changes take."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patients import CARD
from pydantic import ValidationError

from assay.errors import InvalidInput
from assay.manifests import Lineage, ModelManifest, SealedArtifact
from assay.manifests.change_plan import CHANGES, ChangePlan
from assay.manifests.model import Tensor
from assay.markets.versions import changes, require_previous, with_previous
from assay.store.cid import cid_of_block

OLD = "aa" * 32
OTHER = "bb" * 32
ROW = Tensor(name="X", dtype="float32", shape=(None, 4))


def manifest(**changed: Any) -> ModelManifest:
    artifact = SealedArtifact(
        cid=str(cid_of_block(bytes(32))), size=1_100, plaintext_sha256="22" * 32, plaintext_size=1_000,
        chunk_size=1024, key_hash="33" * 32,
    )  # fmt: skip
    said = {name: getattr(CARD, name) for name in ("name", "framework", "intended_use", "limits", "licence")}
    whole = {**said, "artifact": artifact, "opset": 17, "inputs": (ROW,), "outputs": (ROW,), **changed}
    return ModelManifest(**whole)


CHANGED: dict[str, dict[str, Any]] = {
    "data": {"lineage": Lineage(parents=(OLD,), datasets=(OTHER,))},
    "models": {"lineage": Lineage(parents=(OLD, OTHER))},
    "framework": {"framework": "torch 2.5"},
    "inputs": {"inputs": (ROW, ROW.model_copy(update={"name": "Z"}))},
    "outputs": {"outputs": (ROW.model_copy(update={"dtype": "float64"}),)},
    "use": {"limits": "None that are known."},
    "licence": {"licence": CARD.licence.model_copy(update={"restrictions": ("weapons",)})},
}


@pytest.mark.parametrize("change", CHANGED)
def test_each_change_is_found_alone(change):
    new = manifest(**{"lineage": Lineage(parents=(OLD,)), **CHANGED[change]})
    assert changes(manifest(), new, bytes.fromhex(OLD)) == (change,)


def test_trained_again_is_a_change_of_weights_alone():
    old = manifest()
    artifact = old.artifact.model_copy(update={"plaintext_sha256": "44" * 32})
    new = manifest(artifact=artifact, lineage=Lineage(parents=(OLD,)))
    assert changes(old, new, bytes.fromhex(OLD)) == ("weights",)
    assert changes(old, old, bytes.fromhex(OLD)) == ()


def test_what_the_version_before_was_made_from_is_no_other_model():
    old = manifest(lineage=Lineage(parents=(OTHER,)))
    new = manifest(lineage=Lineage(parents=(OLD, OTHER)))
    assert changes(old, new, bytes.fromhex(OLD)) == ()


@given(st.sets(st.sampled_from(CHANGES), min_size=1), st.data())
def test_the_plan_asks_for_the_most_that_any_change_takes(named, data):
    audited = data.draw(st.sets(st.sampled_from(sorted(named))))
    plan = ChangePlan(test=tuple(sorted(named - audited)), audit=tuple(sorted(audited)))
    made = data.draw(st.sets(st.sampled_from(CHANGES)))
    needs = plan.needs(tuple(sorted(made)))
    assert (needs == "agreement") == bool(made - named)
    assert (needs == "audit") == (made <= named and bool(made & audited))


@pytest.mark.parametrize(
    "said", [{}, {"test": ("weights", "weights")}, {"test": ("use",), "audit": ("use",)}, {"test": ("mood",)}]
)
def test_a_plan_that_says_nothing_or_too_much_is_refused(said):
    with pytest.raises(ValidationError):
        ChangePlan(**said)


def test_the_version_before_is_put_into_the_lineage_once():
    card = with_previous(CARD, OLD)
    assert card.lineage.parents == (OLD,)
    assert with_previous(card, OLD) == card
    assert with_previous(CARD, None) == CARD
    require_previous(manifest(lineage=card.lineage), OLD)
    with pytest.raises(InvalidInput, match="the lineage does not name it"):
        require_previous(manifest(), OLD)
