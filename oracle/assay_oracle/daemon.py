"""The daemon's cycle: look at the chain, take every step that is due; no failure of one stops another."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from assay.errors import AssayError, ContractError
from assay.market import Market
from assay_oracle.appellant import Appellant
from assay_oracle.backoff import Backoff
from assay_oracle.errors import KeyAwaited
from assay_oracle.handover import Handover
from assay_oracle.journal import Decision, Journal, Task
from assay_oracle.keeper import Keeper
from assay_oracle.monitor import Monitor
from assay_oracle.settings import Settings
from assay_oracle.tester import Tester
from assay_oracle.voter import Voter
from assay_oracle.watch import Watch
from assay_validation.node import ValidationNode

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 64  # polls
_WEI_EACH_TOKEN = 10**18


class Daemon:
    """One validator at work.

    Args:
        settings: as read from its file.
        market: the market with the validator's wallet.
        node: tests models and data.
        journal: what was decided.
        monitor: told how it goes.
    """

    def __init__(
        self, settings: Settings, market: Market, node: ValidationNode, journal: Journal, monitor: Monitor
    ) -> None:
        self._settings, self._market, self._monitor = settings, market, monitor
        self._backoff = Backoff(settings.poll_seconds, _LONGEST_PAUSE * settings.poll_seconds)
        self._watch = Watch(market.session, settings.confirmations)
        self.scratch = empty_scratch(settings)
        self._voter = Voter(
            market,
            self._watch,
            journal,
            Tester(market, node, self.scratch, settings.max_artifact_bytes),
            parallel=settings.parallel,
            dry_run=settings.dry_run,
            on_report=self._count,
        )
        self._handover = Handover(market, self._watch)
        self._appellant = Appellant(market, self._watch, journal, settings.max_appeal_deposit)
        self._keeper = Keeper(
            market, self._watch, first=settings.poll_seconds, longest=_LONGEST_PAUSE * settings.poll_seconds
        )

    def run(self, stop: threading.Event) -> None:
        """Cycle until *stop* is set."""
        try:
            while not stop.is_set():
                with self._monitor.cycle_seconds.time():
                    self.cycle(stop)
                stop.wait(self._settings.poll_seconds)
        finally:
            self._voter.close()

    def cycle(self, stop: threading.Event | None = None) -> None:
        """Take every step that is due now."""
        if not self._guarded("chain", "", self._look):
            self._monitor.missed()
            return
        docket = self._watch.docket
        duties: list[tuple[str, Any, Callable[[Any], object]]] = []
        duties += [("request", request_id, self._answer) for request_id in docket.own_requests()]
        if not self._settings.dry_run:
            duties += [("handover", number, self._handover.step) for number in docket.own_rounds()]
            if self._settings.appeal:
                duties += [("appeal", number, self._appellant.step) for number in docket.own_rounds()]
            if self._settings.keeper:
                duties += [("keeper", due, self._keeper.step) for due in self._keeper.due(docket)]
        for duty, subject, step in duties:
            if stop is not None and stop.is_set():
                return
            self._guarded(duty, subject, partial(step, subject))

    def _look(self) -> None:
        docket = self._watch.poll()
        self._monitor.beat(self._watch.head, self._watch.head_time, len(docket.own_requests()))
        stake = self._market.staking.stake_of()
        self._monitor.gas_balance.set(self._market.session.connection.balance(self._market.address))
        for part in ("amount", "locked", "exiting"):
            self._monitor.stake.labels(part).set(getattr(stake, part) / _WEI_EACH_TOKEN)

    def _answer(self, request_id: int) -> None:
        if self._voter.step(request_id):
            self._watch.docket.requests.pop(request_id, None)

    def _guarded(self, duty: str, subject: object, step: Callable[[], object]) -> bool:
        """Run *step* unless it has to wait after failures; whether it ran and succeeded."""
        thing = (duty, subject)
        if not self._backoff.is_over(thing):
            return False
        try:
            step()
        except KeyAwaited as waiting:
            pause = self._backoff.failed(thing)
            _log.info("%s %s: %s Looking again in %.1f s.", duty, subject, waiting, pause)
        except AssayError as error:
            self._note(duty, error)
            pause = self._backoff.failed(thing)
            # a refusal is mostly a race that somebody else has won
            level = logging.INFO if isinstance(error, ContractError) else logging.WARNING
            _log.log(level, "%s %s: %s Trying again in %.1f s.", duty, subject, error, pause)
        except Exception as error:
            self._note(duty, error)
            pause = self._backoff.failed(thing)
            _log.exception("%s %s: unforeseen; trying again in %.1f s", duty, subject, pause)
        else:
            self._backoff.succeeded(thing)
            return True
        return False

    def _note(self, duty: str, error: Exception) -> None:
        self._monitor.errors.labels(duty, type(error).__name__).inc()

    def _count(self, task: Task, decision: Decision) -> None:
        labels = task.kind.name.lower(), decision.report.status.name.lower()
        self._monitor.reports.labels(*labels).inc()


def open_journal(settings: Settings, market: Market) -> Journal:
    """The validator's journal; in memory for a dry run, which says nothing. Raises :class:`JournalError`."""
    deployment = market.deployment
    oracle = f"{deployment.chain_id}:{deployment.address('ValidationOracle')}"
    folder = None if settings.dry_run else settings.folder
    return Journal(folder, oracle=oracle, validator=market.address)


def empty_scratch(settings: Settings) -> Path:
    """The scratch folder without what a killed daemon has left there: plaintext of others.

    A dry run beside a daemon has its own.
    """
    scratch = settings.folder / ("scratch-dry-run" if settings.dry_run else "scratch")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(mode=0o700, parents=True)
    return scratch
