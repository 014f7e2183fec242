from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from eth_utils import to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import SealError
from assay.manifests import GrantContext, KeyGrant, KeyGrants, parse
from assay.seal import ContentKey, grant, hpke, open_grant, verify_grants
from assay.seal.grants import _info
from assay.seal.hpke import public_key

KEY = ContentKey(bytes(range(32)))
MEMBERS = {
    to_checksum_address(bytes([seed]) * 20): X25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    for seed in (200, 3, 90)
}
RECIPIENTS = {address: public_key(private) for address, private in MEMBERS.items()}
ALICE, BOB, CAROL = MEMBERS
MARKET = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
CONTEXT = GrantContext(chain_id=31337, contract=MARKET, deal_id=1, purpose="panel")
OTHER_CONTEXTS = [
    CONTEXT.model_copy(update=change)
    for change in (
        {"chain_id": 1},
        {"contract": ALICE},
        {"deal_id": 2},
        {"purpose": "audit"},
        {"artifact": 1},
    )
]


def replaced(grants: KeyGrants, recipient: str, **changes: Any) -> KeyGrants:
    """*grants* with one recipient's grant changed, built past the validators as a forger would."""
    return grants.model_copy(
        update={
            "grants": tuple(
                one.model_copy(update=changes) if one.recipient == recipient else one for one in grants.grants
            )
        }
    )


def grant_of(grants: KeyGrants, recipient: str) -> KeyGrant:
    return next(one for one in grants.grants if one.recipient == recipient)


def test_every_recipient_opens_its_grant() -> None:
    grants = parse(grant(KEY, RECIPIENTS, CONTEXT).to_bytes(), KeyGrants)
    for address, private in MEMBERS.items():
        assert open_grant(grants, private, address, CONTEXT) == KEY
        assert open_grant(grants, private, address.lower(), CONTEXT) == KEY
    assert verify_grants(grants, KEY, RECIPIENTS, CONTEXT) == []


def test_grants_are_a_function_of_key_recipients_and_context() -> None:
    grants = grant(KEY, RECIPIENTS, CONTEXT)
    assert grant(KEY, dict(reversed(RECIPIENTS.items())), CONTEXT).to_bytes() == grants.to_bytes()
    assert grant(KEY, {BOB: RECIPIENTS[BOB]}, CONTEXT).grants == (grant_of(grants, BOB),)


def test_no_encapsulation_serves_twice() -> None:
    everywhere = [grant(KEY, RECIPIENTS, context) for context in (CONTEXT, *OTHER_CONTEXTS)]
    everywhere.append(grant(ContentKey.generate(), RECIPIENTS, CONTEXT))
    everywhere.append(grant(KEY, {ALICE: RECIPIENTS[BOB], BOB: RECIPIENTS[ALICE]}, CONTEXT))
    same_key_twice = grant(KEY, {ALICE: RECIPIENTS[BOB], BOB: RECIPIENTS[BOB]}, CONTEXT)
    encs = [one.enc for grants in everywhere for one in grants.grants]
    assert len(set(encs)) == len(encs)
    assert len({one.enc for one in same_key_twice.grants}) == 2


def test_the_key_is_nowhere_in_the_manifest() -> None:
    assert KEY.reveal().hex().encode() not in grant(KEY, RECIPIENTS, CONTEXT).to_bytes()


@pytest.mark.parametrize("other", OTHER_CONTEXTS)
def test_grants_cannot_be_replayed_to_another_deal(other: GrantContext) -> None:
    grants = grant(KEY, RECIPIENTS, CONTEXT)
    relabelled = grants.model_copy(update={"context": other})
    for forged in (grants, relabelled):
        with pytest.raises(SealError):
            open_grant(forged, MEMBERS[ALICE], ALICE, other)
    with pytest.raises(SealError):
        verify_grants(grants, KEY, RECIPIENTS, other)
    assert verify_grants(relabelled, KEY, RECIPIENTS, other) == list(RECIPIENTS)


