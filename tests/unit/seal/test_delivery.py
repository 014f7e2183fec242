"""Deliveries between honest and hostile sides; each verdict is held against the textbook reference."""

import copy
import pickle
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import keyexchange as textbook

from assay.errors import SealError, WrongKeyDelivered
from assay.seal import ContentKey, delivery
from assay.seal.delivery import (
    Delivery,
    DeliveryContext,
    DeliveryKey,
    Possession,
    Refutation,
    check_delivery,
    check_refutation,
    deliver,
    open_delivery,
    refute,
)
from assay.wallet import secp256k1
from assay.wallet.secp256k1 import N, P, Point

MARKET = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
OTHER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
SEED = bytes(range(32))
OWN = DeliveryKey.derive(SEED, 31337, MARKET, 0)
CONTEXT = DeliveryContext(31337, MARKET, 7, OWN.point)
KEY, WRONG = ContentKey(b"k" * 32), ContentKey(b"w" * 32)
SENT, PROOF = deliver(KEY, CONTEXT)
BAD, BAD_PROOF = deliver(WRONG, CONTEXT)
RIGHT = refute(BAD, BAD_PROOF, OWN, CONTEXT, KEY.hash)
OTHER_CONTEXTS = [
    replace(CONTEXT, chain_id=1),
    replace(CONTEXT, contract=OTHER),
    replace(CONTEXT, deal_id=8),
    replace(CONTEXT, recipient=DeliveryKey.derive(SEED, 31337, MARKET, 1).point),
]
UNUSABLE = [Point(0, 0), Point(1, 1), Point(N, pow(N**3 + 7, (P + 1) // 4, P)), Point(2**256, 0)]


def accepts(sent: Delivery, proof: Possession, context: DeliveryContext = CONTEXT) -> bool:
    """The SDK's verdict, after the textbook's has been found to be the same."""
    try:
        check_delivery(sent, proof, context)
    except SealError:
        accepted = False
    else:
        accepted = True
    assert accepted == (textbook.delivered(context.digest, sent.ephemeral, sent.masked, proof) == "")
    return accepted


def refutes(
    shown: Refutation, sent: Delivery = BAD, context: DeliveryContext = CONTEXT, agreed: str = KEY.hash
) -> bool:
    """Likewise, of a refutation."""
    try:
        check_refutation(shown, sent, context, agreed)
    except SealError:
        proven = False
    else:
        proven = True
    told = textbook.refuted(context.digest, context.recipient, *sent, bytes.fromhex(agreed), shown)
    assert proven == (told == "")
    return proven


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**256 - 1), st.integers(0, 2**64), st.binary())
def test_what_was_delivered_opens(raw: bytes, deal: int, chain: int, seed: bytes) -> None:
    own = DeliveryKey.derive(seed.ljust(32)[:32], chain, MARKET, deal)
    context, key = DeliveryContext(chain, MARKET, deal, own.point), ContentKey(raw)
    sent, proof = deliver(key, context)
    assert accepts(sent, proof, context)
    assert open_delivery(sent, own, context, key.hash) == key
    with pytest.raises(SealError, match="right"):
        refute(sent, proof, own, context, key.hash)


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_a_wrong_key_is_refuted(raw: bytes, agreed: bytes) -> None:
    key, other = ContentKey(raw), ContentKey(agreed)
    sent, proof = deliver(key, CONTEXT)
    if key == other:
        return
    with pytest.raises(WrongKeyDelivered, match="not the one"):
        open_delivery(sent, OWN, CONTEXT, other.hash)
    shown = refute(sent, proof, OWN, CONTEXT, other.hash)
    assert refutes(shown, sent, agreed=other.hash)
    assert not refutes(shown, sent, agreed=key.hash)


def test_whoever_holds_the_key_computes_the_same_delivery() -> None:
    again = DeliveryContext(31337, MARKET.lower(), 7, Point(*OWN.point))
    assert deliver(ContentKey(b"k" * 32), again) == (SENT, PROOF)


def test_no_two_deliveries_share_a_point_or_a_mask() -> None:
    every = [deliver(key, context)[0] for key in (KEY, WRONG) for context in (CONTEXT, *OTHER_CONTEXTS)]
    assert len({one.ephemeral for one in every}) == len(every)
    assert len({one.masked for one in every}) == len(every)
    assert SENT.masked != KEY.reveal()


@pytest.mark.parametrize("context", OTHER_CONTEXTS)
def test_a_delivery_is_for_one_deal(context: DeliveryContext) -> None:
    assert not accepts(SENT, PROOF, context)
    if context.recipient == OWN.point:
        with pytest.raises(WrongKeyDelivered):  # and is not refuted by mistake: see the next test
            open_delivery(SENT, OWN, context, KEY.hash)
    else:
        with pytest.raises(SealError, match="another delivery key"):
            open_delivery(SENT, OWN, context, KEY.hash)


@pytest.mark.parametrize("context", OTHER_CONTEXTS)
def test_a_right_key_is_not_given_away_by_a_refutation_for_a_wrong_deal(context: DeliveryContext) -> None:
    """Read with another deal's number, a right delivery looks wrong; S would open it for everybody."""
    with pytest.raises(SealError, match=r"not proven|another delivery key"):
        refute(SENT, PROOF, OWN, context, KEY.hash)


def test_nor_for_how_its_hash_is_written() -> None:
    for spelling in (KEY.hash.upper(), "0x" + KEY.hash):
        assert open_delivery(SENT, OWN, CONTEXT, spelling) == KEY
        with pytest.raises(SealError, match="right"):
            refute(SENT, PROOF, OWN, CONTEXT, spelling)
    for none in ("", "0x", KEY.hash[:-2], KEY.hash + "00", "no hash"):
        with pytest.raises(SealError, match="64 hexadecimal"):
            refute(SENT, PROOF, OWN, CONTEXT, none)


def test_a_refutation_is_no_oracle() -> None:
    """A point blinded with t, whose refutation would give b·E of the first delivery."""
    t = 12345
    bait = replace(CONTEXT, deal_id=8)
    blinded = secp256k1.add(SENT.ephemeral, secp256k1.times_base(t))
    learnt = textbook.add(
        textbook.multiply(OWN._secret, blinded), textbook.multiply(N - t, OWN.point)
    )  # what the attack is for
    assert textbook.masked(SENT.masked, CONTEXT.digest, learnt) == KEY.reveal()
    sent = Delivery(blinded, bytes(32))
    for proof in (PROOF, Possession(PROOF.challenge, (PROOF.response + t) % N), _signed(sent, bait, t)):
        with pytest.raises(SealError, match="not proven"):
            refute(sent, proof, OWN, bait, KEY.hash)
    with pytest.raises(SealError, match="not proven"):
        refute(SENT, PROOF, OWN, bait, KEY.hash)


def _signed(sent: Delivery, context: DeliveryContext, secret: int) -> Possession:
    witness = secp256k1.address_of(secp256k1.times_base(99))
    challenge = delivery._possession_challenge(context.digest, sent, witness)
    return Possession(challenge, secp256k1.response(99, challenge, secret))


@pytest.mark.parametrize("point", UNUSABLE)
def test_unusable_points(point: Point) -> None:
    with pytest.raises(SealError, match="no point"):
        deliver(KEY, replace(CONTEXT, recipient=point))
    for step in (open_delivery, lambda sent, *rest: refute(sent, PROOF, *rest)):
        with pytest.raises(SealError, match="no point"):
            step(SENT._replace(ephemeral=point), OWN, CONTEXT, KEY.hash)
    assert not accepts(SENT._replace(ephemeral=point), PROOF)
    assert not refutes(RIGHT._replace(shared=point))


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_masked_key_has_32_bytes(size: int) -> None:
    sent = SENT._replace(masked=bytes(size))
    for step in (
        lambda: open_delivery(sent, OWN, CONTEXT, KEY.hash),
        lambda: check_delivery(sent, PROOF, CONTEXT),
        lambda: check_refutation(RIGHT, sent, CONTEXT, KEY.hash),
    ):
        with pytest.raises(SealError, match="32 bytes"):
            step()


NUMBERS = st.one_of(st.integers(0, 2**256 - 1), st.sampled_from([0, 1, N - 1, N, N + 1, P, 2**256 - 1]))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["challenge", "response"]), NUMBERS)
def test_every_number_of_a_possession_counts(field: str, number: int) -> None:
    assert accepts(SENT, PROOF._replace(**{field: number})) == (number == getattr(PROOF, field))


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 8), NUMBERS)
def test_every_number_of_a_refutation_counts(place: int, number: int) -> None:
    numbers = _flat(RIGHT)
    same = numbers[place] == number
    numbers[place] = number
    assert refutes(_folded(numbers)) == same


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 8), st.integers(0, 8))
def test_numbers_of_a_refutation_cannot_be_exchanged(one: int, two: int) -> None:
    numbers = _flat(RIGHT)
    numbers[one], numbers[two] = numbers[two], numbers[one]
    assert refutes(_folded(numbers)) == (one == two)


