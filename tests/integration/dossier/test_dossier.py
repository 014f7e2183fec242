"""A dossier of a real market: what it says, and that nothing in it can be changed unnoticed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak
from typer.testing import CliRunner

from assay import Market
from assay.cli import app
from assay.dossier.bom import ml_bom
from assay.dossier.card import model_card
from assay.dossier.collect import collect
from assay.dossier.compare import SECTIONS, compare
from assay.dossier.document import MAX_BYTES, Bundle, Dossier, read_bundle
from assay.dossier.page import render
from assay.dossier.signed import claims_of_reports
from assay.errors import ArtifactNotFound, InvalidInput, StoreError, StoreUnavailable
from assay.manifests import Examination, ModelManifest
from assay.seal.delivery import DeliveryKey
from assay.session import Session
from assay.store.cid import Cid, cid_of_block
from assay.structs import Role
from assay.wallet import eip712

UNIT = 10**18
Place = tuple[Any, ...]


@pytest.fixture(scope="module")
def dossier(setting) -> Dossier:
    return setting.bundle.dossier


def failed(result) -> list[str]:
    return [f"{claim.group}: {claim.text}: {claim.why}" for claim in result.claims if claim.mark == "differs"]


# --- what it says ------------------------------------------------------------------------------------------


def test_it_tells_the_deal_from_order_to_payment(setting, dossier):
    (deal,) = dossier.deals
    stage = setting.stage
    assert (deal.customer, deal.developer) == (stage["hospital"].address, stage["developer"].address)
    assert set(deal.bids.bidders) == {stage["developer"].address, stage["rival"].address}
    assert (deal.bids.revealed, deal.bids.price) == (2, 800 * UNIT)
    assert [(one.score, one.passed) for one in deal.attempts] == [(880_000, False), (950_000, True)]
    assert [one.kind for one in deal.rounds] == ["attestation", "evaluation", "evaluation"]
    liar = [said for said in deal.rounds[1].said if said.slashed]
    assert [(said.score, said.slashed) for said in liar] == [(990_000, 500 * UNIT)]
    assert liar[0].validator not in {said.validator for said in deal.rounds[2].said}
    assert [len(one.said) for one in deal.rounds] == [3, 3, 3]
    assert [len(one.artifacts) for one in deal.rounds] == [1, 2, 2]
    sealed = dossier.document(deal.attempts[-1].manifest).artifact
    assert (deal.delivery.key_hash, deal.delivery.ciphertext) == (sealed.key_hash, sealed.ciphertext)
    assert deal.timeline[0].what == "commission opened"
    assert deal.timeline[-1].what == "settled"
    assert [step.place.at for step in deal.timeline] == sorted(step.place.at for step in deal.timeline)
    paid = {entry.account: entry.amount for entry in deal.payments if entry.part == "payee"}
    assert paid == {stage["partner"].address: 80 * UNIT}
    assert sum(entry.amount for entry in deal.payments) == 0
    assert deal.rules.risk_class.reverify_interval == 180 * 86_400


def test_it_tells_what_the_model_was_made_from(setting, dossier):
    (version,), (parent,) = dossier.versions, dossier.ancestry
    assert [edge.kind for edge in version.lineage] == ["model", "dataset", "dataset"]
    assert parent.model == setting.base
    assert dossier.ancestry_complete
    names = [dossier.document(edge.ref) and dossier.document(edge.ref).name for edge in version.lineage]
    assert names == ["Base", "Wisconsin aspirates", None]


def test_it_tells_audit_and_people_as_they_were(setting, dossier):
    (audit,) = dossier.audits
    auditor = setting.stage["auditor"].address
    assert (audit.outcome, [one.auditor for one in audit.opinions]) == ("approved", [auditor])
    assert [(one.state, one.approved) for one in dossier.standing.verdicts] == [("counts", True)]
    assert dossier.standing.status == "current"
    judge = next(person for person in dossier.people if person.part == "auditor")
    assert judge.accreditor == setting.stage["accreditor"].address
    assert judge.accredited_until > audit.opinions[0].posted.at
    parts = {person.part for person in dossier.people}
    assert parts == {"owner", "customer", "developer", "losing bidder", "payee", "validator", "auditor",
                     "asker of an opinion", "auditor asked", "juror"}  # fmt: skip


def test_it_tells_an_opinion_with_who_paid_for_it(setting, dossier):
    (opinion,), stage = dossier.opinions, setting.stage
    assert (opinion.asker, opinion.fee, opinion.state) == (stage["partner"].address, 25 * UNIT, "posted")
    assert opinion.subject == dossier.versions[0].manifest
    assert [one.auditor for one in opinion.auditors] == [
        stage["silent critic"].address,
        stage["critic"].address,
    ]
    assert opinion.posted is not None
    assert (opinion.posted.auditor, opinion.posted.approved) == (stage["critic"].address, False)
    report = dossier.document(opinion.posted.report)
    assert [one.summary for one in report.findings] == ["Noise turns one in ten"]
    assert dossier.standing.status == "current"  # whatever an opinion says
    assert dossier.changes.later_opinions == ()


def test_it_tells_a_dispute_with_its_appeal(setting, dossier):
    (dispute,), stage = dossier.disputes, setting.stage
    assert (dispute.side, dispute.question, dispute.outside) == ("customer", "delivery", False)
    assert (dispute.ruling, dispute.by_silence) == ("developer", False)
    assert dispute.effect == "the announced payment stood"
    first, appeal = dispute.rounds
    assert (first.payer, appeal.payer) == (stage["hospital"].address,) * 2
    assert (first.fee, appeal.fee) == (100 * UNIT, 100 * UNIT * 7 // 3)
    assert [juror.vote for juror in first.jurors] == ["developer", "developer", "customer"]
    assert sorted(str(juror.vote) for juror in appeal.jurors) == sorted(
        ["developer"] * 4 + ["customer", "none", "None"]
    )
    assert (first.ruling, appeal.ruling) == ("developer", "developer")
    parties = [(one.party, dossier.document(one.evidence).claim) for one in dispute.evidence]
    assert parties == [
        (stage["hospital"].address, "The key does not open."),
        (stage["developer"].address, "It does."),
    ]


def test_an_opinion_after_the_sale_is_a_change(undone):
    stage = undone.stage
    offered, _ = stage["partner"].opinions.ask(2, stage["critic"].address, UNIT, 3_600)
    assert len(undone.market.dossiers.collect(undone.model).opinions) == 1  # nobody has taken it
    stage["critic"].opinions.accept(offered)
    taken = undone.market.dossiers.collect(undone.model)
    assert taken.changes.later_opinions == (offered,)
    assert (taken.opinions[1].state, taken.opinions[1].posted) == ("accepted", None)
    stage.chain.advance(3_601)
    stage["partner"].opinions.withdraw(offered)
    assert undone.market.dossiers.collect(undone.model).opinions[1].state == "withdrawn"
    assert failed(undone.market.dossiers.verify(Bundle(dossier=taken).to_bytes())) == []


def test_gaps_of_annex_iv_are_printed_as_gaps(dossier):
    points = {one.point: one for one in dossier.annex_iv}
    assert {point.split("(")[0] for point in points} >= set("123456789")
    assert all(one.answer or one.gap for one in dossier.annex_iv)
    assert points["2(e)"].answer == ""
    # an auditor has named fairness, and given no figure for it
    assert "Audit 1 names fairness and gives no figure for it." in points["2(g)"].gap
    assert "No auditor looked at robustness." not in points["2(g)"].gap
    assert "opinion 1 (rejected): accuracy under noise 87.00 %" in points["2(g)"].answer
    assert "Opinion 1 rejects this version: major, robustness: Noise turns one in ten." in points["2(g)"].gap
    assert "security" in points["2(h)"].gap


def test_a_model_that_nobody_audited(setting):
    dossier = setting.market.dossiers.collect(setting.base)
    points = {one.point: one for one in dossier.annex_iv}
    assert (dossier.audits, dossier.standing.verdicts) == ((), ())
    assert dossier.standing.due_at == 0
    assert "No auditor looked at fairness." in points["2(g)"].gap
    assert points["9"].answer == ""


def test_a_later_version_of_another_module(undone):
    """It shares the number of a deal with ours, which must not be taken for its own."""
    stage, registry = undone.stage, undone.stage.chain.at("ModelRegistry")
    governance = stage.chain.governance
    stage.chain.transact("ModelRegistry", registry, "grantRole", keccak(text="MODULE_ROLE"), governance)
    version = (b"\x07" * 32, b"\x08" * 32, stage["rival"].address, 2, 700_000)
    stage.chain.transact("ModelRegistry", registry, "registerVersion", undone.model, version, [])
    dossier = undone.market.dossiers.collect(undone.model)
    first, second = dossier.versions
    assert (second.module, second.deal, second.score) == (governance, 2, 700_000)
    assert [deal.number for deal in dossier.deals] == [first.deal]
    assert dossier.deal_of(second) is None
    assert dossier.changes.later_versions == ("07" * 32,)
    assert "No deal of this market tested it." in next(
        one.gap for one in dossier.annex_iv if one.point == "2(g)"
    )
    assert failed(undone.market.dossiers.verify(Bundle(dossier=dossier).to_bytes())) == []
    old = undone.market.dossiers.verify(undone.bundle.to_bytes())
    assert failed(old) == []
    notes = [f"{claim.text}: {claim.why}" for claim in old.claims if claim.mark == "note"]
    assert [note.split(":")[0] for note in notes][:1] == ["No newer version"]
    assert [note[-14:] for note in notes][1:] == ["now superseded"]  # it was on the version before
    assert undone.market.models.standing(undone.model).manifest == b"\x07" * 32


def test_no_such_model(setting):
    with pytest.raises(InvalidInput, match="no model 77"):
        setting.market.dossiers.collect(77)


def test_the_same_block_gives_the_same_dossier_for_ever(undone):
    before = undone.bundle.dossier
    hospital, stage = undone.market, undone.stage
    registry = hospital.session.contract("ModelRegistry")
    transfer = registry.call("transferFrom", hospital.address, stage["partner"].address, undone.model)
    hospital.session.send_call(transfer)
    policy = stage.chain.at("Policy")
    stage.chain.transact("Policy", policy, "setRiskClass", 3, (True, 2, True, True, 86_400, False))
    stage.chain.transact("Policy", policy, "setFee", 10_000, stage["partner"].address)
    stage["auditor"].participants.change(role=Role.CUSTOMER, secondary=())
    assert hospital.dossiers.collect(undone.model, block=before.block.number) == before


# --- what verification finds -------------------------------------------------------------------------------


def test_every_claim_holds(setting):
    result = setting.market.dossiers.verify(setting.bundle.to_bytes())
    assert failed(result) == []
    assert result.issuer == setting.market.address
    assert result.count("holds") > 80
    assert {claim.text[-8:] for claim in result.claims if claim.mark == "unchecked"} == {"5e5e5e5e"}
    assert result.count("note") == 0


def test_a_reader_needs_no_wallet_and_no_store(setting):
    with Market.connect(setting.stage.chain.rpc, deployment=setting.stage.chain.deployment) as reader:
        assert failed(reader.dossiers.verify(setting.bundle.to_bytes())) == []


def test_later_changes_are_notes_and_no_faults(undone):
    hospital, stage = undone.market, undone.stage
    registry = hospital.session.contract("ModelRegistry")
    hospital.session.send_call(
        registry.call("transferFrom", hospital.address, stage["partner"].address, undone.model)
    )
    stage.chain.advance(400 * 86_400)
    result = hospital.dossiers.verify(undone.bundle.to_bytes())
    assert failed(result) == []
    notes = [f"{claim.text}: {claim.why}" for claim in result.claims if claim.mark == "note"]
    assert notes == [
        f"Owned by {hospital.address}: now {stage['partner'].address}",
        "Standing: current: now lapsed",
        f"Verdict of {stage['auditor'].address} in audit 1 counts: now expired",
    ]


ELSE = "0x" + "11" * 20
WORDS = {
    "delivery_key": [DeliveryKey(2).point.hex()],
    "kind": ["attestation", "evaluation", "model", "dataset", "training job"],
    "status": ["silent", "answered", "cannot open", "unstable", "rejected", "current", "due", "lapsed"],
    "state": ["counts", "expired", "superseded", "enclosed", "not found", "malformed", "too large",
              "offered", "accepted", "posted", "withdrawn"],
    "side": ["customer", "developer"],
    "ruling": ["none", "customer", "developer"],
    "vote": ["none", "customer", "developer"],
    "tested": [{"test_set": 1, "spec": "5e" * 32, "at": 1, "passed": True, "score": 900_000}],
}  # fmt: skip
"""What a field takes that has a list of words, or parts of its own."""

CLOSED = {
    0, 1, 2, "aead", "artifact", "cid", "content", "dtype", "examination", "format", "kind", "metric",
    "scope", "sealed_details", "severity", "task", "text", "type", "unit", "values", "verdict", "version",
}  # fmt: skip
"""Fields of enclosed manifests, and versions, for which the reader refuses every value that is tried."""


def leaves(tree: Any, path: Place = ()) -> Iterator[tuple[Place, Any]]:
    if isinstance(tree, dict):
        for name, item in tree.items():
            yield from leaves(item, (*path, name))
    elif isinstance(tree, list):
        for place, item in enumerate(tree):
            yield from leaves(item, (*path, place))
    else:
        yield path, tree


def with_leaf(tree: Any, path: Place, value: Any) -> Any:
    if not path:
        return value
    changed = dict(tree) if isinstance(tree, dict) else list(tree)
    changed[path[0]] = with_leaf(tree[path[0]], path[1:], value)
    return changed


def other_values(name: Any, value: Any) -> list[Any]:
    """Values of the same shape, so that the document still parses."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1, 0]
    if value is None:
        return [0, "x", ELSE, *WORDS.get(name, [])]
    if name in WORDS:
        return WORDS[name]
    if len(value) == len(ELSE):
        return [ELSE]
    if re.fullmatch(r"-?[0-9]{1,40}", value):
        return [str(int(value) + 1)]
    prefix, rest = (value[:2], value[2:]) if value.startswith("0x") else ("", value)
    return [prefix + rest.translate(str.maketrans("0123456789abcdef", "1032547698badcfe")), f"{value}x"]


