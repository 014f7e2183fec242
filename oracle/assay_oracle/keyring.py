"""The keys that others have granted to this validator, found among all that the parties have published."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from assay.errors import ManifestError, SealError, StoreError
from assay.keys import Purpose
from assay.manifests import KeyGrants, SealedArtifact
from assay.market import Market
from assay.seal import ContentKey, verify_grants
from assay.structs import Artifact, Submission
from assay_oracle.deal import MARKET, Deal

_NEWEST_OF_A_PARTY = 8  # so that no party can bury what another one has published
PURPOSES: dict[Artifact, Purpose] = {Artifact.DATASET: "dataset", Artifact.MODEL: "model"}


class Keyring:
    """Opens grants, and sees who has got one."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def find(self, deal: Deal, artifact: Artifact, sealed: SealedArtifact) -> ContentKey | None:
        """The content key of *sealed* by a grant to this account that opens; none when there is none.

        Raises:
            StoreError: none opens, and some that were published cannot be had.
        """
        missing: StoreError | None = None
        for digest in self._published(deal, artifact):
            try:
                grants = self._market.session.fetch(digest, KeyGrants)
                if grants.key_hash == sealed.key_hash:
                    return self._market.keys.open(grants, deal.number, PURPOSES[artifact], deal.contract)
            except StoreError as error:
                missing = error
            except (ManifestError, SealError):
                continue  # one party's mistake or malice must not hide another's grant
        if missing is not None:
            raise missing
        return None

    def ungranted(
        self,
        deal: Deal,
        artifact: Artifact,
        purpose: Purpose,
        key: ContentKey,
        recipients: dict[str, bytes],
    ) -> dict[str, bytes]:
        """Those of *recipients* (X25519 keys by address) for whom no right grant of *key* is published."""
        context = self._market.keys.context(deal.number, purpose, deal.contract)
        left = dict(recipients)
        for digest in self._published(deal, artifact):
            if not left:
                break
            try:
                grants = self._market.session.fetch(digest, KeyGrants)
                wronged = verify_grants(grants, key, left, context)
            except (StoreError, ManifestError, SealError):
                continue
            left = {address: left[address] for address in wronged}
        return left

    def _published(self, deal: Deal, artifact: Artifact) -> Iterator[bytes]:
        """Digests of key grants, the newest first."""
        events = self._market.session.events
        by_party: dict[str, list[bytes]] = defaultdict(list)
        for event in events.find(deal.contract, "KeysGranted", id=deal.number):
            if event.arguments["artifact"] == artifact:
                by_party[event.arguments["by"]].append(event.arguments["grants"])
        if artifact == Artifact.MODEL and deal.contract == MARKET:
            for event in reversed(list(events.find(MARKET, "ModelSubmitted", id=deal.number))):
                yield Submission.model_validate(event.arguments["submission"]).grants
        for digests in by_party.values():
            yield from list(dict.fromkeys(reversed(digests)))[:_NEWEST_OF_A_PARTY]