def _flat(shown: Refutation) -> list[int]:
    shared, challenge, response, left, right, inverse = shown
    return [*shared, challenge, response, *left, *right, inverse]


def _folded(n: list[int]) -> Refutation:
    return Refutation(Point(n[0], n[1]), n[2], n[3], Point(n[4], n[5]), Point(n[6], n[7]), n[8])


@pytest.mark.parametrize("field", ["shared", "ephemeral_multiple", "shared_multiple"])
def test_negatives_are_other_points(field: str) -> None:
    assert not refutes(RIGHT._replace(**{field: secp256k1.negative(getattr(RIGHT, field))}))


def test_a_sum_that_is_infinity() -> None:
    challenge = 5
    response = N - challenge * OWN._secret % N  # response · G + challenge · B
    assert not refutes(RIGHT._replace(challenge=challenge, response=response))
    secret = delivery._scalar(KEY.reveal(), b"assay delivery ephemeral v1\x00" + CONTEXT.digest)
    assert not accepts(SENT, Possession(challenge, N - challenge * secret % N))


@pytest.mark.parametrize("context", OTHER_CONTEXTS)
def test_a_refutation_is_for_one_deal(context: DeliveryContext) -> None:
    assert refutes(RIGHT)
    assert not refutes(RIGHT, context=context)


