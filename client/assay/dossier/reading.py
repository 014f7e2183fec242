"""The chain as it was at the end of one block, and the manifests that it names.

Everything is read from events, which every node keeps, or from values that contracts write only once. So the
same block always gives the same answers, without an archive node.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from eth_utils.address import to_canonical_address

from assay.chain import Event
from assay.dossier.parts import (
    Block,
    Content,
    Enclosure,
    Place,
)
from assay.errors import ArtifactNotFound, ManifestError, StoreError
from assay.manifests import Manifest, parse
from assay.session import Session
from assay.store.cid import cid_of_block

_MAX_ENCLOSED = 8 * 1024 * 1024
_NOTHING = bytes(32)


class Reading:
    """Reads at *block*.

    Args:
        session: the market.
        block: nothing later is read.
        enclosed: blocks of manifests already available, by digest; the others are fetched from the store.
        lenient: treat a store that does not answer as one that does not have it.
    """

    def __init__(
        self,
        session: Session,
        block: Block,
        *,
        enclosed: Mapping[str, bytes] | None = None,
        lenient: bool = False,
    ) -> None:
        self.session, self.block = session, block
        self._times = {block.number: block.at}
        self._enclosed, self._lenient = enclosed or {}, lenient
        self._documents: dict[str, Enclosure] = {}
        self._size = 0

    def find(self, contract: str, name: str, **indexed: Any) -> Iterator[Event]:
        """Like :meth:`EventReader.find`, up to the block."""
        return self.session.events.find(contract, name, to_block=self.block.number, **indexed)

    def last(self, contract: str, name: str, *, before: Event, **indexed: Any) -> Event | None:
        """The last event *name* that came before *before*."""
        found = self.session.events.find(contract, name, to_block=before.block, **indexed)
        earlier = [event for event in found if _order(event) < _order(before)]
        return earlier[-1] if earlier else None

    def about(self, contract: str, account: str) -> list[Event]:
        """All events of *contract* whose first indexed argument is *account*."""
        topic = to_canonical_address(account).rjust(32, b"\0")
        return self.until(self.session.events.about(contract, topic))

    def until(self, events: Iterable[Event]) -> list[Event]:
        """Those of *events* that are not after the block."""
        return [event for event in events if event.block <= self.block.number]

    def place(self, event: Event) -> Place:
        """Where an event is."""
        return Place(block=event.block, at=self.time(event.block), transaction=event.tx_hash)

    def time(self, number: int) -> int:
        """Unix seconds of a block."""
        if number not in self._times:
            self._times[number] = self.session.connection.block_time(number)
        return self._times[number]

    def enclose(self, digest: bytes, kind: type[Manifest]) -> Content | None:
        """Add the manifest with this digest to the documents; returns its content, if it can be fetched."""
        name = digest.hex()
        if digest == _NOTHING:
            return None
        if name not in self._documents:
            self._documents[name] = self._fetch(name, digest, kind)
        return self._documents[name].content

    def documents(self) -> tuple[Enclosure, ...]:
        """All that was enclosed, by digest."""
        return tuple(self._documents[name] for name in sorted(self._documents))

    def _fetch(self, name: str, digest: bytes, kind: type[Manifest]) -> Enclosure:
        try:
            block = self._enclosed.get(name) or self.session.store.get_block(cid_of_block(digest))
            content = parse(block, kind)
        except ArtifactNotFound:
            return Enclosure(digest=name, state="not found", content=None)
        except StoreError:
            if not self._lenient:
                raise
            return Enclosure(digest=name, state="not found", content=None)
        except ManifestError:
            return Enclosure(digest=name, state="malformed", content=None)
        self._size += len(block)
        if self._size > _MAX_ENCLOSED:
            return Enclosure(digest=name, state="too large", content=None)
        return Enclosure(digest=name, state="enclosed", content=content)  # type: ignore[arg-type]


def _order(event: Event) -> tuple[int, int]:
    return event.block, event.log_index
