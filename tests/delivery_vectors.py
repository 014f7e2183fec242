"""The test vectors of deliveries: `python tests/delivery_vectors.py` writes `tests/vectors/delivery.json`.

Both implementations are held against the file, so it changes only when the protocol does. Numbers are 32
bytes in hex.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from assay.seal import ContentKey, delivery
from assay.seal.delivery import Delivery, DeliveryContext, DeliveryKey, Possession, Refutation
from assay.wallet import secp256k1
from assay.wallet.secp256k1 import N, P, Point

PATH = Path(__file__).parent / "vectors" / "delivery.json"
MARKETS = ("0x5FbDB2315678afecb367f032d93F642f64180aa3", "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512")
KEYS = (bytes(range(32)), bytes(32), b"\xff" * 32)
DEALS = ((31337, 7), (1, 0), (2**64 - 1, 2**256 - 1))
FLAT = Point(0x1FE1E5EF3FCEB5C135AB7741333CE5A6E80D68167653F6B2B24BCBCFAAAFF507, 1)
BEYOND = Point(N, 0x98F66641CB0AE1776B463EBDEE3D77FE2658F021DB48E2C8AC7AB4C92F83621E)  # on the curve


def vectors() -> dict[str, Any]:
    """Deliveries with all that leads to them, and what has to be refused of the first."""
    made = [_made(number) for number in range(6)]
    return {"deliveries": [_entry(*one) for one in made], "refused": list(_refused(*made[0]))}


def _made(number: int) -> tuple[bytes, int, DeliveryContext, ContentKey]:
    seed = hashlib.sha256(b"seed" + bytes([number])).digest()
    chain, deal = DEALS[number % 3]
    market = MARKETS[number % 2]
    point = DeliveryKey.derive(seed, chain, market, number).point
    return seed, number, DeliveryContext(chain, market, deal, point), ContentKey(KEYS[number % 3])


def _entry(seed: bytes, number: int, context: DeliveryContext, key: ContentKey) -> dict[str, Any]:
    own = DeliveryKey.derive(seed, context.chain_id, context.contract, number)
    sent, proof = delivery.deliver(key, context)
    ciphertext = hashlib.sha256(key.reveal()).hexdigest()
    return {
        "seed": _hex(seed),
        "number": number,
        "chainId": context.chain_id,
        "contract": context.contract,
        "dealId": _hex(context.deal_id),
        "b": _hex(own._secret),
        "recipient": _point(context.recipient),
        "context": _hex(context.digest),
        "contentKey": _hex(key.reveal()),
        "keyHash": "0x" + key.hash,
        "ciphertextSha256": "0x" + ciphertext,
        "e": _hex(delivery._scalar(key.reveal(), b"assay delivery ephemeral v1\x00" + context.digest)),
        "delivery": _delivery(sent),
        "possession": {"challenge": _hex(proof.challenge), "response": _hex(proof.response)},
        "commitment": _hex(delivery.commitment(sent, context)),
        "agreement": _hex(delivery.agreement(key.hash, ciphertext, sent, context)),
        "refutation": _refutation(delivery.refute(sent, proof, own, context, "00" * 32)),
    }


def _refused(seed: bytes, number: int, context: DeliveryContext, key: ContentKey) -> Any:
    own = DeliveryKey.derive(seed, context.chain_id, context.contract, number)
    sent, proof = delivery.deliver(key, context)
    right = delivery.refute(sent, proof, own, context, "00" * 32)
    for what, point in _bad_points(context.recipient):
        yield {"what": f"delivery key {what}", "recipient": _point(point), "error": "InvalidPoint"}
    for what, point in _bad_points(sent.ephemeral):
        yield _deliver(f"E {what}", sent._replace(ephemeral=point), proof, "InvalidPoint")
    for what, changed, by in _bad_possessions(sent, proof):
        yield _deliver(what, changed, by, "PossessionNotProven")
    for what, point in _bad_points(right.shared):
        yield _refute(f"S {what}", right._replace(shared=point), "InvalidPoint")
    for what, shown in _bad_refutations(right):
        yield _refute(what, shown, "RefutationNotProven")


def _bad_points(point: Point) -> list[tuple[str, Point]]:
    return [
        ("as zeros", Point(0, 0)),
        ("with x as the order, which is on the curve", BEYOND),
        ("written in a second way", Point(FLAT.x, FLAT.y + P)),
        ("off the curve by one", Point(point.x, point.y ^ 1)),
        ("with its coordinates exchanged", Point(point.y, point.x)),
        ("of the largest numbers", Point(2**256 - 1, 2**256 - 1)),
    ]


def _bad_possessions(sent: Delivery, proof: Possession) -> list[tuple[str, Delivery, Possession]]:
    challenge, response = proof
    return [
        ("another masked key", sent._replace(masked=bytes(32)), proof),
        ("-E for E", sent._replace(ephemeral=secp256k1.negative(sent.ephemeral)), proof),
        ("another point for E", sent._replace(ephemeral=secp256k1.times_base(2)), proof),
        ("possession: response 0", sent, Possession(challenge, 0)),
        ("possession: response of the order", sent, Possession(challenge, N)),
        ("possession: response off by one", sent, Possession(challenge, response ^ 1)),
        ("possession: challenge 0", sent, Possession(0, response)),
        ("possession: challenge off by one", sent, Possession(challenge ^ 1, response)),
        ("possession: challenge and response exchanged", sent, Possession(response, challenge)),
    ]


def _bad_refutations(right: Refutation) -> list[tuple[str, Refutation]]:
    left, multiple = right.ephemeral_multiple, right.shared_multiple
    return [
        ("-S for S", right._replace(shared=secp256k1.negative(right.shared))),
        ("another point for S", right._replace(shared=secp256k1.times_base(2))),
        ("challenge 0", right._replace(challenge=0)),
        ("challenge of the order", right._replace(challenge=N)),
        ("challenge off by one", right._replace(challenge=right.challenge ^ 1)),
        ("response 0", right._replace(response=0)),
        ("response of the order", right._replace(response=N)),
        ("response off by one", right._replace(response=right.response ^ 1)),
        ("response negated", right._replace(response=N - right.response)),
        ("multiple of E negated", right._replace(ephemeral_multiple=secp256k1.negative(left))),
        ("multiple of S negated", right._replace(shared_multiple=secp256k1.negative(multiple))),
        ("multiple of E with zero y", right._replace(ephemeral_multiple=Point(left.x, 0))),
        ("multiples exchanged", right._replace(ephemeral_multiple=multiple, shared_multiple=left)),
        ("equal multiples", right._replace(shared_multiple=left, inverse=0)),
        ("inverse 0", right._replace(inverse=0)),
        ("inverse off by one", right._replace(inverse=right.inverse ^ 1)),
    ]


def _deliver(what: str, sent: Delivery, proof: Possession, error: str) -> dict[str, Any]:
    possession = {"challenge": _hex(proof.challenge), "response": _hex(proof.response)}
    return {"what": what, "delivery": _delivery(sent), "possession": possession, "error": error}


def _refute(what: str, shown: Refutation, error: str) -> dict[str, Any]:
    return {"what": what, "refutation": _refutation(shown), "error": error}


def _delivery(sent: Delivery) -> dict[str, Any]:
    return {"ephemeral": _point(sent.ephemeral), "masked": _hex(sent.masked)}


def _refutation(shown: Refutation) -> dict[str, Any]:
    return {
        "shared": _point(shown.shared),
        "challenge": _hex(shown.challenge),
        "response": _hex(shown.response),
        "ephemeralMultiple": _point(shown.ephemeral_multiple),
        "sharedMultiple": _point(shown.shared_multiple),
        "inverse": _hex(shown.inverse),
    }


def _point(point: Point) -> dict[str, str]:
    return {"x": _hex(point.x), "y": _hex(point.y)}


def _hex(value: int | bytes) -> str:
    return "0x" + (value if isinstance(value, bytes) else value.to_bytes(32, "big")).hex()


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(json.dumps(vectors(), indent=1) + "\n")
