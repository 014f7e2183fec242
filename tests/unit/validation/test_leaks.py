"""Nothing of a hidden row reaches a developer by way of the reasons why there is no score."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.manifests.evaluation import (
    DataMapping,
    EvaluationSpec,
    InputMapping,
    OutputMapping,
    ReportStatus,
)
from assay.manifests.reason import REASONS, Code, Reason
from assay.seal import hpke, open_message, report_purpose
from assay_oracle import tester
from assay_oracle.tester import reasons_for
from assay_validation import evaluation
from assay_validation import model as model_module
from assay_validation.errors import JobError
from assay_validation.evaluation import evaluate
from assay_validation.evaluators import Fault, Finding
from assay_validation.gate import Admitted
from assay_validation.graph_facts import GraphFacts
from assay_validation.operators import NAMED
from assay_validation.reasons import about_data, about_file, about_run
from assay_validation.scratch import Scratch

CUSTOMER, DEVELOPER = "0x" + "c" * 40, "0x" + "d" * 40
GRANTERS = (CUSTOMER, DEVELOPER)
MANNERS = (
    "message", "name", "other subject", "other file", "code", "many", "exception", "exit", "reply", "garbage",
    "label", "shape", "nothing",
)  # fmt: skip
"""Of probes/leaking_predict.py, which reads them in place of a model."""
HIDDEN = 73_501_946
SPEC = EvaluationSpec(
    task="classification",
    metric="accuracy",
    data=DataMapping(
        format="csv", inputs=(InputMapping(name="x", columns=("age",)),), label="y", classes=("no", "yes")
    ),
    output=OutputMapping(labels="label"),
)
TOLD = {"csv", "age", "y", "no", "yes"}
NUMBERS = st.none() | st.integers(-(10**12), 10**12)
REASONS_OF_A_JAIL = st.lists(
    st.builds(
        Reason,
        code=st.sampled_from(Code),
        name=st.none() | st.sampled_from(sorted(TOLD | NAMED)) | st.text(min_size=1, max_size=20),
        found=NUMBERS,
        least=NUMBERS,
        most=NUMBERS,
        row=st.none() | st.integers(1, 2**40),
    ),
    max_size=6,
)
BARE = {Reason(code=code) for code in Code}


def bare(reasons: Any) -> bool:
    """Whether reasons are codes and nothing else."""
    return set(reasons) <= BARE


@given(REASONS_OF_A_JAIL, st.text(max_size=50))
def test_of_a_models_run_one_code_is_kept(said, message):
    kept = about_run(JobError(message, *said))
    assert len(kept) == 1
    assert bare(kept)
    assert kept[0].code.subject == "model run"


@given(REASONS_OF_A_JAIL, st.text(max_size=50))
def test_names_are_those_that_the_order_or_onnx_tells(said, message):
    failure = JobError(message, *said)
    assert {one.name for one in about_data(failure, SPEC)} <= {None, *TOLD}
    assert {one.name for one in about_file(failure, SPEC)} <= {None, *NAMED, "x", "label"}
    assert {one.code.subject for one in about_data(failure, SPEC)} == {"data"}
    assert {one.code.subject for one in about_file(failure, SPEC)} <= {"model file", "model run"}


@given(st.lists(st.tuples(st.none() | st.integers(0, 3), REASONS_OF_A_JAIL), max_size=4))
def test_of_another_ones_artifact_each_reads_codes(told):
    faults = [Fault(place, reason) for place, reasons in told for reason in reasons]
    others = {fault.reason for fault in faults if fault.place != 1}
    for reason in reasons_for(DEVELOPER, GRANTERS, faults):
        assert reason in {fault.reason for fault in faults if fault.place == 1} or reason in {
            one.outline() for one in others
        }
    about_data_alone = [Fault(0, fault.reason) for fault in faults if fault.reason.code.subject == "data"]
    assert set(reasons_for(DEVELOPER, GRANTERS, about_data_alone)) <= {Reason(code=Code.DATA_REFUSED)}


@pytest.fixture
def hostile(monkeypatch):
    """The developer's code has taken over the process that runs its model; the gate has noticed nothing."""
    run = model_module.run

    def leaking(job, limits):
        if job.module == "assay_validation.jobs.predict":
            probes = (Path(__file__).parent / "probes",)
            job = replace(job, module="leaking_predict", import_from=probes)
        return run(job, limits)

    monkeypatch.setattr(model_module, "run", leaking)
    facts = GraphFacts(operators=1, kinds={}, opset=1, parameters=0, inputs=[], outputs=[])
    monkeypatch.setattr(evaluation, "admit", lambda model, *_, **_named: Admitted(facts, model, model))
    monkeypatch.setattr(evaluation, "check_interface", lambda *_: None)


