"""These models get one verdict and score on two processors; `make processors` tries more of both."""

import pytest
from processor_models import Honest, amounts, honest, hostile
from processors import OF_AMOUNTS, alike, emulator, score_on

pytestmark = pytest.mark.slow
SPLIT = (
    "overflow in MatMul",
    "almost nothing, Sigmoid",
    "NaN, DynamicQuantizeLinear",
    "recognising in a Loop",
    "MatMulInteger in a Loop",
)
"""Hostile models to which the bare runtime gives opposite scores."""


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder, trained = tmp_path_factory.mktemp("processors"), Honest()
    trained.write_rows(folder)
    honest(trained, folder)
    hostile(trained, folder, ["MatMul", *SPLIT])
    amounts(folder)
    return folder


def test_an_older_processor_says_what_this_one_says(models):
    emulator()
    everywhere = [score_on(processor, models) for processor in (None, "Nehalem")]
    for model in everywhere[0]:
        said = [one[model] for one in everywhere]
        assert alike(model, said), (model, said)
    for model in (f"hostile {kind}" for kind in SPLIT):
        bare = [one[model].bare for one in everywhere]
        assert max(bare) - min(bare) > 500_000
    far = [one["hostile amounts, far off"] for one in everywhere]
    assert {one.status for one in far} == {"UNSTABLE"}
    assert max(one.bare for one in far) - min(one.bare for one in far) > OF_AMOUNTS.agreement
