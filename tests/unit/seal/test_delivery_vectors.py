"""`tests/vectors/delivery.json`: the SDK makes exactly these, and so does the textbook reference."""

import json
from typing import Any

import delivery_vectors
import pytest
from reference import keyexchange as textbook

from assay.seal.delivery import Delivery, Possession, Refutation
from assay.wallet.secp256k1 import Point

FILE: dict[str, Any] = json.loads(delivery_vectors.PATH.read_text())
BASE = FILE["deliveries"][0]


def number(text: str) -> int:
    return int(text, 16)


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def point(entry: dict[str, str]) -> Point:
    return Point(number(entry["x"]), number(entry["y"]))


def sent(entry: dict[str, Any]) -> Delivery:
    return Delivery(point(entry["ephemeral"]), raw(entry["masked"]))


def possession(entry: dict[str, str]) -> Possession:
    return Possession(number(entry["challenge"]), number(entry["response"]))


def refutation(entry: dict[str, Any]) -> Refutation:
    return Refutation(
        point(entry["shared"]),
        number(entry["challenge"]),
        number(entry["response"]),
        point(entry["ephemeralMultiple"]),
        point(entry["sharedMultiple"]),
        number(entry["inverse"]),
    )


def test_the_file_is_what_the_sdk_makes() -> None:
    assert delivery_vectors.vectors() == FILE, "the protocol has changed: python tests/delivery_vectors.py"


@pytest.mark.parametrize("entry", FILE["deliveries"], ids=lambda entry: str(entry["number"]))
def test_the_textbook_agrees(entry: dict[str, Any]) -> None:
    about = textbook.context(
        entry["chainId"], entry["contract"], number(entry["dealId"]), point(entry["recipient"])
    )
    b, e, key = number(entry["b"]), number(entry["e"]), raw(entry["contentKey"])
    delivered = sent(entry["delivery"])
    shared = textbook.multiply(b * e % textbook.N, textbook.G)
    assert about == raw(entry["context"])
    assert textbook.multiply(b, textbook.G) == point(entry["recipient"])
    assert textbook.multiply(e, textbook.G) == delivered.ephemeral
    assert textbook.masked(key, about, shared) == delivered.masked
    assert textbook.key_hash(key) == raw(entry["keyHash"])
    assert textbook.delivered(about, *delivered, possession(entry["possession"])) == ""
    hashes = raw(entry["keyHash"]), raw(entry["ciphertextSha256"])
    assert textbook.agreement(about, *delivered, *hashes) == raw(entry["agreement"])
    shown, recipient = refutation(entry["refutation"]), point(entry["recipient"])
    assert shown.shared == shared
    assert textbook.refuted(about, recipient, *delivered, bytes(32), shown) == ""
    assert textbook.refuted(about, recipient, *delivered, raw(entry["keyHash"]), shown) == "KeyIsRight"


@pytest.mark.parametrize("entry", FILE["refused"], ids=lambda entry: entry["what"])
def test_the_textbook_refuses(entry: dict[str, Any]) -> None:
    about, recipient = raw(BASE["context"]), point(BASE["recipient"])
    if "recipient" in entry:
        bad = point(entry["recipient"])
        error = "" if textbook.on_curve(bad) and 0 < bad.x < textbook.N else "InvalidPoint"
    elif "delivery" in entry:
        error = textbook.delivered(about, *sent(entry["delivery"]), possession(entry["possession"]))
    else:
        delivered = sent(BASE["delivery"])
        error = textbook.refuted(about, recipient, *delivered, bytes(32), refutation(entry["refutation"]))
    assert error == entry["error"]
