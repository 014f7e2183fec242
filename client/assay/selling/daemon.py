"""The seller's daemon: watches the chain and takes every step that is due; no failure stops the other steps.

It stores nothing but the journal of its transactions, which it shares with all programs of the account on
this machine. It can be killed at any moment: it then resumes from the chain's state and never pays twice.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from functools import partial

from assay.chain.backoff import Backoff
from assay.errors import AssayError, ContractError, InvalidInput
from assay.market import Market
from assay.markets.sales import SaleRecord
from assay.selling.auctions import OpenAuctions
from assay.selling.duties import Duty, Rank, in_order
from assay.selling.panels import Panels
from assay.selling.watch import Watch
from assay.structs import SaleState

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 64  # polls
_BATCH = 10  # sales under the same terms that are worth a transaction at once
_STEPS = 8  # taken before the chain is checked again, as something more valuable may be due by then


class Seller:
    """One seller at work.

    Args:
        market: the market, connected with the seller's wallet.
        confirmations: blocks on top of a sale before its key is delivered.
        poll_seconds: time between two checks of the chain.
        patience: seconds that money due may wait to be collected together with more.
    """

    def __init__(self, market: Market, *, confirmations: int, poll_seconds: float, patience: int) -> None:
        self._market, self._poll, self._patience = market, poll_seconds, patience
        self._watch = Watch(market, confirmations)
        self._panels = Panels(market, confirmations, self._units)
        self._auctions = OpenAuctions(market)
        self._decimals: dict[str, int] = {}
        self._tokens: dict[bytes, str] = {}
        self._backoff = Backoff(poll_seconds, _LONGEST_PAUSE * poll_seconds)

    def run(self, stop: threading.Event) -> None:
        """Run cycles until *stop* is set."""
        _log.info("%s sells on chain %d", self._market.address, self._market.deployment.chain_id)
        while not stop.is_set():
            self.cycle(stop)
            stop.wait(self._poll)

    def cycle(self, stop: threading.Event | None = None) -> None:
        """Take every step that is due now, once; a kind that cannot be read does not hold up the others."""
        taken: set[tuple[str, object]] = set()
        while stop is None or not stop.is_set():
            due = [one for one in self._look() if one.thing not in taken and self._backoff.is_over(one.thing)]
            for one in due[:_STEPS]:
                self._guarded(one.what, one.subject, one.step)
                taken.add(one.thing)
            if len(due) <= _STEPS:
                return

    def _look(self) -> list[Duty]:
        """What is due, the most valuable first."""
        duties: list[Duty] = []
        self._guarded("sales", "", lambda: duties.extend(self._of_sales()))
        self._guarded("panels", "", lambda: duties.extend(self._of_panels()))
        self._guarded("auctions", "", lambda: duties.extend(self._auctions.duties()))
        looks = {("sales", ""), ("panels", ""), ("auctions", "")}
        self._backoff.forget_others({*looks, *(one.thing for one in duties)})
        return in_order(duties)

    def _of_sales(self) -> list[Duty]:
        self._watch.poll()
        records, now = self._watch.open, self._market.session.now()
        duties = [
            Duty(
                "deliver",
                one.sale_id,
                partial(self._deliver, one),
                Rank.BONDED,
                self._bond(one),
                one.sale.deadline,
            )
            for one in records
            if one.state == SaleState.BOUGHT and now < one.sale.deadline
        ]
        due = self._due(records, now)
        return duties + [Duty("collect", terms, partial(self._collect, sales)) for terms, sales in due]

    def _of_panels(self) -> list[Duty]:
        self._panels.poll()
        return list(self._panels.duties())

    def _bond(self, record: SaleRecord) -> float:
        """The bond behind a sale, in units of its token, or of the payment token if its units are unknown."""
        terms = record.sale.terms
        if terms not in self._tokens:
            try:
                self._tokens[terms] = self._market.licences.terms_of(record).offer.token
            except InvalidInput:
                return self._units(self._market.deployment.tokens.payment, record.sale.bond)
        return self._units(self._tokens[terms], record.sale.bond)

    def _units(self, token: str, amount: int) -> float:
        if token not in self._decimals:
            try:
                self._decimals[token] = self._market.escrow.token(token).decimals
            except ContractError:  # only the order of duties depends on it
                return float(amount)
        return float(amount / 10 ** self._decimals[token])

    def _due(self, records: list[SaleRecord], now: int) -> list[tuple[bytes, list[SaleRecord]]]:
        """Sales that are worth collecting now, grouped by terms."""
        due: dict[bytes, list[SaleRecord]] = defaultdict(list)
        for one in records:
            if one.state == SaleState.DELIVERED and now >= one.sale.deadline:
                due[one.sale.terms].append(one)
        return [
            (terms, sales)
            for terms, sales in due.items()
            if len(sales) >= _BATCH or now >= min(one.sale.deadline for one in sales) + self._patience
        ]

    def _deliver(self, record: SaleRecord) -> None:
        receipt = self._market.licences.deliver(record)
        _log.info("sale %d: delivered in %s", record.sale_id, receipt.tx_hash)

    def _collect(self, sales: list[SaleRecord]) -> None:
        for receipt in self._market.licences.collect(sales):
            _log.info("%d sales: collected in %s", len(sales), receipt.tx_hash)

    def _guarded(self, duty: str, subject: object, step: Callable[[], None]) -> bool:
        """Run *step* unless it must wait after failures; returns whether it ran and succeeded."""
        thing = (duty, subject)
        if not self._backoff.is_over(thing):
            return False
        try:
            step()
        except AssayError as error:
            pause = self._backoff.failed(thing)
            level = logging.WARNING
            if isinstance(error, ContractError):  # usually, somebody else was faster or the chain has changed
                self._watch.forget()
                self._panels.forget()
                level = logging.INFO
            _log.log(level, "%s %s: %s Trying again in %.1f s.", duty, _named(subject), error, pause)
        except Exception:
            pause = self._backoff.failed(thing)
            _log.exception("%s %s: unforeseen; trying again in %.1f s", duty, _named(subject), pause)
        else:
            self._backoff.succeeded(thing)
            return True
        return False


def _named(subject: object) -> object:
    return subject.hex() if isinstance(subject, bytes) else subject
