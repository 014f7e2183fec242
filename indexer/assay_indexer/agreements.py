"""Texts that parties agree to: who has signed them, and which bonds back them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay_indexer import tables as t
from assay_indexer.queries import View


@dataclass(frozen=True)
class AgreementParts:
    """An agreement by its digest or by its keeper's name for it; its text, and who has agreed."""

    kept: t.KeptAgreement | None
    text: t.Manifest | None
    signatures: Sequence[t.Signature]
    pledges: Sequence[t.Pledge]
    disputes: Sequence[t.Dispute]
    offers: Sequence[t.Offer]


def agreement(view: View, name: str) -> AgreementParts | None:
    """An agreement; None if nobody has signed, kept, required or published it."""
    kept = view.get(t.KeptAgreement, name)
    text = view.manifest(kept.text if kept is not None else name)
    pledges = view.all(t.Pledge, agreement=name, limit=1000)
    found = AgreementParts(
        kept=kept,
        text=text if text is not None and text.kind in (None, "Agreement") else None,
        signatures=view.all(t.Signature, text=name, limit=1000),
        pledges=pledges,
        disputes=view.all(t.Dispute, market="Pledges", deal_id=[one.id for one in pledges]),
        offers=view.all(t.Offer, agreement=name),
    )
    known = (found.kept, found.text, found.signatures, found.offers)
    return found if any(known) else None
