"""What a question is about, found and opened for an evaluator, and the word that proves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from assay.errors import ChainError, InvalidCid, InvalidInput, ManifestError, SealError
from assay.manifests import DatasetManifest, Manifest, ModelManifest, SealedArtifact
from assay.manifests.reason import Code
from assay.market import Market
from assay.seal import ContentKey, open_artifact_into
from assay.seal.delivery import NOBODY, DeliveryContext, agreement, deliver
from assay.store.cid import Cid
from assay.structs import ZERO_ADDRESS
from assay.wallet.secp256k1 import Point
from assay_oracle.assignment import Assignment
from assay_oracle.errors import KeyAwaited, Unopenable
from assay_validation.scratch import Scratch, path_of

M = TypeVar("M", bound=Manifest)
_OPENED = keccak(text="assay opened v1")
_NO_KEY = bytes(32)
UNOPENABLE = (ManifestError, SealError, InvalidCid, InvalidInput)
"""Errors that are findings: the bytes were verified and are wrong, whoever served them."""


class OpenedMaterials:
    """The artifacts of one question; see :class:`assay_validation.evaluators.Materials`.

    Args:
        market: the market with the validator's wallet.
        assignment: whose question it is.
        scratch: where to put plaintext.
        max_bytes: the largest artifact that is opened.
    """

    def __init__(self, market: Market, assignment: Assignment, scratch: Scratch, max_bytes: int) -> None:
        self._market, self._assignment = market, assignment
        self._scratch, self._max_bytes = scratch, max_bytes
        self._opened: dict[int, Path] = {}

    @property
    def digests(self) -> tuple[bytes, ...]:
        """The digests of the artifacts' manifests."""
        return self._assignment.question.artifacts

    @property
    def beacon(self) -> str:
        """The hash of the block in which the question was asked, in hexadecimal.

        Whoever made the data and the models could not know it. Raises :class:`ChainError` if the endpoint
        does not show the block.
        """
        block = self._market.session.connection.find_block(self._assignment.asked)
        if block is None:
            raise ChainError(f"The RPC endpoint does not show block {self._assignment.asked}.")
        return block.hash.removeprefix("0x")

    def manifest(self, place: int, kind: type[M]) -> M:
        """The manifest of an artifact; raises :class:`StoreError` or :class:`Unopenable`."""
        with _blaming(place, Code.BAD_MANIFEST):
            return self._market.session.fetch(self._digest(place), kind)

    def open(self, place: int) -> Path:
        """An artifact's plaintext.

        Raises:
            KeyAwaited: its key has not been granted yet, but may still be.
            Unopenable: no grant opens it, or it does not open.
            ChainError: the endpoint does not show grants that must exist.
            StoreError: it cannot be fetched.
            OSError: this machine cannot store it.
        """
        if place not in self._opened:
            key, sealed, file = self._key(place), self._sealed(place), self._scratch.open()
            with _blaming(place, Code.DOES_NOT_OPEN):
                open_artifact_into(sealed, key, self._market.session.store, file, max_bytes=self._max_bytes)
            self._opened[place] = path_of(file)
        return self._opened[place]

    def fetch(self, cid: str) -> Path:
        """An unsealed file; raises :class:`StoreError`, :class:`InvalidCid` or OSError."""
        file = self._scratch.open()
        for piece in self._market.session.store.get(Cid.parse(cid), max_bytes=self._max_bytes):
            file.write(piece)
        file.flush()
        return path_of(file)

    def word(self, work: Manifest) -> bytes:
        """The word that proves that this member has opened what it was asked about, or that the key can be
        delivered.

        Nobody without the content keys can work it out. Raises as :meth:`open` does, and :class:`SealError`
        if the delivery key that the work names is not a usable point.
        """
        question, deployment = self._assignment.question, self._market.session.deployment
        if question.delivers:
            return self._delivery_word(work)
        keys = [
            _NO_KEY if granter == ZERO_ADDRESS else self._key(place).reveal()
            for place, granter in enumerate(question.granters)
        ]
        kinds = ["bytes32", "uint256", "address", "uint256", "bytes32[]"]
        rounds = deployment.address("Rounds")
        values = [_OPENED, deployment.chain_id, rounds, self._assignment.round_id, keys]
        return keccak(encode(kinds, values))

    def _delivery_word(self, work: Manifest) -> bytes:
        assignment, last = self._assignment, len(self.digests) - 1
        context = DeliveryContext(
            chain_id=self._market.session.deployment.chain_id,
            contract=assignment.market,
            deal_id=assignment.deal_id,
            recipient=_delivery_point(work),
        )
        sealed, key = self._sealed(last), self._key(last)
        self._market.session.store.pin(Cid.parse(sealed.cid))
        delivery, _ = deliver(key, context)
        return agreement(sealed.key_hash, sealed.ciphertext, delivery, context)

    def _key(self, place: int) -> ContentKey:
        key = self._market.keys.granted(self._assignment.round_id, place, self._sealed(place))
        if key is not None:
            return key
        if self._assignment.newcomer:
            raise KeyAwaited(f"The key of artifact {place} has not been granted yet.", place=place)
        self._require_grant(place)
        raise Unopenable(f"No grant opens artifact {place}.", place=place, code=Code.NOT_GRANTED)

    def _require_grant(self, place: int) -> None:
        """Check that the grant is there that Rounds required before it began the vote.

        Raises:
            ChainError: there is none, so logs are missing, and nothing can be said about the key.
        """
        question = self._assignment.question
        if question.granters[place] == ZERO_ADDRESS:
            return
        since = self._assignment.asked if question.fresh >> place & 1 else None
        granted = self._market.session.events.find(
            "Rounds", "KeysGranted", from_block=since, panelId=self._assignment.round_id
        )
        if all(event.arguments["artifact"] != place for event in granted):
            raise ChainError(f"The RPC endpoint does not show the grant of artifact {place}.")

    def _sealed(self, place: int) -> SealedArtifact:
        with _blaming(place, Code.BAD_MANIFEST):
            return sealed_artifact(self._market, self._digest(place))

    def _digest(self, place: int) -> bytes:
        if not 0 <= place < len(self.digests):
            raise SealError(f"The question has no artifact {place}.")
        return self.digests[place]


@contextmanager
def _blaming(place: int, code: Code) -> Iterator[None]:
    """Within the block, blame whatever does not open on the artifact at *place*."""
    try:
        yield
    except UNOPENABLE as error:
        raise Unopenable(error.message, place=place, code=code) from error


def sealed_artifact(market: Market, digest: bytes) -> SealedArtifact:
    """What the manifest with this *digest* says about its artifact.

    Raises:
        StoreError: it cannot be fetched.
        ManifestError, SealError: it is malformed, or does not describe a sealed artifact.
    """
    manifest = market.session.fetch_any(digest)
    if not isinstance(manifest, (DatasetManifest, ModelManifest)):
        raise SealError(f"A {manifest.kind} describes no sealed artifact.")
    return manifest.artifact


def _delivery_point(work: Manifest) -> Point:
    """The point to which the key is delivered; if the work delivers to nobody, the key is only attested."""
    return Point.parse(work.delivery_key) if hasattr(work, "delivery_key") else NOBODY