def refused_or_found(document: dict[str, Any], honest: Dossier) -> bool | None:
    """Whether a change is refused by the reader, or is in a claim that differs; none if nothing changed."""
    try:
        changed = read_bundle(json.dumps({"dossier": document, "issuer": None, "signature": None}).encode())
    except InvalidInput:
        return None
    if changed.dossier == honest:
        return None
    lost = "the store does not have it"  # a document that nobody has: no false claim can be shown about it
    return any(claim.mark == "differs" or claim.why == lost for claim in compare(changed.dossier, honest))


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 29])
def test_every_leaf_is_in_a_claim(dossier, every):
    """Each value is changed in turn, to whatever still parses: the comparison has to notice all of them."""
    tree = json.loads(Bundle(dossier=dossier).to_bytes())["dossier"]
    unnoticed, untried = [], set()
    for path, value in islice(leaves(tree), 0, None, every):
        others = (other for other in other_values(path[-1], value) if other != value)
        changes = (with_leaf(tree, path, other) for other in others)
        verdicts = [found for change in changes if (found := refused_or_found(change, dossier)) is not None]
        if not verdicts:
            untried.add(path[-1])
        if not all(verdicts):
            unnoticed.append(path)
    assert unnoticed == []
    assert untried <= CLOSED


def test_every_item_that_is_left_out_is_noticed(dossier):
    """But for the list of contracts, to which a market may add: verification uses the reader's own list."""
    tree = json.loads(Bundle(dossier=dossier).to_bytes())["dossier"]
    unnoticed = []
    for path, items in lists(tree):
        for place in range(len(items)):
            shorter = items[:place] + items[place + 1 :]
            if refused_or_found(with_leaf(tree, path, shorter), dossier) is False:
                unnoticed.append((*path, place))
    assert {path[0] for path in unnoticed} <= {"contracts"}