@pytest.mark.parametrize("manner", MANNERS)
def test_a_hostile_run_says_a_code_whatever_it_has_seen(manner, hostile, small_limits, tmp_path):
    model, data = tmp_path / "model.onnx", tmp_path / "data.csv"
    model.write_text(manner)
    data.write_text(f"age,y\n{HIDDEN},yes\n2,no\n3,yes\n4,no\n")
    report = evaluate(model, data, SPEC, small_limits)
    assert report.status is ReportStatus.REJECTED
    assert bare(report.reasons)
    faults = [Fault(1, reason) for reason in report.reasons]
    for owner in GRANTERS:
        told = REASONS.dump_json(reasons_for(owner, GRANTERS, faults)).decode()
        assert str(HIDDEN) not in told
        assert not any(character.isdigit() for character in told)


CELLS = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters='",'), max_size=30)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(cells=st.lists(CELLS.map(lambda text: f"secret {text}"), min_size=1, max_size=4))
def test_hostile_cells_stay_in_their_file(cells, small_limits, tmp_path_factory):
    """Bad data is told of by columns and numbers, and to its owner alone."""
    folder = tmp_path_factory.mktemp("leak")
    data = folder / "data.csv"
    data.write_text("age,y\n" + "".join(f'"{cell}","{cell}"\n' for cell in cells), encoding="utf-8")
    failure = None
    try:
        with Scratch() as scratch:
            evaluation.prepare(data, SPEC, small_limits, scratch)
    except JobError as error:
        failure = error
    assert failure is not None
    assert "secret" not in REASONS.dump_json(failure.reasons).decode()
    faults = [Fault(0, reason) for reason in failure.reasons]
    assert reasons_for(DEVELOPER, GRANTERS, faults) == (Reason(code=Code.DATA_REFUSED),)
    assert {one.name for one in reasons_for(CUSTOMER, GRANTERS, faults)} <= {"age", "y", "csv"}


@settings(max_examples=20, deadline=None)
@given(REASONS_OF_A_JAIL.filter(bool), st.text(min_size=8, max_size=40))
def test_what_is_sealed_is_of_one_length_and_for_its_reader(said, log):
    """Neither the log nor a reason of the other's is in it, and the length says nothing."""
    keys = {CUSTOMER: X25519PrivateKey.generate(), DEVELOPER: X25519PrivateKey.generate()}
    oracle, me = "0x" + "0" * 39 + "1", "0x" + "e" * 40
    market: Any = SimpleNamespace(
        participants=SimpleNamespace(encryption_key=lambda owner: hpke.public_key(keys[owner])),
        session=SimpleNamespace(
            address=me, deployment=SimpleNamespace(chain_id=1, address=lambda _name: oracle)
        ),
    )
    assignment: Any = SimpleNamespace(
        task=SimpleNamespace(request_id=7), question=SimpleNamespace(granters=GRANTERS)
    )
    faults = tuple(Fault(0, reason) for reason in said)
    finding = Finding(ReportStatus.REJECTED, log, faults)
    node: Any = None
    sealed = list(tester.Tester(market, node, node, 0)._sealed_reasons(assignment, finding))
    assert len(sealed) == 2
    assert {len(one.ciphertext) % (2 * 1_008) for one in sealed} == {32}  # the tag of the cipher
    purpose = report_purpose(1, oracle, 7, me)
    told = {
        owner: REASONS.validate_json(open_message(one, keys[owner], purpose=purpose))
        for owner, one in zip(GRANTERS, sealed, strict=True)
    }
    assert told[CUSTOMER] == reasons_for(CUSTOMER, GRANTERS, faults)
    assert set(told[DEVELOPER]) == {reason.outline() for reason in said}
