"""A customer or a developer hands the panel something hostile in a real deal.

The answers come from real daemons with real sandboxes. The money goes where the protocol says, and no honest
validator loses any.
"""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from patients import CARD
from stage import scored

from assay import State
from assay.errors import ContractError, SealError
from assay.manifests import KeyGrants, ModelManifest
from assay.manifests.evaluation import ReportStatus
from assay.seal import ContentKey, grant
from assay.seal.delivery import deliver
from assay.store.cid import Cid, cid_of_block
from assay.structs import Artifact, Cause

UNIT = 10**18
DAY = 86_400
COMMIT_WINDOW = 6 * 3600
FEE, KILL_FEE = 5 * UNIT, 30 * UNIT
COLUMNS = 30


def also(case):
    """One more of its kind, for the slow tests."""
    return pytest.param(case, marks=pytest.mark.slow)


def everybody(said: dict[str, ReportStatus], status: ReportStatus) -> bool:
    return len(said) == 3 and set(said.values()) == {status}


def carry_out(stage, number, cause):
    """The refund is announced, nobody contests it, and anyone carries it out."""
    deal = stage["hospital"].commissions.get(number)
    assert (deal.state, deal.cause) == (State.CHALLENGE, cause)
    stage.chain.advance(DAY + 1)
    stage.advance(number)
    deal = stage["hospital"].commissions.get(number)
    assert (deal.state, deal.cause) == (State.REFUNDED, cause)


def check_bad_data(stage, number, stakes):
    """The customer pays the kill fee, the panel's work and the steps; the bond is back, nobody is slashed."""
    carry_out(stage, number, Cause.BAD_DATA)
    workers = dict.fromkeys(stage.former_panel(number), FEE)
    steps = stage.step_fees(number)
    paid = {"developer": KILL_FEE, "hospital": -KILL_FEE - 3 * FEE - steps, "anyone": steps}
    assert stage.net(number) == workers | paid
    assert stage.stakes() == stakes


def test_a_dataset_other_than_the_one_committed_to(stage, panel, order, patients, tmp_path):
    lines = patients.read_text().splitlines()
    garbage = tmp_path / "garbage.csv"
    garbage.write_text("\n".join(lines[:-20]) + "\n")  # fewer rows than the order counts
    number, stakes = stage.to_granting(order, garbage), stage.stakes()
    stage["hospital"].commissions.grant_data(number)
    assert everybody(panel(number).answer(), ReportStatus.REJECTED)
    check_bad_data(stage, number, stakes)


def panel_context(stage, number, further=0):
    """What grants of the data are for; with *further* of another panel's."""
    hospital = stage["hospital"]
    return hospital.keys.panel_context(hospital.commissions.get(number).panel_id + further, Artifact.DATASET)


def grant_data(stage, number, digest):
    hospital = stage["hospital"]
    panel_id = hospital.commissions.get(number).panel_id
    hospital.session.send("Rounds", "grant", panel_id, Artifact.DATASET, digest)


def other_key(stage, number, recipients):
    return grant(ContentKey.generate(), recipients, panel_context(stage, number))


def lying_hash(stage, number, recipients):
    """Grants of another key that claim to be of the right one."""
    claimed = stage.dataset(number).artifact.key_hash
    return other_key(stage, number, recipients).model_copy(update={"key_hash": claimed})


def for_another_deal(stage, number, recipients):
    hospital = stage["hospital"]
    key = hospital.keys.own(stage.dataset(number).artifact)
    return grant(key, recipients, panel_context(stage, number, 1))


def swapped(stage, number, recipients):
    """Everybody gets a grant, of the right key, made out to somebody else's encryption key."""
    addresses, keys = list(recipients), list(recipients.values())
    turned = dict(zip(addresses, keys[1:] + keys[:1], strict=True))
    hospital = stage["hospital"]
    key = hospital.keys.own(stage.dataset(number).artifact)
    return grant(key, turned, panel_context(stage, number))