def lists(tree: Any, path: Place = ()) -> Iterator[tuple[Place, list[Any]]]:
    if isinstance(tree, list):
        yield path, tree
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, item in items:
        yield from lists(item, (*path, name))


def test_every_field_has_its_section():
    assert set(SECTIONS) | {"deals", "documents"} == set(Dossier.model_fields)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("model", 1, "Version"),
        ("model", 99, "no model 99"),
        ("block", {"number": 10**6}, "the chain has"),
        ("block", {"number": 150}, "not settled|no model"),
        ("chain_id", 1, "Chain 1"),
    ],
)
def test_what_decides_where_to_look_is_checked_too(setting, dossier, field, value, said):
    if isinstance(value, dict):
        value = dossier.block.model_copy(update=value)
    lie = Bundle(dossier=dossier.model_copy(update={field: value}))
    found = " ".join(failed(setting.market.dossiers.verify(lie.to_bytes())))
    assert any(word in found for word in said.split("|")), found


def test_a_block_that_the_chain_has_forgotten(setting, dossier):
    block = dossier.block.model_copy(update={"hash": "0x" + "ab" * 32})
    lie = Bundle(dossier=dossier.model_copy(update={"block": block}))
    (why,) = failed(setting.market.dossiers.verify(lie.to_bytes()))
    assert "block.hash" in why or "hash" in why


