"""Content keys of the account's own artifacts, and grants given and received. Nothing is stored locally.

The content key of an artifact is derived from its owner's wallet and a random salt, so the owner can recover
it at any time: the artifact's manifest names the salt, and the key's hash proves the derivation right.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assay.errors import AssayError, ManifestError, SealError, StoreError
from assay.manifests import GrantContext, KeyGrants, SealedArtifact
from assay.seal import ContentKey, grant, open_grant, seal_file
from assay.session import Session
from assay.structs import ZERO_ADDRESS, Artifact, views

_MAX_GRANTS_TRIED = 64
_NEWEST_OF_A_PARTY = 8


class Keys:
    """What one account can open, and can grant to others."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def seal(self, path: Path) -> tuple[SealedArtifact, ContentKey]:
        """Encrypt the file at *path* into storage under a key that the wallet can derive again.

        Raises:
            SealError: the file cannot be read.
            StoreError: the store failed; only ciphertext has left this process.
        """
        salt = secrets.token_hex(32)
        artifact, key = seal_file(path, self._session.store, key=self._derive(salt))
        return artifact.model_copy(update={"key_salt": salt}), key

    def own(self, artifact: SealedArtifact) -> ContentKey:
        """The key of an artifact that this wallet sealed; raises :class:`SealError` for any other."""
        key = self._derive(artifact.key_salt) if artifact.key_salt else None
        if key is None or key.hash != artifact.key_hash:
            raise SealError("This wallet has not sealed this artifact.", hint="Use its owner's wallet.")
        return key

    def audit_context(self, contract: str, number: int) -> GrantContext:
        """The context of a grant to the auditor of the opinion *number* in the contract *contract*."""
        deployment = self._session.deployment
        return GrantContext(
            chain_id=deployment.chain_id,
            contract=deployment.address(contract),
            deal_id=number,
            purpose="audit",
        )

    def panel_context(self, panel_id: int, artifact: int) -> GrantContext:
        """The context of a grant published with Rounds, for an artifact by its index in the question."""
        deployment = self._session.deployment
        return GrantContext(
            chain_id=deployment.chain_id,
            contract=deployment.address("Rounds"),
            deal_id=panel_id,
            purpose="panel",
            artifact=artifact,
        )

    def publish_grants(self, key: ContentKey, recipients: dict[str, bytes], context: GrantContext) -> bytes:
        """Wrap *key* for *recipients* (X25519 keys by address) and store this; the manifest's digest."""
        return self._session.publish(grant(key, recipients, context))

    def published(self, panel_id: int, artifact: int) -> Iterator[bytes]:
        """Digests of the key grants that were published with Rounds, each party's newest first.

        Only the newest few of each party, so that no party can bury another's.
        """
        by_party: dict[str, list[bytes]] = defaultdict(list)
        for event in self._session.events.find("Rounds", "KeysGranted", panelId=panel_id):
            if event.arguments["artifact"] == artifact:
                by_party[event.arguments["by"]].append(event.arguments["grants"])
        for digests in by_party.values():
            yield from list(dict.fromkeys(reversed(digests)))[:_NEWEST_OF_A_PARTY]

    def granted(self, panel_id: int, artifact: int, sealed: SealedArtifact) -> ContentKey | None:
        """The key of *sealed* from a grant to this account published with Rounds, or None if no grant opens.

        Raises:
            StoreError: no grant opens, and some published ones cannot be fetched.
        """
        missing: StoreError | None = None
        private_key, context = self._session.encryption_key(), self.panel_context(panel_id, artifact)
        for digest in self.published(panel_id, artifact):
            try:
                grants = self._session.fetch(digest, KeyGrants)
                if grants.key_hash == sealed.key_hash:
                    return open_grant(grants, private_key, self._session.address, context)
            except StoreError as error:
                missing = error
            except (ManifestError, SealError):
                continue  # one party's mistake or malice must not hide another's grant
        if missing is not None:
            raise missing
        return None

    def received(self, contract: str, number: int, kind: Artifact, artifact: SealedArtifact) -> ContentKey:
        """The key of *artifact* from the newest grant to this account, for an opinion, that opens.

        Args:
            contract: the contract in which the opinion has the number *number*.

        Raises:
            SealError: nobody has granted it.
        """
        private_key, context = self._session.encryption_key(), self.audit_context(contract, number)
        events = self._session.events.find(contract, "KeysGranted", id=number)
        digests = [event.arguments["grants"] for event in events if event.arguments["artifact"] == kind]
        for digest in list(dict.fromkeys(reversed(digests)))[:_MAX_GRANTS_TRIED]:
            try:
                grants = self._session.fetch(digest, KeyGrants)
                if grants.key_hash == artifact.key_hash:
                    return open_grant(grants, private_key, self._session.address, context)
            except AssayError:
                continue  # anybody's mistake or malice must not hide a grant that opens
        raise SealError(
            f"Nobody has granted {self._session.address} the key to this {kind.words}.",
            hint="It is granted to the auditor who was asked.",
        )

    def members(self, panel_id: int) -> dict[str, bytes]:
        """Encryption keys of a panel's present members, as snapshotted when they were seated."""
        panel = self._session.view(views.validation_oracle.panel(panel_id))
        keys: dict[str, bytes] = {}
        for event in self._session.events.find("ValidationOracle", "PanelSeated", panelId=panel_id):
            members, public_keys = event.arguments["members"], event.arguments["encryptionKeys"]
            keys |= zip(members, public_keys, strict=True)
        return {member: keys[member] for member in panel.members if member != ZERO_ADDRESS}

    def auditors(self, audit_id: int) -> dict[str, bytes]:
        """Encryption keys of all who were drawn for an audit."""
        seated = self._session.events.find("AuditRegistry", "AuditorSeated", auditId=audit_id)
        return {event.arguments["auditor"]: event.arguments["encryptionKey"] for event in seated}

    def _derive(self, salt: str) -> ContentKey:
        secret = self._session.encryption_key().private_bytes_raw()
        info = b"assay content key v2 " + bytes.fromhex(salt)
        return ContentKey(HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret))
