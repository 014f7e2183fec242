"""The word says that a member has the keys, for this panel alone, and cannot be had without them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import ChainError, SealError
from assay.manifests import DatasetManifest, DigestWork, SealedArtifact
from assay.seal import ContentKey
from assay.seal.delivery import NOBODY, DeliveryContext, DeliveryKey, agreement, deliver
from assay.store.cid import DAG_PB, Cid
from assay.structs import ZERO_ADDRESS, ZERO_DIGEST, Kind, Question
from assay_oracle.assignment import Assignment
from assay_oracle.errors import KeyAwaited, Unopenable
from assay_oracle.journal import Task
from assay_oracle.materials import OpenedMaterials

ROUNDS, MARKET, OWNER = ("0x" + digit * 40 for digit in "123")
WORK = DigestWork(challenge="00" * 32)
keys = st.binary(min_size=32, max_size=32)


def materials(raw: dict[int, bytes | None], **changes: Any) -> OpenedMaterials:
    """Of a question with an artifact for each key; None where no key has been granted."""
    artifacts = {
        bytes([place + 1]) * 32: DatasetManifest.model_construct(
            artifact=SealedArtifact.model_construct(
                key_hash=ContentKey(key or bytes(32)).hash,
                cid=str(Cid(DAG_PB, b"\x77" * 32)),
            )
        )
        for place, key in raw.items()
    }  # fmt: skip
    question = Question(
        kind=Kind.VERDICT, subjects=0, tolerance=0, appealable=False, fresh=changes.pop("fresh", 0),
        work=b"\1" * 32,
        delivers=changes.pop("delivers", False), artifacts=tuple(artifacts),
        granters=changes.pop("granters", (OWNER,) * len(raw)), grants=(ZERO_DIGEST,) * len(raw),
    )  # fmt: skip
    chain_id = changes.pop("chain_id", 1)
    granted = {place: ContentKey(key) for place, key in raw.items() if key is not None}
    shown = changes.pop("shown", dict.fromkeys(range(len(raw)), 5))
    market: Any = SimpleNamespace(
        session=SimpleNamespace(
            events=SimpleNamespace(
                find=lambda *_names, from_block, **_which: [
                    SimpleNamespace(arguments={"artifact": place})
                    for place, block in shown.items()
                    if block >= (from_block or 0)
                ]
            ),
            deployment=SimpleNamespace(chain_id=chain_id, address=lambda _name: ROUNDS),
            fetch_any=artifacts.__getitem__,
            store=SimpleNamespace(pin=lambda _cid: None),
            connection=SimpleNamespace(find_block=changes.pop("blocks", {}).get),
        ),
        keys=SimpleNamespace(granted=lambda _panel, place, _sealed: granted.get(place)),
    )
    fields: dict[str, Any] = {
        "round_id": 9,
        "asked": 5,
        "market": MARKET,
        "deal_id": 3,
        "newcomer": False,
    } | changes
    request: Any = None
    task = Task(1, 9, Kind.VERDICT, b"")
    assignment = Assignment(task=task, question=question, request=request, **fields)
    return OpenedMaterials(market, assignment, Path("/nonexistent"), 1)


@given(keys, keys)
def test_the_word_is_as_the_protocol_says(first, second):
    word = materials({0: first, 1: second}).word(WORK)
    tag = keccak(text="assay opened v1")
    kinds = ["bytes32", "uint256", "address", "uint256", "bytes32[]"]
    assert word == keccak(encode(kinds, [tag, 1, ROUNDS, 9, [first, second]]))


@given(keys, keys)
def test_no_other_panel_chain_or_key_has_the_same_word(key, other):
    words = [
        materials({0: key}).word(WORK),
        materials({0: key}, round_id=10).word(WORK),
        materials({0: key}, chain_id=2).word(WORK),
        materials({0: key, 1: key}).word(WORK),
    ]
    assert len(set(words)) == 4
    assert (materials({0: other}).word(WORK) in words) == (key == other)


def test_an_artifact_without_a_granter_needs_no_key():
    open_one = materials({0: b"\5" * 32, 1: None}, granters=(OWNER, ZERO_ADDRESS)).word(WORK)
    assert open_one != materials({0: b"\5" * 32}).word(WORK)


@pytest.mark.parametrize(("newcomer", "raised"), [(True, KeyAwaited), (False, Unopenable)])
def test_a_key_that_is_missing_is_awaited_by_newcomers_alone(newcomer, raised):
    with pytest.raises(raised):
        materials({0: b"\5" * 32, 1: None}, newcomer=newcomer).word(WORK)


@given(keys)
def test_the_beacon_is_the_hash_of_the_block_in_which_the_question_was_asked(block_hash):
    blocks = {4: SimpleNamespace(hash="0x" + "00" * 32), 5: SimpleNamespace(hash="0x" + block_hash.hex())}
    assert materials({}, blocks=blocks).beacon == block_hash.hex()
    with pytest.raises(ChainError, match="does not show block 6"):
        _ = materials({}, blocks=blocks, asked=6).beacon


def test_a_grant_that_the_endpoint_does_not_show_says_nothing_of_the_key():
    """Rounds begins no vote without one: an `eth_getLogs` that is a block behind is no finding."""
    with pytest.raises(ChainError, match="does not show the grant of artifact 1"):
        materials({0: b"\5" * 32, 1: None}, shown={0: 5}).word(WORK)


def test_of_a_fresh_artifact_a_grant_before_the_question_does_not_count():
    keys, shown = {0: b"\5" * 32, 1: None}, {0: 2, 1: 4}
    with pytest.raises(ChainError, match="does not show the grant of artifact 1"):
        materials(keys, shown=shown, fresh=2).word(WORK)
    with pytest.raises(Unopenable):
        materials(keys, shown=shown, fresh=1).word(WORK)
    with pytest.raises(Unopenable):
        materials(keys, shown=shown | {1: 5}, fresh=2).word(WORK)


def delivery() -> tuple[DeliveryContext, Any]:
    recipient = DeliveryKey.generate().point
    named = "".join(coordinate.to_bytes(32, "big").hex() for coordinate in recipient)
    return DeliveryContext(1, MARKET, 3, recipient), SimpleNamespace(
        kind="CommissionSpec", delivery_key=named
    )


def test_a_delivery_is_of_the_last_artifact():
    context, work = delivery()
    word = materials({0: b"\5" * 32, 1: b"\6" * 32}, delivers=True).word(work)
    key = ContentKey(b"\6" * 32)
    assert word == agreement(key.hash, "77" * 32, deliver(key, context)[0], context)


@pytest.mark.parametrize("change", [{"chain_id": 2}, {"market": ROUNDS}, {"deal_id": 4}])
def test_a_delivery_is_worth_nothing_in_another_deal(change):
    _, work = delivery()
    keys_of = {0: b"\5" * 32}
    assert materials(keys_of, delivers=True, **change).word(work) != materials(keys_of, delivers=True).word(
        work
    )


def test_work_that_delivers_to_nobody_has_the_key_attested():
    work: Any = SimpleNamespace(kind="ConformitySpec")
    word = materials({0: b"\5" * 32, 1: b"\6" * 32}, delivers=True).word(work)
    context, key = DeliveryContext(1, MARKET, 3, NOBODY), ContentKey(b"\6" * 32)
    assert word == agreement(key.hash, "77" * 32, deliver(key, context)[0], context)


@pytest.mark.parametrize("named", ["", "00" * 64, "ff" * 64])
def test_nothing_is_delivered_to_no_point(named):
    work: Any = SimpleNamespace(kind="CommissionSpec", delivery_key=named)
    asked = materials({0: b"\5" * 32}, delivers=True)
    with pytest.raises(SealError):
        asked.word(work)