def test_swapped_recipients_are_caught() -> None:
    grants = grant(KEY, RECIPIENTS, CONTEXT)
    of_bob = grant_of(grants, BOB)
    swapped = replaced(
        grants, ALICE, enc=of_bob.enc, ciphertext=of_bob.ciphertext, public_key=of_bob.public_key
    )
    with pytest.raises(SealError):
        open_grant(swapped, MEMBERS[ALICE], ALICE, CONTEXT)
    assert verify_grants(swapped, KEY, RECIPIENTS, CONTEXT) == [ALICE]
    with pytest.raises(SealError):  # Bob's bytes under Alice's name do not even open for Bob
        open_grant(swapped, MEMBERS[BOB], ALICE, CONTEXT)


def test_a_grant_to_somebody_elses_key_is_caught() -> None:
    """The customer grants Alice's seat to a key of its own."""
    mallory = X25519PrivateKey.generate()
    grants = grant(KEY, {**RECIPIENTS, ALICE: public_key(mallory)}, CONTEXT)
    assert verify_grants(grants, KEY, RECIPIENTS, CONTEXT) == [ALICE]
    with pytest.raises(SealError, match="another encryption key"):
        open_grant(grants, MEMBERS[ALICE], ALICE, CONTEXT)


def test_a_missing_grant_is_caught() -> None:
    grants = grant(KEY, {BOB: RECIPIENTS[BOB]}, CONTEXT)
    assert verify_grants(grants, KEY, RECIPIENTS, CONTEXT) == [ALICE, CAROL]
    with pytest.raises(SealError, match="no key grant"):
        open_grant(grants, MEMBERS[ALICE], ALICE, CONTEXT)


def test_a_grant_of_another_key_is_caught() -> None:
    """One member gets a key that does not open the artifact, under the right commitment."""
    wrong = grant_of(grant(ContentKey.generate(), RECIPIENTS, CONTEXT), ALICE)
    grants = replaced(grant(KEY, RECIPIENTS, CONTEXT), ALICE, enc=wrong.enc, ciphertext=wrong.ciphertext)
    with pytest.raises(SealError):
        open_grant(grants, MEMBERS[ALICE], ALICE, CONTEXT)
    assert verify_grants(grants, KEY, RECIPIENTS, CONTEXT) == [ALICE]
    with pytest.raises(SealError, match="another content key"):
        verify_grants(grants, ContentKey.generate(), RECIPIENTS, CONTEXT)


def test_a_key_other_than_the_one_committed_to_is_caught() -> None:
    """A grant made with full knowledge of the commitment, but holding another key."""
    info = _info(ALICE, KEY.hash, CONTEXT)
    enc, ciphertext = hpke.seal(RECIPIENTS[ALICE], X25519PrivateKey.generate(), bytes(32), info=info)
    forged = replaced(grant(KEY, RECIPIENTS, CONTEXT), ALICE, enc=enc.hex(), ciphertext=ciphertext.hex())
    with pytest.raises(SealError, match="another key than the one committed to"):
        open_grant(forged, MEMBERS[ALICE], ALICE, CONTEXT)


@settings(max_examples=200)
@given(st.data())
def test_every_changed_byte_is_caught(data: st.DataObject) -> None:
    grants = grant(KEY, RECIPIENTS, CONTEXT)
    field = data.draw(st.sampled_from(["public_key", "enc", "ciphertext"]))
    changed = bytearray.fromhex(getattr(grant_of(grants, BOB), field))
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    forged = replaced(grants, BOB, **{field: changed.hex()})
    assert verify_grants(forged, KEY, RECIPIENTS, CONTEXT) == [BOB]
    with pytest.raises(SealError):
        open_grant(forged, MEMBERS[BOB], BOB, CONTEXT)
    assert open_grant(forged, MEMBERS[ALICE], ALICE, CONTEXT) == KEY


def test_a_weak_public_key_gets_no_grant_and_has_no_complaint() -> None:
    weak = {**RECIPIENTS, CAROL: bytes(32)}
    with pytest.raises(SealError, match=CAROL):
        grant(KEY, weak, CONTEXT)
    grants = grant(KEY, {ALICE: RECIPIENTS[ALICE], BOB: RECIPIENTS[BOB]}, CONTEXT)
    assert verify_grants(grants, KEY, weak, CONTEXT) == []


def test_a_grant_needs_a_recipient() -> None:
    with pytest.raises(SealError):
        grant(KEY, {}, CONTEXT)
