"""Licences: offers, sales, and sellers' bonds. Offers and sales are stored on-chain as hashes of these."""

from __future__ import annotations

from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from assay.manifests.fields import Address
from assay.structs.base import Amount, Bytes32, Choice, Struct

_OFFER = "(bytes32,bytes32,bytes32,address,uint96,uint96,uint32,uint16,uint16,uint8,uint32,uint96)"
_TERMS = f"({_OFFER},address,uint8,uint16,address,address,uint32,uint32,uint32)"
_SALE = "(bytes32,address,address,uint96,uint96,uint16,uint32,uint48,bytes32)"
_STATE_BITS = 8


class SaleState(Choice):
    """What a sale is waiting for."""

    NONE = 0
    BOUGHT = 1
    DELIVERED = 2
    COLLECTED = 3
    REFUNDED = 4


class Purpose(Choice):
    """What a licence may be used for."""

    USE = 0
    SERVE = 1
    DERIVE = 2
    RESEARCH = 3


class LicenceOffer(Struct):
    """What a seller offers."""

    good: Bytes32
    licence: Bytes32
    """Digest of the Licence manifest."""
    agreement: Bytes32
    """Digest of a text that the buyer must have signed; zero if there is none."""
    token: Address
    price: Amount
    """Price of each seat."""
    bond: Amount
    """Bond behind each sale in flight; at most the sale's price is used."""
    term: int
    """Seconds from the delivery for which a licence lasts; 0 for no limit."""
    seats: int
    """The most seats in one sale."""
    purposes: int
    """Bitmap."""
    audience: int
    """Bitmap over roles, one of which a buyer must hold; 0 for everybody."""
    royalty_ppm: int
    """Royalty owed on sales of a model derived under this licence."""
    royalty_floor: Amount
    """The minimum royalty for each of their seats."""


class LicenceTerms(Struct):
    """An offer with the conditions at the time it was made, which apply to a sale whatever changes later."""

    offer: LicenceOffer
    seller: Address
    jurisdiction: int
    edition: int
    royalties: Address
    """Where the royalties to its ancestors are stored; zero if there are none."""
    treasury: Address
    fee_ppm: int
    delivery_window: int
    """Seconds."""
    challenge_window: int
    """Seconds."""

    @property
    def hash(self) -> bytes:
        """The hash that the contract stores."""
        return _hash(_TERMS, self)


class Joining(Struct):
    """How an account joins with its first order; zero if it has already joined."""

    jurisdiction: int = 0
    encryption_key: Bytes32 = bytes(32)


class CurvePoint(Struct):
    """A point of secp256k1."""

    x: int
    y: int


class LicenceOrder(Struct):
    """What a buyer orders."""

    offer_id: int
    terms: LicenceTerms
    delivery_key: CurvePoint
    seats: int
    joining: Joining = Joining()


class LicenceSale(Struct):
    """A sale as it stands."""

    terms: Bytes32
    seller: Address
    holder: Address
    price: Amount
    """Price of all seats."""
    bond: Amount
    """The seller's bond."""
    seats: int
    challenge_window: int
    """Seconds."""
    at: int
    """A state and its deadline, as packed by the contract."""
    kept: Bytes32
    """The delivery's context; after the delivery, the commitment to it."""

    @property
    def state(self) -> SaleState:
        """What it is waiting for."""
        return SaleState(self.at & ((1 << _STATE_BITS) - 1))

    @property
    def deadline(self) -> int:
        """Deadline of the state, Unix seconds; for a licence, the end of the challenge period."""
        return self.at >> _STATE_BITS

    @property
    def hash(self) -> bytes:
        """The hash that the contract stores."""
        return _hash(_SALE, self)

    def entered(self, state: SaleState, deadline: int) -> LicenceSale:
        """The sale after entering a state."""
        return self.model_copy(update={"at": deadline << _STATE_BITS | state})


class Derivation(Struct):
    """The right by which a parent in the lineage was used."""

    sale_id: int
    """Number of a licence to derive; 0 if the parent is the seller's own."""
    sale: LicenceSale
    terms: LicenceTerms


class BondAccount(Struct):
    """A seller's bond in one token."""

    bond: Amount
    locked: Amount
    """Part that backs sales in flight."""
    sales: int
    """So far."""
    open: bool

    @property
    def free(self) -> int:
        """What is available to back new sales."""
        return self.bond - self.locked


def _hash(kind: str, struct: Struct) -> bytes:
    return keccak(encode([kind], [_values(struct.to_abi())]))


def _values(fields: Any) -> Any:
    return tuple(_values(value) for value in fields.values()) if isinstance(fields, dict) else fields