@pytest.mark.parametrize("make", [swapped, also(other_key), also(lying_hash), also(for_another_deal)])
def test_grants_that_do_not_open(stage, panel, make):
    number, hospital, stakes = stage.granting, stage["hospital"], stage.stakes()
    recipients = hospital.keys.members(hospital.commissions.get(number).panel_id)
    grants: KeyGrants = make(stage, number, recipients)
    digest = hospital.session.publish(grants)
    grant_data(stage, number, digest)
    assert everybody(panel(number).answer(), ReportStatus.CANNOT_OPEN)
    check_bad_data(stage, number, stakes)


def test_a_grant_to_one_member_only(stage, panel):
    """The one who could open the data is not punished for saying so."""
    number, hospital, stakes = stage.granting, stage["hospital"], stage.stakes()
    recipients = hospital.keys.members(hospital.commissions.get(number).panel_id)
    favourite = dict(list(recipients.items())[:1])
    key = hospital.keys.own(stage.dataset(number).artifact)
    digest = hospital.keys.publish_grants(key, favourite, panel_context(stage, number))
    grant_data(stage, number, digest)
    said = panel(number).answer()
    assert sorted(said.values()) == [
        ReportStatus.ANSWERED, ReportStatus.CANNOT_OPEN, ReportStatus.CANNOT_OPEN,
    ]  # fmt: skip
    check_bad_data(stage, number, stakes)


def test_grants_that_nobody_can_fetch(stage, panel):
    """The pointer names no block. The panel looks for it until its time runs short, then says so."""
    number, stakes = stage.granting, stage.stakes()
    grant_data(stage, number, b"\x42" * 32)
    stage.chain.advance(COMMIT_WINDOW * 4 // 5)
    assert everybody(panel(number).answer(), ReportStatus.CANNOT_OPEN)
    check_bad_data(stage, number, stakes)


# A MODEL THAT DOES NOT OPEN


def spend_attempt(stage, number, stakes):
    """The attempt is gone, the developer's clock goes on, the panel was paid and keeps its stake."""
    assert stage.state(number) == State.EVALUATING
    stage.chain.advance(DAY + 1)
    stage.advance(number)
    deal = stage["hospital"].commissions.get(number)
    assert (deal.state, deal.attempts, deal.best_score) == (State.BUILDING, 1, 0)
    assert deal.spent == 2 * 3 * FEE + stage.step_fees(number)  # attestation and evaluation
    assert stage.stakes() == stakes


def ciphertext_of(stage, artifact):
    return b"".join(stage.store.get(Cid.parse(artifact.cid), max_bytes=artifact.size))


def truncated(stage, submission):
    manifest = stage["developer"].session.fetch(submission.manifest, ModelManifest)
    cut = ciphertext_of(stage, manifest.artifact)[:-40]
    return stage.republish(submission, cid=str(stage.store.put([cut])), size=len(cut))


def ciphertext_of_the_data(stage, submission):
    """The hidden data's ciphertext, with its true hashes, granted under the model's key."""
    data = stage.dataset(stage.building).artifact
    return stage.republish(submission, cid=data.cid, size=data.size)


def other_plaintext(stage, submission):
    return stage.republish(submission, plaintext_sha256="0" * 64)


def endless(stage, submission):
    """Claims a terabyte."""
    return stage.republish(submission, size=2**40, plaintext_size=2**40)


def granted_to_nobody(stage, submission):
    developer = stage["developer"]
    recipients = {developer.address: developer.session.encryption_key().public_key().public_bytes_raw()}
    panel_id = developer.commissions.get(stage.building).panel_id
    context = developer.keys.panel_context(panel_id, Artifact.MODEL)
    digest = developer.keys.publish_grants(ContentKey.generate(), recipients, context)
    return submission.model_copy(update={"grants": digest})


def no_manifest(stage, submission):
    """The manifest's pointer names a block that is none: the spec of the deal."""
    spec = stage["hospital"].commissions.get(stage.building).request.spec
    return submission.model_copy(update={"manifest": spec})


SPOILS = [
    truncated,
    ciphertext_of_the_data,
    no_manifest,
    also(other_plaintext),
    also(endless),
    also(granted_to_nobody),
]


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_submission_that_does_not_open(stage, panel, model, spoil):
    number, stakes = stage.building, stage.stakes()
    submission = stage.publish_model(number, model.read_bytes(), model)
    stage.submit(number, spoil(stage, submission))
    assert everybody(panel(number).answer(), ReportStatus.CANNOT_OPEN)
    spend_attempt(stage, number, stakes)


def test_a_submission_that_nobody_can_fetch(stage, panel, model):
    number, stakes = stage.building, stage.stakes()
    submission = stage.publish_model(number, model.read_bytes(), model)
    stage.submit(number, stage.republish(submission, cid=str(cid_of_block(b"\x43" * 32))))
    stage.chain.advance(COMMIT_WINDOW * 4 // 5)
    assert everybody(panel(number).answer(), ReportStatus.CANNOT_OPEN)
    spend_attempt(stage, number, stakes)


# A MODEL THAT ATTACKS


def graph_of(nodes, *, initializers=(), domains=("",), output=TensorProto.FLOAT):
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["n", COLUMNS])],
        [helper.make_tensor_value_info("label", output, ["n"])],
        initializer=list(initializers),
    )
    opsets = [helper.make_opsetid(domain, 17 if domain == "" else 1) for domain in domains]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


