"""Whether a licence permits a given use now."""

from __future__ import annotations

from dataclasses import dataclass

from assay.manifests.licence import Purpose, purposes_of
from assay.markets.sales import SaleRecord
from assay.structs import LicenceTerms


@dataclass(frozen=True)
class Permission:
    """Whether an account may use a model.

    Attributes:
        why_not: the end of a sentence; empty if the licence permits the use.
        expires: Unix seconds, 0 for never.
    """

    counts: bool
    why_not: str
    expires: int


def permission(
    record: SaleRecord,
    terms: LicenceTerms,
    account: str,
    purpose: Purpose,
    *,
    now: int,
    licensed: bool | None = None,
) -> Permission:
    """Whether a sale under *terms* licenses *account* for a purpose at the time *now*.

    Args:
        licensed: whether the file at hand is the licensed model; None if there is no file.
    """
    expires = record.expires(terms)
    why_not = ""
    if record.sale.holder != account:
        why_not = f"it is the licence of {record.sale.holder}"
    elif not record.is_licence:
        why_not = f"the sale is {record.state.words}"
    elif purpose not in purposes_of(terms.offer.purposes):
        why_not = f"it does not allow the purpose {purpose}"
    elif expires and now >= expires:
        why_not = "it has expired"
    elif licensed is False:
        why_not = "the file is not the licensed model"
    return Permission(not why_not, why_not, expires)
