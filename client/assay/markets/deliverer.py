"""What sellers do after a sale: deliver keys, and collect once the challenge period is over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from assay.chain import Receipt
from assay.deal.in_time import require_in_time
from assay.errors import InvalidInput
from assay.markets.models import Models
from assay.markets.sales import CONTRACT, SaleRecord, Sales, context_of
from assay.seal.delivery import deliver
from assay.session import Session
from assay.structs import LicenceTerms, SaleState

_COLLECTED_AT_ONCE = 20


class Deliverer(Sales):
    """Sales, with the actions of their seller."""

    def __init__(self, session: Session, models: Models) -> None:
        super().__init__(session)
        self._models = models

    def deliver(self, record: SaleRecord) -> Receipt:
        """As the seller, deliver the content key; the delivery is the same each time.

        Raises:
            InvalidInput: it is not waiting for a delivery, or so little time is left that the buyer might get
                both its money back and the key.
            SealError: this wallet does not have the key, or the buyer's delivery key is invalid.
            ContractError: not the seller.
        """
        purpose = f"delivery of sale {record.sale_id}"
        earlier = self._session.resume(CONTRACT, "deliver", purpose)
        if earlier is not None:
            return earlier
        terms = self.terms_of(record)
        self.require_deliverable(record, terms)
        delivery, proof = deliver(self._models.key_of(terms.offer.good), context_of(self._session, record))
        arguments = record.sale.to_abi(), delivery, proof
        return self._session.send(CONTRACT, "deliver", record.sale_id, *arguments, purpose=purpose)

    def require_deliverable(self, record: SaleRecord, terms: LicenceTerms) -> None:
        """Raise :class:`InvalidInput` unless the sale awaits a delivery that is sure to be in time."""
        if record.state != SaleState.BOUGHT:
            raise InvalidInput(f"Sale {record.sale_id} is {record.state.words}: nothing is to be delivered.")
        what, now = f"sale {record.sale_id}", self._session.now()
        require_in_time(what, now, record.sale.deadline, terms.delivery_window)

    def collect(self, records: Iterable[SaleRecord]) -> list[Receipt]:
        """Pay out sales whose challenge period is over, grouped by terms; anyone may call this.

        Raises:
            ContractError: one of them is not due.
        """
        together: dict[bytes, list[SaleRecord]] = defaultdict(list)
        for record in records:
            together[record.sale.terms].append(record)
        receipts = []
        for sales in together.values():
            terms = self.terms_of(sales[0])
            for start in range(0, len(sales), _COLLECTED_AT_ONCE):
                page = sales[start : start + _COLLECTED_AT_ONCE]
                numbers, values = [one.sale_id for one in page], [one.sale.to_abi() for one in page]
                receipts.append(self._session.send(CONTRACT, "collect", numbers, values, terms.to_abi()))
        return receipts
