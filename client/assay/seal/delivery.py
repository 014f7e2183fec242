"""Content keys handed over on-chain with a proof: the counterpart of ``contracts/kernel/KeyExchange.sol``.

The recipient of a deal names a :class:`DeliveryKey`. A holder of the content key makes the delivery, which is
always the same, and the recipient opens it. If the recipient finds a key other than the one agreed on, it
refutes the delivery with a proof that shows the contract what it sees. ``docs/protocol.md`` has the formulas.

The named tuples have the field order of Solidity's structs, so they can be passed to a contract directly.
"""

import secrets
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from eth_abi.abi import encode
from eth_abi.exceptions import EncodingError
from eth_utils.crypto import keccak

from assay.errors import SealError, WrongKeyDelivered
from assay.seal.key import ContentKey
from assay.wallet import secp256k1
from assay.wallet.secp256k1 import N, P, Point

_POINT = "(uint256,uint256)"
_DELIVERY = f"({_POINT},bytes32)"


class Delivery(NamedTuple):
    """What the sender publishes: E = e·G and the masked key c (32 bytes)."""

    ephemeral: Point
    masked: bytes


class Possession(NamedTuple):
    """The sender's proof that it knows e."""

    challenge: int
    response: int


class Refutation(NamedTuple):
    """The recipient's proof that it and E share this secret, with values that save the contract work."""

    shared: Point
    challenge: int
    response: int
    ephemeral_multiple: Point
    shared_multiple: Point
    inverse: int


def _nobodys_point() -> Point:
    """The first usable point at or after a hash (try and increment), so nobody knows its secret."""
    x = int.from_bytes(keccak(text="assay nobody's delivery key v1"), "big")
    while True:
        square = (x**3 + 7) % P
        y = pow(square, (P + 1) // 4, P)  # a root where there is one: P is 3 modulo 4
        if 0 < x < N and y * y % P == square:
            return Point(x, min(y, P - y))
        x = (x + 1) % P


NOBODY = _nobodys_point()
"""The delivery key used when a panel only attests an artifact, so that nobody can open the delivery."""


@dataclass(frozen=True)
class DeliveryContext:
    """What a delivery is for; it binds the delivery, which cannot be reused for anything else.

    Raises:
        SealError: from :attr:`digest`, if *recipient* is not a usable point or another value is malformed.
    """

    chain_id: int
    contract: str
    deal_id: int
    recipient: Point
    """The delivery key B, as stored in the contract."""

    @property
    def digest(self) -> bytes:
        """The 32 bytes that a market without a panel stores until the delivery."""
        secp256k1.check_point(self.recipient)
        kinds = ["uint256", "address", "uint256", _POINT]
        return _hash("context", kinds, [self.chain_id, self.contract, self.deal_id, self.recipient])


class DeliveryKey:
    """The secret b of a recipient, one for each deal; hidden from ``repr`` and pickle."""

    __slots__ = ("_secret", "point")

    def __init__(self, secret: int) -> None:
        self._secret = secret
        self.point = secp256k1.times_base(secret)
        """B = b·G, which the recipient names when it opens the deal."""
        secp256k1.check_point(self.point)

    @classmethod
    def derive(cls, seed: bytes, chain_id: int, contract: str, number: int) -> "DeliveryKey":
        """The key of one deal, which can be derived again at any time.

        Args:
            seed: 32 secret bytes: ``Wallet.delivery_seed``, or any bytes that the recipient has backed up, as
                contract and MPC wallets need, because they sign differently each time.
            chain_id: the market's chain id.
            contract: the market's address.
            number: the recipient's own count of deals with that market, from 0, because the deal's id is not
            known in advance.

        Raises:
            SealError: a seed of another size, or a malformed value.
        """
        if len(seed) != 32:
            raise SealError("The seed of delivery keys has 32 bytes.")
        bound = _encoded(["uint256", "address", "uint256"], [chain_id, contract, number])
        return cls(_scalar(seed, b"assay delivery key v1\x00" + bound))

    @classmethod
    def generate(cls) -> "DeliveryKey":
        """A fresh key, which cannot be derived again; for tests, and for callers that store it themselves."""
        return cls(secp256k1.scalar_from(secrets.token_bytes(secp256k1.SCALAR_BYTES)))

    def __repr__(self) -> str:
        return f"DeliveryKey({self.point.x:#066x})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a delivery key cannot be pickled or copied")


