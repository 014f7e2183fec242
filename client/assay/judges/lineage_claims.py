"""`market.lineage_claims`: claims that a model was made from another one without declaring it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from assay.chain import Call, Receipt
from assay.deal.round_step import NextStep
from assay.errors import InvalidInput
from assay.escrow import Escrow
from assay.judges.disputes import Claim, Disputes, Opened
from assay.judges.lineage_standing import Added, Standing
from assay.manifests import LineageEvidence, ModelManifest
from assay.manifests.trigger_set import MAX_EVIDENCE_BYTES, WatermarkClaim
from assay.session import Session
from assay.store.cid import Cid
from assay.structs import Ground, LineageClaim, LineageClaimState, LineageTerms, views
from assay.words.amounts import check_amount

CONTRACT = "LineageClaims"
MAX_PPM = 300_000
"""The most that all ancestors together may take."""
_BOND_IN_JURIES = 2  # as in the contract
_SMALLEST_POOL = 9  # jurors, for a jury of three, which may be at most a third of them


@dataclass(frozen=True)
class Claimed:
    """A claim that has been made."""

    claim_id: int
    receipt: Receipt


class LineageClaims:
    """Claims of lineage, for one account as owner of a parent or a child. Amounts are base units."""

    def __init__(self, session: Session, escrow: Escrow, disputes: Disputes) -> None:
        self._session, self._escrow, self._disputes = session, escrow, disputes

    # OWNERS OF PARENTS

    def set_terms(self, good: bytes, ppm: int, floor: int = 0, *, token: str | None = None) -> Receipt:
        """Set, once and for all, what is owed by models that are made from *good* without a licence.

        Args:
            ppm: share of the price of each sale.
            floor: the minimum for each seat.
            token: the token of the floor and of the claims' bonds; the payment token by default.

        Raises:
            InvalidInput: more than 30 %, or zero.
            ContractError: not the owner, not listed, or the terms are already set.
        """
        if not 0 <= ppm <= MAX_PPM or check_amount(floor) + ppm == 0:
            raise InvalidInput("Terms name a share of 30 % at most, a floor, or both.")
        address = token or self._session.deployment.tokens.payment
        return self._session.send(CONTRACT, "setTerms", good, address, ppm, floor)

    def terms_of(self, good: bytes) -> LineageTerms | None:
        """What a model demands of those made from it, or None if its terms are not set."""
        terms = self._session.view(views.lineage_claims.terms_of(good))
        return terms if terms.since else None

    def bond(self, token: str) -> int:
        """The bond that each side of a claim puts up now."""
        return _BOND_IN_JURIES * self._session.view(views.policy.token_rule(token)).appeal_bond

    def require_claimable(self, parent: bytes, child: bytes) -> LineageTerms:
        """The parent's terms, provided that a claim makes sense; finds faults before they cost money.

        Raises:
            InvalidInput: the parent has no terms, the child already names it, or there are too few jurors for
                a jury.
            StoreError, ManifestError: the child's manifest cannot be fetched.
        """
        terms = self.terms_of(parent)
        if terms is None:
            raise InvalidInput(
                f"{parent.hex()} says nothing of what a model owes that is made from it without a licence.",
                hint="Its owner sets its terms: `assay lineage terms`. They count for models listed later.",
            )
        if parent.hex() in self._session.fetch(child, ModelManifest).lineage.parents:
            raise InvalidInput(
                f"The lineage of {child.hex()} names {parent.hex()}: nothing is missing.",
                hint="What it owes is what the licence says that it was made under.",
            )
        pool = self._session.view(views.court.pool_size())
        if pool < _SMALLEST_POOL:
            raise InvalidInput(
                f"The court has {pool} jurors, and a jury needs a pool of {_SMALLEST_POOL}.",
                hint="Wait until there are more: a claim that no jury can judge loses its bond.",
            )
        return terms

    def claim(
        self,
        parent: bytes,
        child: bytes,
        claim: Claim,
        *,
        watermark: Path | None = None,
        at_most: int | None = None,
    ) -> Claimed:
        """Claim that *child* was made from *parent*, with a bond from the escrow balance.

        The balance is topped up if it is too small. All evidence becomes public, and anyone who reads a
        published watermark can remove it.

        Args:
            watermark: the file written by `assay model claim make`.
            at_most: the most that the bond may be, base units.

        Raises:
            InvalidInput: it makes no sense (see :meth:`require_claimable`), the watermark belongs to another
                model or file, or the bond is more than *at_most*.
            StoreError: the evidence cannot be published.
            ContractError: not the parent's owner, the child was listed before the terms, or already claimed.
        """
        purpose = f"claim that {child.hex()} was made from {parent.hex()}"
        earlier = self._session.resume(CONTRACT, "claim", purpose)
        if earlier is not None:
            return _claimed(earlier)
        terms = self.require_claimable(parent, child)
        bond = self.bond(terms.token)
        if at_most is not None and bond > at_most:
            costs = self._escrow.token(terms.token).format(bond)
            raise InvalidInput(f"The bond is {costs}, which is more than was agreed to.")
        evidence = self._publish(parent, child, claim, watermark)
        call = self._session.contract(CONTRACT).call("claim", parent, child, evidence)
        return _claimed(self._send(replace(call, purpose=purpose), bond, terms.token))

    def pursue(self, claim_id: int, claim: Claim) -> Opened:
        """As the claimant, have a jury judge a claim that was denied or not answered, and pay for its ruling.

        Raises:
            InvalidInput: it is not the right time, or the account is not a party to it.
            ContractError: too few jurors, or too little money.
        """
        earlier = self._disputes.resume(claim_id, CONTRACT)
        if earlier is not None:
            return earlier
        found, now = self.claim_of(claim_id), self._session.now()
        if self._session.address not in (found.claimant, found.respondent):
            raise InvalidInput(
                f"{self._session.address} has no part in claim {claim_id}.",
                hint=f"Its claimant pursues it: {found.claimant}.",
            )
        if found.state != LineageClaimState.CHALLENGE or now >= found.deadline:
            raise InvalidInput(
                f"Claim {claim_id} is {found.state.words}: no jury can be asked now.",
                hint=f"`assay lineage show {claim_id}` says what it waits for.",
            )
        return self._disputes.open(claim_id, Ground.BREACH, claim, contract=CONTRACT)

    # OWNERS OF CHILDREN

    def deny(self, claim_id: int, claim: Claim, *, at_most: int | None = None) -> Receipt:
        """As the child's owner, deny a claim in time, with the same bond as the claimant's.

        Raises:
            InvalidInput: the bond is more than *at_most*.
            ContractError: not the child's owner, or not the right time.
        """
        purpose = f"denial of claim {claim_id}"
        earlier = self._session.resume(CONTRACT, "deny", purpose)
        if earlier is not None:
            return earlier
        found = self.claim_of(claim_id)
        if at_most is not None and found.bond > at_most:
            costs = self._escrow.token(found.token).format(found.bond)
            raise InvalidInput(f"The bond is {costs}, which is more than was agreed to.")
        if found.state != LineageClaimState.CLAIMED:
            raise InvalidInput(
                f"Claim {claim_id} is {found.state.words}: it is too late to deny it.",
                hint=f"`assay lineage show {claim_id}` says what it waits for.",
            )
        evidence = self._publish(found.parent, found.child, claim, None)
        call = self._session.contract(CONTRACT).call("deny", claim_id, evidence)
        return self._send(replace(call, purpose=purpose), found.bond, found.token)

    def admit(self, claim_id: int) -> Receipt:
        """As the child's owner, admit a claim before it goes to a jury; each side gets its bond back.

        Raises:
            ContractError: not the child's owner, not the right time, or other claims about it are open.
        """
        return self._session.send(CONTRACT, "admit", claim_id)

    # ANYBODY

    def settle(self, claim_id: int) -> Receipt:
        """Reject a claim that was not taken to a jury in time; raises :class:`ContractError` before that."""
        return self._session.send(CONTRACT, "settle", claim_id)

    def claim_of(self, claim_id: int) -> LineageClaim:
        """A claim as stored in the contract; raises :class:`ContractError` if there is none."""
        return self._session.view(views.lineage_claims.claim_of(claim_id))

    def get(self, claim_id: int) -> Standing:
        """A claim with its terms, evidence and outcome; raises :class:`ContractError` if there is none."""
        events, market = self._session.events, self._session.deployment.address(CONTRACT)
        found, made, denied, upheld, dispute = self._session.together(
            lambda: self.claim_of(claim_id),
            lambda: next(events.find(CONTRACT, "LineageClaimed", id=claim_id), None),
            lambda: next(events.find(CONTRACT, "ClaimDenied", id=claim_id), None),
            lambda: next(events.find(CONTRACT, "ClaimUpheld", id=claim_id), None),
            lambda: next(events.find("Disputes", "DisputeOpened", market=market, dealId=claim_id), None),
        )
        said = upheld.arguments if upheld else {}
        return Standing(
            claim_id=claim_id,
            claim=found,
            terms=self._session.view(views.lineage_claims.terms_of(found.parent)),
            evidence=tuple(bytes(one.arguments["evidence"]) for one in (made, denied) if one),
            added=Added(said["admitted"], said["ppm"], said["floor"]) if upheld else None,
            dispute_id=dispute.arguments["id"] if dispute else None,
        )

    def list(self, *, parent: bytes | None = None, child: bytes | None = None) -> Iterator[Standing]:
        """Claims, newest first: all, or those about a parent or a child."""
        made = self._session.events.find(
            CONTRACT, "LineageClaimed", newest_first=True, parent=parent, child=child
        )
        return self._session.each(lambda event: self.get(event.arguments["id"]), made)

    def next_step(self, claim_id: int) -> NextStep:
        """Who has to do what by when, in words."""
        return self.get(claim_id).next_step(self._session.now())

    def read(self, standing: Standing, digest: bytes) -> LineageEvidence:
        """Fetch and check one side's evidence.

        Raises:
            InvalidInput: it is about other models.
            StoreError, ManifestError: it cannot be fetched, or is malformed.
        """
        found, claim = self._session.fetch(digest, LineageEvidence), standing.claim
        about = (self._session.deployment.chain_id, claim.parent.hex(), claim.child.hex())
        if (found.chain_id, found.parent, found.child) != about:
            raise InvalidInput("It is evidence about other models.")
        return found

    def fetch_watermark(self, claim_id: int, dest: Path) -> None:
        """Write the claimant's watermark evidence to *dest*, for `assay model claim check`.

        Raises:
            InvalidInput: the claimant published none, or *dest* exists.
            StoreError, ManifestError: it cannot be fetched.
        """
        standing = self.get(claim_id)
        shown = self.read(standing, standing.evidence[0]).watermark
        if shown is None:
            raise InvalidInput(f"The evidence of claim {claim_id} holds no watermark.")
        if dest.exists():
            raise InvalidInput(f"{dest} exists; evidence is never overwritten.")
        self._session.store.fetch_to(Cid.parse(shown), dest, max_bytes=MAX_EVIDENCE_BYTES)

    # HELPERS

    def _publish(self, parent: bytes, child: bytes, claim: Claim, watermark: Path | None) -> bytes:
        shown = None
        if watermark is not None:
            self._require_about(WatermarkClaim.load(watermark), parent, child)
            shown = str(self._session.store.put_file(watermark))
        return self._session.publish(
            LineageEvidence(
                chain_id=self._session.deployment.chain_id,
                parent=parent.hex(),
                child=child.hex(),
                party=self._session.address,
                claim=claim.claim,
                statement=claim.statement,
                exhibits=claim.exhibits,
                watermark=shown,
            )
        )

    def _require_about(self, evidence: WatermarkClaim, parent: bytes, child: bytes) -> None:
        if evidence.model != parent.hex():
            raise InvalidInput(f"The evidence is about the watermark of {evidence.model}.")
        sold = self._session.fetch(child, ModelManifest).artifact.plaintext_sha256
        if evidence.suspect_sha256 != sold:
            raise InvalidInput(
                f"The evidence is about another file than the one that is sold under {child.hex()}.",
                hint="Test the file that you got by a licence: jurors compare it with the manifest.",
            )

    def _send(self, call: Call, bond: int, token: str) -> Receipt:
        return self._escrow.send_funded(call, bond, token=token)[0]


def _claimed(receipt: Receipt) -> Claimed:
    return Claimed(receipt.event("LineageClaimed").arguments["id"], receipt)
