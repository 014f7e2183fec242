"""What a market says to a delivery and to its refutation, by textbook arithmetic on secp256k1.

Written from `docs/protocol.md` and apart from the SDK. Points are pairs of integers, None is infinity.
Each verdict is the name of the contract's error, "" where it accepts.
"""

from hashlib import sha256
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
Pair = tuple[int, int]


def on_curve(point: Pair) -> bool:
    """Whether both coordinates are field elements that satisfy the equation."""
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - x * x * x - 7) % P == 0


def add(a: Pair | None, b: Pair | None) -> Pair | None:
    """The group's law, all cases."""
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    if a == b:
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def multiply(scalar: int, point: Pair | None) -> Pair | None:
    """Double and add."""
    total = None
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point, scalar = add(point, point), scalar >> 1
    return total


def context(chain: int, contract: str, deal: int, recipient: Pair) -> bytes:
    """What binds a delivery to its deal."""
    return _hash(
        "context", ("uint256", "address", "uint256", "(uint256,uint256)"), chain, contract, deal, recipient
    )


def key_hash(key: bytes) -> bytes:
    """By which a content key is known."""
    return sha256(b"assay content key v1\x00" + key).digest()


def masked(key: bytes, about: bytes, shared: Pair) -> bytes:
    """The key under the mask of a shared secret, and back."""
    mask = _hash("mask", ("bytes32", "uint256"), about, shared[0])
    return bytes(a ^ b for a, b in zip(key, mask, strict=True))


def agreement(about: bytes, ephemeral: Pair, cipher: bytes, key: bytes, ciphertext: bytes) -> bytes:
    """The word on which a panel agrees; *key* and *ciphertext* are the hashes of both."""
    kinds = ("bytes32", "((uint256,uint256),bytes32)")
    commitment = _hash("commitment", kinds, about, (ephemeral, cipher))
    return _hash("agreement", ("bytes32",) * 3, key, ciphertext, commitment)


def delivered(about: bytes, ephemeral: Pair, cipher: bytes, proof: Pair) -> str:
    """What `deliver` says; *proof* is challenge and response."""
    if not on_curve(ephemeral) or not 0 < ephemeral[0] < N:
        return "InvalidPoint"
    challenge, response = proof
    if not (0 < challenge < N and 0 < response < N):
        return "PossessionNotProven"
    witness = add(multiply(response, G), multiply(challenge, ephemeral))
    if witness is None or challenge != possession_challenge(about, ephemeral, cipher, witness):
        return "PossessionNotProven"
    return ""


def possession_challenge(about: bytes, ephemeral: Pair, cipher: bytes, witness: Pair) -> int:
    """The hash that the sender cannot foresee."""
    kinds = ("bytes32", "((uint256,uint256),bytes32)", "address")
    return (
        int.from_bytes(_hash("possession", kinds, about, (ephemeral, cipher), _address(witness)), "big") % N
    )


def refuted(
    about: bytes, recipient: Pair, ephemeral: Pair, cipher: bytes, agreed: bytes, proof: tuple[Any, ...]
) -> str:
    """What `refute` says of a delivery that was accepted; *proof* in the order of the contract's struct."""
    shared, challenge, response, left, right, inverse = proof
    if not on_curve(shared) or not 0 < shared[0] < N:
        return "InvalidPoint"
    if not (0 < challenge < N and 0 < response < N):
        return "RefutationNotProven"
    witness = add(multiply(response, G), multiply(challenge, recipient))
    first, second = multiply(response, ephemeral), multiply(challenge, shared)
    total = add(first, second)
    if witness is None or total is None or (left, right) != (first, second):
        return "RefutationNotProven"
    if (right[0] - left[0]) * inverse % P != 1:
        return "RefutationNotProven"
    if challenge != refutation_challenge(about, recipient, ephemeral, shared, witness, total):
        return "RefutationNotProven"
    return "KeyIsRight" if key_hash(masked(cipher, about, shared)) == agreed else ""


def refutation_challenge(
    about: bytes, recipient: Pair, ephemeral: Pair, shared: Pair, witness: Pair, total: Pair
) -> int:
    """The hash that the recipient cannot foresee."""
    point = "(uint256,uint256)"
    kinds = ("bytes32", point, point, point, "address", point)
    said = _hash("refutation", kinds, about, recipient, ephemeral, shared, _address(witness), total)
    return int.from_bytes(said, "big") % N


def _address(point: Pair) -> bytes:
    return keccak(encode(["uint256", "uint256"], point))[12:]


def _hash(purpose: str, kinds: tuple[str, ...], *values: object) -> bytes:
    return keccak(encode(["bytes32", *kinds], [keccak(f"assay delivery {purpose} v1".encode()), *values]))
