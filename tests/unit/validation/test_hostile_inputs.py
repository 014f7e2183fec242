"""Each hostile file ends in its own named reason, within its limits, and the next request is served.

Continuous integration tries every third that is cheap, and one of the others; `make hostile` all of them.
"""

import os
import resource

import pytest
from hostile import CASES
from hostile.catalogue import LIMITS, ROWS
from hostile.graphs import node, written
from hostile.table import PAGE, page

from assay.manifests.evaluation import ReportStatus
from assay_validation.dataset import DataError, prepare
from assay_validation.evaluation import evaluate
from assay_validation.limits import MIB
from assay_validation.scratch import Scratch

ALL = bool(os.environ.get("ASSAY_HOSTILE"))
SAMPLE = "endless products"
"""Of those that are slow."""
CHEAP = [case for case in CASES if not case.slow][::3]
TRIED = CASES if ALL else [*CHEAP, *(case for case in CASES if case.name == SAMPLE)]
MOST_GROWTH = 96 * MIB
"""Of the memory of the process outside of the jail, whose libraries are loaded."""
HONEST_EVERY = 1 if ALL else 10


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "data.csv"
    path.write_text("\n".join(["x,y", *(f"{i / ROWS},{i % 2}" for i in range(ROWS))]) + "\n")
    return path


@pytest.fixture(scope="module")
def serves(data, tmp_path_factory):
    """Whether an honest model is still scored."""
    honest = tmp_path_factory.mktemp("model") / "honest.onnx"
    honest.write_bytes(written(node("Sigmoid", "x", "p")))
    spec = next(case for case in CASES if case.kind == "model run").spec

    def serves() -> bool:
        return evaluate(honest, data, spec, LIMITS).status is ReportStatus.ANSWERED

    assert serves()
    return serves


def reasons(case, path, data):
    """What is answered to the file."""
    if case.kind != "data":
        return evaluate(path, data, case.spec, LIMITS).reasons
    with Scratch() as scratch, pytest.raises(DataError) as refusal:
        prepare(path, case.spec, LIMITS, scratch)
    return refusal.value.reasons


def peak() -> int:
    """Most memory of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize("number", range(len(TRIED)), ids=[case.name for case in TRIED])
def test_it_ends_in_its_own_reason(number, data, serves, tmp_path):
    case, path = TRIED[number], tmp_path / "file"
    path.write_bytes(case.build())
    before = peak()
    found = reasons(case, path, data)
    assert found[0].code == case.code, found
    assert len(found) <= 2
    assert all(reason.code.subject == case.code.subject or case.kind != "data" for reason in found)
    assert peak() - before < MOST_GROWTH
    if number % HONEST_EVERY == 0:
        assert serves()


def test_there_are_a_hundred_and_each_says_what_it_tries():
    assert len(CASES) >= 100
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(case.tries.endswith(".") for case in CASES)
    assert len({case.tries for case in CASES if case.kind != "data"}) > 80


def test_the_table_is_up_to_date():
    assert PAGE.read_text() == page(), "python tests/hostile/table.py"