def test_a_refutation_is_of_one_delivery() -> None:
    assert not refutes(RIGHT, SENT)
    assert not refutes(RIGHT, BAD._replace(ephemeral=SENT.ephemeral))


def test_only_the_recipient_opens_and_refutes() -> None:
    stranger = DeliveryKey.generate()
    for step in (open_delivery, lambda sent, *rest: refute(sent, BAD_PROOF, *rest)):
        with pytest.raises(SealError, match="another delivery key"):
            step(BAD, stranger, CONTEXT, KEY.hash)


def test_agreement_and_commitment_bind_everything() -> None:
    ciphertext = "ab" * 32
    words = {
        delivery.agreement(KEY.hash, ciphertext, SENT, CONTEXT),
        delivery.agreement(WRONG.hash, ciphertext, SENT, CONTEXT),
        delivery.agreement(ciphertext, KEY.hash, SENT, CONTEXT),
        delivery.agreement(KEY.hash, "cd" * 32, SENT, CONTEXT),
        delivery.agreement(KEY.hash, ciphertext, BAD, CONTEXT),
        *(delivery.agreement(KEY.hash, ciphertext, SENT, context) for context in OTHER_CONTEXTS),
    }
    assert len(words) == 9
    assert delivery.commitment(SENT, CONTEXT) not in words


# keys of recipients


def test_a_delivery_key_is_derived_again_and_never_shared() -> None:
    assert DeliveryKey.derive(SEED, 31337, MARKET.lower(), 0).point == OWN.point
    others = [(bytes(32), 31337, MARKET, 0), (SEED, 1, MARKET, 0), (SEED, 31337, OTHER, 0)]
    others.append((SEED, 31337, MARKET, 1))
    assert len({DeliveryKey.derive(*other).point for other in others} | {OWN.point}) == 5
    assert DeliveryKey.generate().point != DeliveryKey.generate().point


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_seed_has_32_bytes(size: int) -> None:
    with pytest.raises(SealError, match="32 bytes"):
        DeliveryKey.derive(bytes(size), 1, MARKET, 0)


@pytest.mark.parametrize("change", [{"chain_id": -1}, {"deal_id": 2**256}, {"contract": "0x12"}])
def test_malformed_values_are_told(change: dict[str, Any]) -> None:
    with pytest.raises(SealError, match="malformed"):
        deliver(KEY, replace(CONTEXT, **change))
    with pytest.raises(SealError, match="malformed"):
        DeliveryKey.derive(SEED, 1, MARKET, -1)


def test_a_delivery_key_shows_nothing() -> None:
    secret = OWN._secret
    for shown in (repr(OWN), str(OWN), f"{OWN!r}"):
        assert f"{secret:x}" not in shown
        assert str(secret) not in shown
    assert not hasattr(OWN, "__dict__")
    attempts: list[Any] = [pickle.dumps, copy.copy, copy.deepcopy]
    for attempt in attempts:
        with pytest.raises(TypeError):
            attempt(OWN)


def test_errors_tell_no_secret() -> None:
    with pytest.raises(SealError) as told:
        open_delivery(BAD, OWN, CONTEXT, KEY.hash)
    with pytest.raises(SealError) as refused:
        refute(SENT, PROOF, OWN, CONTEXT, KEY.hash)
    for error in (told, refused):
        for secret in (KEY.reveal().hex(), WRONG.reveal().hex(), f"{OWN._secret:x}"):
            assert secret not in repr(error.value)
            assert secret not in str(error.value)