def constant(name, value):
    return numpy_helper.from_array(np.asarray(value), name)


def endless_loop():
    body = helper.make_graph(
        [helper.make_node("Identity", ["more"], ["again"]), helper.make_node("Identity", ["v"], ["w"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("more", TensorProto.BOOL, []),
            helper.make_tensor_value_info("v", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("again", TensorProto.BOOL, []),
            helper.make_tensor_value_info("w", TensorProto.FLOAT, None),
        ],
    )
    node = helper.make_node("Loop", ["times", "yes", "X"], ["label"], body=body)
    return graph_of([node], initializers=[constant("times", np.int64(2**62)), constant("yes", True)])


def giant_allocation():
    nodes = [
        helper.make_node("Expand", ["one", "shape"], ["wide"]),
        helper.make_node("ReduceSum", ["wide"], ["sum"], keepdims=0),
        helper.make_node("ReduceMean", ["X"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("Add", ["mean", "sum"], ["label"]),
    ]
    shape = constant("shape", np.array([1, 3 << 30], np.int64))
    return graph_of(nodes, initializers=[constant("one", np.ones((1, 1), np.float32)), shape])


def external_data():
    weights = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[COLUMNS])
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value="../../../../etc/passwd")
    return graph_of([helper.make_node("MatMul", ["X", "w"], ["label"])], initializers=[weights])


def custom_operator():
    node = helper.make_node("Steal", ["X"], ["label"], domain="evil")
    return graph_of([node], domains=("", "evil"))


def nan_scores():
    nodes = [
        helper.make_node("ReduceMean", ["X"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("Mul", ["mean", "nan"], ["label"]),
    ]
    return graph_of(nodes, initializers=[constant("nan", np.float32(np.nan))])


def endless_arithmetic():
    """Passes the gate and takes minutes: two hundred products of 4096 x 4096 matrices."""
    nodes = [helper.make_node("Expand", ["one", "shape"], ["m0"])]
    nodes += [helper.make_node("MatMul", [f"m{i}", f"m{i}"], [f"m{i + 1}"]) for i in range(200)]
    nodes += [
        helper.make_node("ReduceMean", ["m200"], ["zero"], keepdims=0),
        helper.make_node("ReduceMean", ["X"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("Add", ["mean", "zero"], ["label"]),
    ]
    shape = constant("shape", np.array([4096, 4096], np.int64))
    return graph_of(nodes, initializers=[constant("one", np.zeros((1, 1), np.float32)), shape])


ATTACKS = [
    endless_loop,
    external_data,
    custom_operator,
    nan_scores,
    also(giant_allocation),
    also(endless_arithmetic),
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_model_costs_its_own_attempt(stage, panel, model, attack):
    number, stakes = stage.building, stage.stakes()
    stage.submit(number, stage.publish_model(number, attack(), model))
    assert everybody(panel(number).answer(), ReportStatus.REJECTED)
    spend_attempt(stage, number, stakes)


def test_the_next_submission_is_tested_as_if_nothing_had_been(stage, panel, model):
    number, stakes = stage.building, stage.stakes()
    members = panel(number)
    stage.submit(number, stage.publish_model(number, external_data(), model))
    assert everybody(members.answer(), ReportStatus.REJECTED)
    spend_attempt(stage, number, stakes)
    stage.submit(number, stage.publish_model(number, model.read_bytes(), model))
    assert everybody(members.answer(), ReportStatus.ANSWERED)
    stage.chain.advance(DAY + 1)
    stage.advance(number)
    assert stage.state(number) == State.DELIVERING


# A DELIVERY


def test_members_who_agree_on_no_delivery_accept_no_model(stage, model):
    """Each member names another key: whatever they say of its score, the attempt is gone."""
    number, stakes = stage.building, stage.stakes()
    stage["developer"].models.submit(number, model, CARD)
    stage.vote_in(number, *(scored(950_000, word=bytes([i]) * 32) for i in (4, 5, 6)))
    spend_attempt(stage, number, stakes)


def test_a_delivery_that_nobody_makes_is_none(stage):
    """The customer has its money back but for the panel's work and the steps, and the developer its bond."""
    number, hospital = stage.delivering, stage["hospital"]
    stage.chain.anvil.advance_to(hospital.commissions.get(number).deadline)
    stage.advance(number)
    carry_out(stage, number, Cause.DELIVERY_FAILED)
    net = stage.net(number)
    assert "developer" not in net  # the bond is back, and nothing else
    workers = sum(net[name] for name in net if name.startswith("validator"))
    assert net["hospital"] == -workers - stage.step_fees(number)


def test_another_key_than_the_agreed_one_cannot_be_delivered(stage, model, tmp_path):
    number, developer = stage.delivering, stage["developer"]
    artifact, context = developer.models.manifest(number).artifact, stage.delivery_context(number)
    hashes = [bytes.fromhex(one) for one in (artifact.key_hash, artifact.ciphertext)]
    for key, ends in ((ContentKey.generate(), None), (developer.keys.own(artifact), b"\x07")):
        delivery, proof = deliver(key, context)
        if ends is not None:  # the right key, masked wrongly
            delivery = delivery._replace(masked=delivery.masked[:-1] + ends)
        with pytest.raises(ContractError):
            developer.session.send(
                "Deliveries", "deliverAgreed", context.contract, number, context.recipient, *hashes,
                delivery, proof,
            )  # fmt: skip
    assert stage.state(number) == State.DELIVERING
    developer.models.deliver(number)
    stage["hospital"].models.fetch(number, tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").read_bytes() == model.read_bytes()


def test_an_honest_delivery_opens_for_the_customer_alone(stage, panel, model, tmp_path):
    number = stage.building
    stage["developer"].models.submit(number, model, CARD)
    assert everybody(panel(number).answer(), ReportStatus.ANSWERED)
    stage.chain.advance(DAY + 1)
    stage.advance(number)
    member = stage[stage.former_panel(number)[0]]
    member.models.deliver(number)  # a member holds the key, and the developer need not be waited for
    for name in ("rival", "validator 0"):
        with pytest.raises(SealError):
            stage[name].models.fetch(number, tmp_path / "stolen.onnx")
    stage["hospital"].models.fetch(number, tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").read_bytes() == model.read_bytes()
    assert [path.name for path in tmp_path.glob("*.onnx")] == ["model.onnx"]
