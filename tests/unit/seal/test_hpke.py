import pytest
from cryptography.hazmat.primitives import hpke as reference
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import SealError
from assay.seal import hpke, open_message, seal_message

SUITE = reference.Suite(reference.KEM.X25519, reference.KDF.HKDF_SHA256, reference.AEAD.CHACHA20_POLY1305)

# RFC 7748 section 6.1 and https://cr.yp.to/ecdh.html#validate: all points of low order, also in encodings
# that are not reduced modulo 2^255 - 19 or have the ignored top bit set
ORDER_8 = (
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
)
P = 2**255 - 19
REDUCED = [int.from_bytes(bytes.fromhex(point), "little") for point in ORDER_8] + [0, 1, P - 1, P, P + 1]
LOW_ORDER = [(u + top).to_bytes(32, "little") for u in REDUCED for top in (0, 2**255)]

keys = st.binary(min_size=32, max_size=32).map(X25519PrivateKey.from_private_bytes)


def private(text: str) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(bytes.fromhex(text))


def test_sealing_matches_the_rfc() -> None:
    """RFC 9180, appendix A.2.1 (base mode, X25519, HKDF-SHA256, ChaCha20-Poly1305), sequence number 0."""
    enc, ciphertext = hpke.seal(
        bytes.fromhex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"),
        private("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600"),
        bytes.fromhex("4265617574792069732074727574682c20747275746820626561757479"),
        info=bytes.fromhex("4f6465206f6e2061204772656369616e2055726e"),
        aad=bytes.fromhex("436f756e742d30"),
    )
    assert enc.hex() == "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"
    assert ciphertext.hex() == (
        "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"
    )


def test_the_rfc_recipient_has_the_rfc_key() -> None:
    recipient = private("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")
    assert (
        hpke.public_key(recipient).hex() == "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"
    )


@given(recipient=keys, ephemeral=keys, plaintext=st.binary(max_size=200), info=st.binary(max_size=100))
def test_both_implementations_understand_each_other(
    recipient: X25519PrivateKey, ephemeral: X25519PrivateKey, plaintext: bytes, info: bytes
) -> None:
    enc, ciphertext = hpke.seal(hpke.public_key(recipient), ephemeral, plaintext, info=info)
    assert SUITE.decrypt(enc + ciphertext, recipient, info) == plaintext
    assert hpke.open_sealed(recipient, enc, ciphertext, info=info) == plaintext
    theirs = SUITE.encrypt(plaintext, recipient.public_key(), info)
    assert hpke.open_sealed(recipient, theirs[:32], theirs[32:], info=info) == plaintext


@given(st.data())
def test_a_changed_message_does_not_open(data: st.DataObject) -> None:
    recipient = X25519PrivateKey.generate()
    enc, ciphertext = hpke.seal(
        hpke.public_key(recipient), X25519PrivateKey.generate(), b"secret", info=b"deal 1"
    )
    changed = bytearray(enc + ciphertext)
    position = data.draw(st.integers(0, len(changed) - 1))
    changed[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealError):
        hpke.open_sealed(recipient, bytes(changed[:32]), bytes(changed[32:]), info=b"deal 1")
    with pytest.raises(SealError):
        hpke.open_sealed(recipient, enc, ciphertext[: data.draw(st.integers(0, 21))], info=b"deal 1")
    with pytest.raises(SealError):
        hpke.open_sealed(recipient, enc, ciphertext, info=b"deal 2")
    with pytest.raises(SealError):
        hpke.open_sealed(X25519PrivateKey.generate(), enc, ciphertext, info=b"deal 1")


@pytest.mark.parametrize("point", LOW_ORDER, ids=bytes.hex)
def test_low_order_points_are_refused(point: bytes) -> None:
    with pytest.raises(SealError):
        hpke.check_public_key(point)
    with pytest.raises(SealError):
        hpke.seal(point, X25519PrivateKey.generate(), b"secret", info=b"")
    with pytest.raises(SealError):
        hpke.open_sealed(X25519PrivateKey.generate(), point, bytes(48), info=b"")


@pytest.mark.parametrize("key", [b"", b"\x09" + bytes(30), b"\x09" + bytes(32)])
def test_what_is_no_public_key_is_refused(key: bytes) -> None:
    with pytest.raises(SealError):
        hpke.check_public_key(key)


@given(keys)
def test_every_other_key_is_accepted_in_any_spelling(key: X25519PrivateKey) -> None:
    usual = hpke.public_key(key)
    hpke.check_public_key(usual)
    hpke.check_public_key(usual[:31] + bytes([usual[31] | 0x80]))
    hpke.check_public_key(b"\xff" * 32)


def test_a_message_opens_for_its_reader_and_purpose() -> None:
    reader = X25519PrivateKey.generate()
    message = seal_message(b"score 0.9614", hpke.public_key(reader), purpose=b"request 1")
    assert open_message(message, reader, purpose=b"request 1") == b"score 0.9614"
    with pytest.raises(SealError):
        open_message(message, reader, purpose=b"request 2")
    with pytest.raises(SealError):
        open_message(message, X25519PrivateKey.generate(), purpose=b"request 1")


def test_a_message_has_a_largest_size() -> None:
    reader = X25519PrivateKey.generate()
    longest = bytes(65_520)
    assert (
        open_message(seal_message(longest, hpke.public_key(reader), purpose=b""), reader, purpose=b"")
        == longest
    )
    with pytest.raises(SealError):
        seal_message(longest + b"x", hpke.public_key(reader), purpose=b"")