def test_a_signature_is_the_issuers_or_none(setting):
    bundle, partner = setting.bundle, setting.stage["partner"]
    other = bundle.model_copy(update={"issuer": partner.address})
    unsigned = Bundle(dossier=bundle.dossier)
    cut = bundle.model_copy(update={"signature": None})
    for forged in (other, cut):
        result = setting.market.dossiers.verify(forged.to_bytes())
        assert len(failed(result)) == 1
        assert result.issuer is None
    result = setting.market.dossiers.verify(unsigned.to_bytes())
    assert (failed(result), result.issuer) == ([], None)
    typed = other.typed_data()
    signature = partner.session.wallet.sign_typed_data(typed).hex()
    taken_over = other.model_copy(update={"signature": signature})
    result = setting.market.dossiers.verify(taken_over.to_bytes())
    assert (failed(result), result.issuer) == ([], partner.address)
    assert eip712.signer_of(bundle.typed_data(), bytes.fromhex(bundle.signature)) == bundle.issuer


def test_another_market_says_otherwise(setting, new_chain, store):
    elsewhere = new_chain()
    with Market.connect(elsewhere.rpc, deployment=elsewhere.deployment, store=store) as reader:
        assert not reader.dossiers.verify(setting.bundle.to_bytes()).holds


def test_what_the_store_has_must_not_be_left_out(setting, dossier):
    documents = tuple(
        one.model_copy(update={"state": "not found", "content": None})
        if isinstance(one.content, ModelManifest)
        else one
        for one in dossier.documents
    )
    lie = Bundle(dossier=dossier.model_copy(update={"documents": documents}))
    found = failed(setting.market.dossiers.verify(lie.to_bytes()))
    assert sum("said to be not found, but it is enclosed" in why for why in found) == 3


