"""These models give the same bits on two processors; `make processors` tries more of both."""

import pytest
from processor_models import Honest, amounts, honest, hostile
from processors import alike, emulator, score_on

pytestmark = pytest.mark.slow
SPLIT = (
    "MatMul",
    "overflow in MatMul",
    "almost nothing, Sigmoid",
    "NaN, DynamicQuantizeLinear",
    "recognising in a Loop",
    "MatMulInteger in a Loop",
)
"""Hostile models that give other bits if the runtime may choose its kernels."""


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder, trained = tmp_path_factory.mktemp("processors"), Honest()
    trained.write_rows(folder)
    honest(trained, folder)
    hostile(trained, folder, SPLIT)
    amounts(folder)
    return folder


def test_a_processor_that_could_do_more_says_what_this_one_says(models):
    """Haswell has AVX2 and FMA, wherever this runs."""
    emulator()
    everywhere = [score_on(processor, models) for processor in (None, "Haswell")]
    for model in everywhere[0]:
        said = [one[model] for one in everywhere]
        assert alike(model, said), (model, said)


def test_left_to_itself_the_runtime_says_something_else(models):
    """On any machine with AVX2; so what is compared above does depend on the processor."""
    pinned, free = score_on(None, models), score_on("Haswell", models, pinned=False)
    assert [kind for kind in SPLIT if pinned[f"hostile {kind}"].bits == free[f"hostile {kind}"].bits] == []
    opposite = [
        kind
        for kind in SPLIT
        if abs(pinned[f"hostile {kind}"].score - free[f"hostile {kind}"].score) > 500_000
    ]
    assert opposite
