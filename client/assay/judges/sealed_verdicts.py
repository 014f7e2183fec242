"""Verdicts of an audit stay sealed until every auditor has given one, so that none can copy another's."""

from __future__ import annotations

from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assay.chain import Call, Receipt
from assay.errors import InvalidInput, ManifestError, SealError, StoreError
from assay.manifests import AuditReport, parse
from assay.manifests.audit_report import scope_bits
from assay.session import Session
from assay.store import MAX_MANIFEST_BYTES
from assay.store.cid import cid_of_block
from assay.wallet import eip712

_NAME = "AuditRegistry"
_INFO = b"assay sealed report v1"
_LEAST_BYTES = 1 << 16  # of a padded report; hardly any report is larger
_TAG_BYTES = 16
_MOST_BYTES = MAX_MANIFEST_BYTES - 64  # so that the copy, with its tag, is still one block


def is_copy(block: bytes) -> bool:
    """Whether *block* has the length of a sealed report's copy; nothing else about it can be known."""
    size = len(block) - _TAG_BYTES
    return size == _MOST_BYTES or (_LEAST_BYTES <= size < _MOST_BYTES and size.bit_count() == 1)


class SealedVerdicts:
    """Seals the account's verdicts, and opens them.

    The salt is derived from the wallet each time (`Wallet.verdict_salt`). The report is published with the
    seal, encrypted under a key derived from the salt, and padded, because its length would reveal whether it
    found anything. So the wallet is enough to open the verdict from any machine, and no file has to be kept.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def seal(self, audit_id: int, seat: int, report: AuditReport) -> Receipt:
        """Seal the verdict of *report*, once.

        Raises:
            ManifestError: the report is too long.
            StoreError: its copy cannot be stored; nothing was sent.
            ContractError: a conflict of interest, no seat, no accreditation, too late, or already sealed.
        """
        self._session.store.put_block(self._copy(audit_id, report))
        return self._session.send_call(self._sealing(audit_id, seat, report))

    def resume(self, audit_id: int, seat: int, report: AuditReport) -> Receipt | None:
        """The receipt of sealing this verdict in a command that did not finish, or None if there is none."""
        return self._session.transactor.resume(self._sealing(audit_id, seat, report))

    def open(self, audit_id: int, seat: int, report: AuditReport) -> Receipt:
        """Publish *report* and post its verdict, only after the opening has started, as this reveals it.

        Raises:
            StoreError: it cannot be stored; nothing was sent.
            ContractError: it is not what was sealed, too late, or already posted.
        """
        digest, salt = self._session.publish(report), self._salt(audit_id)
        approve, covered = report.verdict == "approved", scope_bits(report.scopes)
        return self._session.send(_NAME, "post", audit_id, seat, approve, digest, covered, salt)

    def is_sealed(self, audit_id: int, seal: bytes, report: AuditReport) -> bool:
        """Whether *seal* is the seal of *report*."""
        return self._seal(audit_id, report) == seal

    def find(self, audit_id: int) -> AuditReport:
        """The report behind the account's sealed verdict, from its copy.

        Raises:
            InvalidInput: the account has sealed nothing.
            SealError: another wallet sealed it, or the copy is damaged.
            StoreError: the copy cannot be fetched.
        """
        found = self._session.events.find(
            _NAME, "VerdictSealed", auditId=audit_id, auditor=self._session.address, newest_first=True
        )
        event = next(found, None)
        if event is None:
            raise InvalidInput(f"This account has sealed no verdict in audit {audit_id}.")
        seal = event.arguments["sealedVerdict"]
        again = (
            f"Post it from the file that was sealed: assay audit post {audit_id} ASSESSMENT.json --approve."
        )
        try:
            copy = self._session.store.get_block(cid_of_block(event.arguments["copy"]))
            report = parse(unpad(cipher(self._salt(audit_id)).decrypt(copy, [seal])), AuditReport)
        except (InvalidTag, ManifestError, ValueError) as error:
            raise SealError(
                f"The copy of your report in audit {audit_id} does not open: another wallet has sealed it, "
                "or it was damaged.",
                hint=again,
            ) from error
        except StoreError as error:
            raise StoreError(error.message, hint=again) from error
        return report

    def _sealing(self, audit_id: int, seat: int, report: AuditReport) -> Call:
        digest, seal = sha256(self._copy(audit_id, report)).digest(), self._seal(audit_id, report)
        return self._session.contract(_NAME).call("sealVerdict", audit_id, seat, seal, digest)

    def _copy(self, audit_id: int, report: AuditReport) -> bytes:
        """Deterministic, so that a command that was killed can resume where it was."""
        return cipher(self._salt(audit_id)).encrypt(pad(report.to_bytes()), [self._seal(audit_id, report)])

    def _seal(self, audit_id: int, report: AuditReport) -> bytes:
        chain_id, registry = self._session.deployment.chain_id, self._session.deployment.address(_NAME)
        return eip712.sealed_verdict_hash(
            chain_id,
            registry,
            audit_id,
            self._session.address,
            approve=report.verdict == "approved",
            report=report.digest(),
            scopes=scope_bits(report.scopes),
            salt=self._salt(audit_id),
        )

    def _salt(self, audit_id: int) -> bytes:
        chain_id, registry = self._session.deployment.chain_id, self._session.deployment.address(_NAME)
        return self._session.wallet.verdict_salt(chain_id, registry, audit_id)


def cipher(salt: bytes) -> AESSIV:
    """The cipher that seals the report of a verdict with this *salt*; the seal is the associated data."""
    return AESSIV(HKDF(algorithm=SHA256(), length=64, salt=None, info=_INFO).derive(salt))


def pad(report: bytes) -> bytes:
    """*report* padded to a power of two (ISO/IEC 7816-4); raises :class:`ManifestError` if too large."""
    if len(report) >= _MOST_BYTES:
        raise ManifestError(
            f"A report of {len(report)} bytes is too long to be sealed; the most is {_MOST_BYTES - 1}.",
            hint="Shorten what its findings say.",
        )
    size = max(_LEAST_BYTES, 1 << len(report).bit_length())
    return (report + b"\x80").ljust(min(size, _MOST_BYTES), b"\0")


def unpad(padded: bytes) -> bytes:
    """The report without its padding; raises :class:`ValueError`."""
    report, end = padded.rstrip(b"\0")[:-1], padded.rstrip(b"\0")[-1:]
    if end != b"\x80":
        raise ValueError("it is not padded")
    return report