def test_a_validators_false_report_is_a_note(setting, dossier):
    """The dossier shows rightly what was published, so it is no fault of its issuer."""
    deal = dossier.deals[0]
    said = tuple(one.model_copy(update={"score": one.score + 1}) for one in deal.rounds[1].said)
    rounds = (deal.rounds[0], deal.rounds[1].model_copy(update={"said": said}), *deal.rounds[2:])
    other = dossier.model_copy(update={"deals": (deal.model_copy(update={"rounds": rounds}),)})
    marks = [claim.mark for claim in claims_of_reports(other)]
    assert marks.count("note") == 3
    assert {claim.mark for claim in claims_of_reports(dossier)} == {"holds"}


@pytest.mark.parametrize(("model", "mark"), [(None, "holds"), ("00" * 32, "note")])
def test_an_audit_of_another_model_is_a_note(dossier, model, mark):
    (judged,) = dossier.audits
    subject, deal = dossier.document(judged.subject), dossier.deals[0]
    examination = Examination(
        page="cc" * 32,
        model_sha256=model or subject.artifact.plaintext_sha256,
        data_sha256=dossier.document(deal.request.dataset.hex()).artifact.plaintext_sha256,
        spec_sha256="ee" * 32,
        seed=0,
        quick=True,
        rows=3,
        rows_asked=3,
    )
    documents = tuple(
        one.model_copy(update={"content": one.content.model_copy(update={"examination": examination})})
        if one.digest == judged.opinions[0].report
        else one
        for one in dossier.documents
    )
    claims = claims_of_reports(dossier.model_copy(update={"documents": documents}))
    assert [claim.mark for claim in claims if "examined this model" in claim.text] == [mark]


