"""Verifying an untrusted dossier; nothing in it is taken for granted.

The verifier trusts its own node, its own deployment file and the hash function. It collects the dossier of
the same model at the same block anew, from events, and checks each claim against what it finds; a manifest
proves itself by its digest, which the chain names. The contracts' storage must agree with their events.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from assay.dossier.collect import collect
from assay.dossier.compare import Claim, Mark, compare
from assay.dossier.document import Bundle, Dossier, read_bundle
from assay.dossier.signed import claims_of_reports
from assay.dossier.slots import claims_of_slots, claims_since
from assay.errors import InvalidInput, ManifestError, WalletError
from assay.session import Session
from assay.wallet import eip712


@dataclass(frozen=True)
class Verification:
    """The result for every claim.

    Attributes:
        claims: the claims, in the order of the dossier.
        issuer: who signed; None if nobody did or the signature is somebody else's.
    """

    claims: tuple[Claim, ...]
    issuer: str | None

    @property
    def holds(self) -> bool:
        """Whether no claim differs from the chain. A claim that could not be checked is not a difference."""
        return not self.count("differs")

    def count(self, mark: Mark) -> int:
        """How many claims have this mark."""
        return sum(1 for claim in self.claims if claim.mark == mark)


def verify(session: Session, content: bytes) -> Verification:
    """Check every claim in the file's *content*; raises as :meth:`assay.dossier.dossiers.Dossiers.verify`."""
    bundle = read_bundle(content)
    signature = _signature(bundle)
    claims = (_form(bundle, content), signature, *_claims(session, bundle.dossier))
    return Verification(claims, bundle.issuer if signature.mark == "holds" else None)


def _claims(session: Session, said: Dossier) -> Iterator[Claim]:
    head = session.connection.block_number()
    if said.block.number > head:
        yield Claim("Market", f"Block {said.block.number}", "differs", f"the chain has {head} blocks")
        yield Claim("Model", "All that follows", "unchecked", "there is no such block")
        return
    try:
        found = collect(session, said.model, block=said.block.number, enclosed=_genuine(said), lenient=True)
    except InvalidInput as error:
        yield Claim("Model", f"Model {said.model}", "differs", error.message)
        return
    yield from compare(said, found)
    yield from claims_of_reports(found)
    yield from claims_of_slots(session, found)
    yield from claims_since(session, found)


def _form(bundle: Bundle, content: bytes) -> Claim:
    digest = bundle.dossier.digest().hex()
    if bundle.to_bytes() == content:
        return Claim("File", f"Canonical JSON (RFC 8785), digest {digest}", "holds")
    return Claim(
        "File", "Canonical JSON (RFC 8785)", "differs", "the file is spelled otherwise; its digest is another"
    )


def _signature(bundle: Bundle) -> Claim:
    if bundle.issuer is None and bundle.signature is None:
        return Claim("File", "Issuer", "unchecked", "nobody has signed this dossier")
    text = f"Signed by {bundle.issuer}"
    try:
        signer = eip712.signer_of(bundle.typed_data(), bytes.fromhex(bundle.signature or ""))
    except (InvalidInput, WalletError) as error:
        return Claim("File", text, "differs", error.message)
    if signer != bundle.issuer:
        return Claim("File", text, "differs", f"the signature is that of {signer}, or of another dossier")
    return Claim("File", text, "holds")


def _genuine(said: Dossier) -> dict[str, bytes]:
    """The enclosed manifests that match their digests."""
    genuine = {}
    for one in said.documents:
        try:
            block = one.content.to_bytes() if one.content else b""
        except ManifestError:
            continue
        if hashlib.sha256(block).hexdigest() == one.digest:
            genuine[one.digest] = block
    return genuine
