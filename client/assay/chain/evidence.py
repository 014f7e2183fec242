"""Proof that a transaction was mined, or that it never will be.

Endpoints lag behind each other and may lie. A receipt is accepted once the chain's block of that number has
the receipt's block hash and contains the transaction. A used nonce does not prove *which* transaction used
it; a block that contains a transaction signed by the account does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import rlp
from eth_account import Account
from eth_utils.crypto import keccak

from assay.chain.answers import Fields, octets
from assay.chain.connection import Connection


def proven_receipt(connection: Connection, tx_hash: str) -> Fields | None:
    """The receipt of a transaction, or None while there is none that the chain's blocks confirm.

    Raises:
        ChainError: the endpoint gives no usable answer, or does not know the receipt's block.
    """
    receipt = connection.receipt(tx_hash)
    if receipt is None:
        return None
    try:
        number, block_hash = int(receipt["blockNumber"]), "0x" + receipt["blockHash"].hex()
        named, success = "0x" + receipt["transactionHash"].hex(), int(receipt["status"]) == 1
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    block, transactions = connection.transactions(number)
    hashes = [_hash(transaction) for transaction in transactions]
    if named != tx_hash or (block.number, block.hash) != (number, block_hash) or tx_hash not in hashes:
        return None
    # a failed transaction emits no logs
    if not success and tx_hash in connection.emitters(block_hash):
        return None
    return receipt


def holder(connection: Connection, account: str, nonce: int, *, since: int) -> str | None:
    """The hash of the mined transaction that used a nonce of *account*, or None if none can be found.

    Args:
        since: number of a block in which the nonce was still unused.

    Raises:
        ChainError: an endpoint gives no usable answer, or no longer has a block's state.
    """
    low, high = since, connection.block_number()
    if high < low or connection.nonce(account, block=high) <= nonce:
        return None
    while low < high:  # the first block after which the nonce is used
        middle = (low + high) // 2
        if connection.nonce(account, block=middle) > nonce:
            high = middle
        else:
            low = middle + 1
    _, transactions = connection.transactions(low)
    for transaction in transactions:
        if _signed_by(transaction) == (account.lower(), nonce, _hash(transaction)):
            return _hash(transaction)
    return None


def _hash(transaction: Mapping[str, Any]) -> str | None:
    found = transaction.get("hash") if isinstance(transaction, Mapping) else None
    return "0x" + found.hex() if isinstance(found, bytes) else None


def _signed_by(transaction: Mapping[str, Any]) -> tuple[str, int, str] | None:
    """Signer, nonce and hash, derived from the signature; None for a type that wallets do not send."""
    try:
        raw = _encoded(transaction)
        sender = str(Account.recover_transaction(raw)).lower()
        return sender, int(transaction["nonce"]), "0x" + keccak(raw).hex()
    except Exception:  # untrusted bytes: on malformed fields the libraries may raise anything
        return None


def _encoded(transaction: Mapping[str, Any]) -> bytes:
    kind = int(transaction.get("type", 0))
    names: tuple[str, ...] = ("gas", "to", "value", "input")
    if kind == 0:
        body = [_field(transaction, name) for name in ("nonce", "gasPrice", *names, "v", "r", "s")]
        return bytes(rlp.encode(body))
    if kind != 2:
        raise ValueError(kind)
    fees = ("maxPriorityFeePerGas", "maxFeePerGas")
    head = [_field(transaction, name) for name in ("chainId", "nonce", *fees, *names)]
    accesses = [
        [octets(access["address"]), [octets(key) for key in access["storageKeys"]]]
        for access in transaction.get("accessList", ())
    ]
    signature = [_field(transaction, name) for name in ("v", "r", "s")]
    return b"\x02" + bytes(rlp.encode([*head, accesses, *signature]))


def _field(transaction: Mapping[str, Any], name: str) -> Any:
    value = transaction[name]
    if name in ("r", "s"):  # numbers, which some nodes pad
        return int(value, 16)
    if name in ("to", "input"):
        return b"" if value is None else octets(value)
    return int(value)