def deliver(content_key: ContentKey, context: DeliveryContext) -> tuple[Delivery, Possession]:
    """The delivery of *content_key*. Every holder of that key computes the same bytes.

    Raises:
        SealError: the recipient's key is not a usable point, so nothing can be delivered to it.
    """
    about, key = context.digest, content_key.reveal()
    secret = _scalar(key, b"assay delivery ephemeral v1\x00" + about)
    mask = _mask(about, secp256k1.shared_x(secret, context.recipient))
    delivery = Delivery(secp256k1.times_base(secret), _xor(key, mask))
    secp256k1.check_point(delivery.ephemeral)
    bound = about + delivery.masked  # one nonce per delivery: two answers with one would reveal e
    nonce = _scalar(_bytes(secret), b"assay delivery possession nonce v1\x00" + bound)
    challenge = _possession_challenge(about, delivery, secp256k1.address_of(secp256k1.times_base(nonce)))
    return delivery, Possession(challenge, secp256k1.response(nonce, challenge, secret))


def check_delivery(delivery: Delivery, proof: Possession, context: DeliveryContext) -> None:
    """Raise :class:`SealError` unless the contract would accept the delivery, which may hold a wrong key."""
    _check_form(delivery)
    witness = _combination(delivery.ephemeral, proof.challenge, proof.response)
    if witness is None or proof.challenge != _possession_challenge(context.digest, delivery, witness):
        raise SealError("The sender of this delivery has not proven that it made it itself.")


def open_delivery(
    delivery: Delivery, key: DeliveryKey, context: DeliveryContext, key_hash: str
) -> ContentKey:
    """The content key that was delivered; *key_hash* as in the artifact's manifest (64 hex digits).

    Raises:
        WrongKeyDelivered: it is a wrong key, so refute it in time.
        SealError: the delivery is for another delivery key, or not a delivery at all.
    """
    _require_own(key, context)
    _check_form(delivery)
    shared = secp256k1.shared_x(key._secret, delivery.ephemeral)
    opened = ContentKey(_xor(delivery.masked, _mask(context.digest, shared)))
    if not _is_hash_of(opened, key_hash):
        raise WrongKeyDelivered(
            "The delivered key is not the one that was agreed on.",
            hint="Refute the delivery before its window ends.",
        )
    return opened


def refute(
    delivery: Delivery, proof: Possession, key: DeliveryKey, context: DeliveryContext, key_hash: str
) -> Refutation:
    """Prove that *delivery* does not hold the key with the hash *key_hash*; the proof is public.

    Raises:
        SealError: the key is right, so a proof would make it public; the delivery is for another delivery
            key; or its sender did not make it, so the proof could open somebody else's delivery.
    """
    check_delivery(delivery, proof, context)
    try:
        open_delivery(delivery, key, context, key_hash)
    except WrongKeyDelivered:
        return _prove(delivery.ephemeral, key, context)
    raise SealError(
        "The delivered key is right; a refutation would fail and make the key public.",
        hint="Open the delivery.",
    )


def check_refutation(
    refutation: Refutation, delivery: Delivery, context: DeliveryContext, key_hash: str
) -> None:
    """Raise :class:`SealError` unless the contract would accept the refutation of *delivery*."""
    about, ephemeral = context.digest, delivery.ephemeral
    _check_form(delivery)
    secp256k1.check_point(refutation.shared)
    witness = _combination(context.recipient, refutation.challenge, refutation.response)
    if witness is None or not _adds_up(refutation, ephemeral):
        raise SealError("The refutation proves nothing.")
    total = secp256k1.add(refutation.ephemeral_multiple, refutation.shared_multiple)
    if refutation.challenge != _refutation_challenge(context, ephemeral, refutation.shared, witness, total):
        raise SealError("The refutation proves nothing.")
    opened = _xor(delivery.masked, _mask(about, refutation.shared.x))
    if _is_hash_of(ContentKey(opened), key_hash):
        raise SealError("The delivered key is right: there is nothing to refute.")


def commitment(delivery: Delivery, context: DeliveryContext) -> bytes:
    """The 32 bytes that a market without a panel stores after the delivery; part of an agreed word."""
    return _hash("commitment", ["bytes32", _DELIVERY], [context.digest, delivery])