# --- hostile files -----------------------------------------------------------------------------------------


def hostile(setting) -> dict[str, bytes]:
    honest = setting.bundle.to_bytes()
    tree = json.loads(honest)
    return {
        "empty": b"",
        "no json": b"%PDF-1.7",
        "not utf-8": b'{"dossier": "\xff"}',
        "deep": b'{"dossier":' * 100_000,
        "deep arrays": b"[" * 1_000_000,
        "large": b" " * MAX_BYTES,
        "huge number": b'{"dossier": {"version": ' + b"9" * 1_000_000 + b"}}",
        "unknown field": json.dumps({**tree, "extra": 1}).encode(),
        "unknown inner field": json.dumps({**tree, "dossier": {**tree["dossier"], "note": "x"}}).encode(),
        "other version": json.dumps({**tree, "dossier": {**tree["dossier"], "version": 2}}).encode(),
        "control characters": honest.replace(b"Second try", b"Second\\u202etry"),
    }


def test_hostile_files_are_refused_in_words(setting):
    for name, content in hostile(setting).items():
        with pytest.raises(InvalidInput) as refused:
            setting.market.dossiers.verify(content)
        assert len(str(refused.value)) < 2_000, name


def test_another_spelling_is_noticed(setting):
    content = json.dumps(json.loads(setting.bundle.to_bytes()), indent=1).encode()
    (why,) = failed(setting.market.dossiers.verify(content))
    assert "Canonical" in why


# --- the command -------------------------------------------------------------------------------------------


@pytest.fixture
def command(setting):
    def invoke(*arguments: str):
        environment = setting.stage.environment("anyone")
        return CliRunner().invoke(app, [str(one) for one in arguments], env=environment)

    return invoke


def test_the_command_writes_four_files_that_verify(setting, command, tmp_path):
    written = command("model", "dossier", setting.model, tmp_path / "out", "--unsigned", "--json")
    assert written.exit_code == 0, written.output
    record = json.loads(written.stdout)
    assert {Path(one).name for one in record["files"]} == {
        "dossier.json", "dossier.html", "bom.cdx.json", "README.md",
    }  # fmt: skip
    assert all(Path(one).stat().st_size > 500 for one in record["files"])
    checked = command("verify", tmp_path / "out" / "dossier.json")
    assert checked.exit_code == 0, checked.output
    assert "0 differ" in checked.stdout
    assert "in nobody's name" in checked.stdout


def test_the_command_fails_on_a_wrong_claim(setting, command, tmp_path):
    lie = setting.bundle.dossier.model_copy(update={"token_uri": "ipfs://elsewhere"})
    file = tmp_path / "lie.json"
    file.write_bytes(Bundle(dossier=lie).to_bytes())
    checked = command("verify", file)
    assert checked.exit_code == 1
    assert "✗" in checked.stdout
    as_json = command("verify", file, "--json")
    assert as_json.exit_code == 1
    found = json.loads(as_json.stdout)
    assert found["holds"] is False
    assert [claim["part"] for claim in found["claims"] if claim["mark"] == "differs"] == ["Model"]