def agreement(key_hash: str, ciphertext: str, delivery: Delivery, context: DeliveryContext) -> bytes:
    """The word by which a panel agrees on a delivery; a refutation must present it too.

    Both digests are as in the artifact's manifest.
    """
    values = [_digest(key_hash), _digest(ciphertext), commitment(delivery, context)]
    return _hash("agreement", ["bytes32"] * 3, values)


def _prove(ephemeral: Point, key: DeliveryKey, context: DeliveryContext) -> Refutation:
    secret = key._secret
    bound = context.digest + _bytes(ephemeral.x) + _bytes(ephemeral.y)
    nonce = _scalar(_bytes(secret), b"assay delivery refutation nonce v1\x00" + bound)
    shared = secp256k1.multiply(secret, ephemeral)
    witness = secp256k1.address_of(secp256k1.times_base(nonce))
    second = secp256k1.multiply(nonce, ephemeral)
    challenge = _refutation_challenge(context, ephemeral, shared, witness, second)
    answer = secp256k1.response(nonce, challenge, secret)
    left, right = secp256k1.multiply(answer, ephemeral), secp256k1.multiply(challenge, shared)
    return Refutation(shared, challenge, answer, left, right, pow(right.x - left.x, -1, P))


def _adds_up(refutation: Refutation, ephemeral: Point) -> bool:
    left, right = refutation.ephemeral_multiple, refutation.shared_multiple
    return (
        left == secp256k1.multiply(refutation.response, ephemeral)
        and right == secp256k1.multiply(refutation.challenge, refutation.shared)
        and (right.x - left.x) * refutation.inverse % P == 1
    )


def _combination(point: Point, challenge: int, response: int) -> bytes | None:
    """The address of response · G + challenge · point, or None if ``ecrecover`` gives none."""
    if not (0 < challenge < N and 0 < response < N):
        return None
    total = secp256k1.add(secp256k1.times_base(response), secp256k1.multiply(challenge, point))
    return None if total is None else secp256k1.address_of(total)


def _possession_challenge(about: bytes, delivery: Delivery, witness: bytes) -> int:
    digest = _hash("possession", ["bytes32", _DELIVERY, "address"], [about, delivery, witness])
    return int.from_bytes(digest, "big") % N


def _refutation_challenge(
    context: DeliveryContext, ephemeral: Point, shared: Point, witness: bytes, second: Point | None
) -> int:
    kinds = ["bytes32", _POINT, _POINT, _POINT, "address", _POINT]
    values = [context.digest, context.recipient, ephemeral, shared, witness, second]
    return int.from_bytes(_hash("refutation", kinds, values), "big") % N


def _mask(about: bytes, shared_x: int) -> bytes:
    return _hash("mask", ["bytes32", "uint256"], [about, shared_x])


def _hash(purpose: str, kinds: list[str], values: list[Any]) -> bytes:
    tag = keccak(text=f"assay delivery {purpose} v1")
    return keccak(_encoded(["bytes32", *kinds], [tag, *values]))


def _encoded(kinds: list[str], values: list[Any]) -> bytes:
    try:
        return encode(kinds, values)
    except EncodingError as error:
        raise SealError(f"A chain id, address or number is malformed: {error}") from None


def _scalar(secret: bytes, info: bytes) -> int:
    """HKDF-SHA256 without salt (RFC 5869), reduced."""
    derivation = HKDF(algorithm=SHA256(), length=secp256k1.SCALAR_BYTES, salt=None, info=info)
    return secp256k1.scalar_from(derivation.derive(secret))


def _check_form(delivery: Delivery) -> None:
    secp256k1.check_point(delivery.ephemeral)
    if len(delivery.masked) != 32:
        raise SealError("A masked key has 32 bytes.")


def _require_own(key: DeliveryKey, context: DeliveryContext) -> None:
    if key.point != context.recipient:
        raise SealError("The delivery is for another delivery key than this one.")


def _is_hash_of(key: ContentKey, key_hash: str) -> bool:
    """Compares bytes, lest the spelling of the hash make a right key look wrong and get it published."""
    return bytes.fromhex(key.hash) == _digest(key_hash)


def _digest(text: str) -> bytes:
    try:
        digest = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        digest = b""
    if len(digest) != 32:
        raise SealError("A hash is 64 hexadecimal digits.")
    return digest


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def _bytes(number: int) -> bytes:
    return number.to_bytes(32, "big")