def test_the_command_says_in_words_what_is_wrong_with_a_file(command, tmp_path):
    garbage = tmp_path / "garbage"
    garbage.write_bytes(b"[" * 100_000)
    for file in (garbage, tmp_path / "nothing", tmp_path):
        result = command("verify", file)
        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr.count("\n") == 1


def test_a_dossier_needs_a_folder_that_can_be_written(setting, command, tmp_path):
    (tmp_path / "taken").write_text("a file")
    result = command("model", "dossier", setting.model, tmp_path / "taken", "--unsigned")
    assert result.exit_code == 1
    assert "Cannot write" in result.stderr


def test_models_are_shown_with_their_standing(setting, command, undone):
    shown = json.loads(command("model", "show", 2, "--json").stdout)
    assert (shown["model"], shown["score_ppm"], shown["standing"]) == (setting.model, 950_000, "current")
    assert [one["state"] for one in shown["verdicts"]] == ["counts"]
    due = shown["test_again_by_unix"]
    undone.stage.chain.advance(due - undone.stage.chain.anvil.now() - 86_400)
    assert json.loads(command("model", "show", 2, "--json").stdout)["standing"] == "due"
    undone.stage.chain.advance(2 * 86_400)
    assert json.loads(command("model", "show", 2, "--json").stdout)["standing"] == "lapsed"
    assert json.loads(command("commission", "show", 2, "--json").stdout)["standing"] == "lapsed"


@pytest.mark.parametrize("what", [("audit", "show", 1), ("commission", "show", 2), ("model", "show", 2)])
def test_opinions_are_shown_and_block_nothing(setting, command, what):
    (opinion,) = json.loads(command(*what, "--json").stdout)["opinions"]
    stage = setting.stage
    assert (opinion["opinion"], opinion["commission"], opinion["blocks"]) == (1, 2, False)
    assert (opinion["asked_by"], opinion["auditor"]) == (stage["partner"].address, stage["critic"].address)
    assert (opinion["opinion_is"], opinion["fee_base_units"]) == ("rejected", str(25 * UNIT))
    assert "an opinion never decides anything" in command(*what).stdout
    assert json.loads(command("commission", "show", 1, "--json").stdout)["opinions"] == []


class OtherStore:
    """The session with a store that answers for one block as told."""

    def __init__(self, session: Session, digest: str, answer: bytes | StoreError) -> None:
        self._session, self._cid, self._answer = session, cid_of_block(bytes.fromhex(digest)), answer
        self.store = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def get_block(self, cid: Cid) -> bytes:
        if cid != self._cid:
            return self._session.store.get_block(cid)
        if isinstance(self._answer, StoreError):
            raise self._answer
        return self._answer


@pytest.mark.parametrize(
    ("answer", "state"),
    [(b"{}", "malformed"), (b"[" * 5_000, "malformed"), (ArtifactNotFound("nobody has it"), "not found")],
    ids=["another document", "no document", "nothing"],
)
def test_a_document_that_cannot_be_read_is_told_of(setting, dossier, answer, state):
    digest = dossier.versions[0].manifest
    found = collect(OtherStore(setting.market.session, digest, answer), setting.model)
    assert [(one.state, one.content) for one in found.documents if one.digest == digest] == [(state, None)]
    assert "could not be had" in next(one for one in found.annex_iv if one.point == "1(a)").gap
    assert "could not be had" in render(Bundle(dossier=found))
    assert ml_bom(Bundle(dossier=found))
    assert "not on record" in model_card(Bundle(dossier=found))


def test_a_store_that_is_silent_is_no_store_that_has_nothing(setting, dossier):
    silent = OtherStore(setting.market.session, dossier.versions[0].manifest, StoreUnavailable("no answer"))
    with pytest.raises(StoreUnavailable):
        collect(silent, setting.model)
