"""The daemon's cycle: look at the chain and take every step that is due; no step's failure stops another."""

from __future__ import annotations

import logging
import re
import shutil
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from assay.chain.backoff import Backoff
from assay.errors import AssayError, ContractError
from assay.market import Market
from assay_oracle.appellant import Appellant
from assay_oracle.connect import checkpoints
from assay_oracle.docket import Docket
from assay_oracle.errors import KeyAwaited, OracleError
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
_LEFTOVER = re.compile(r"(?:assay-answer-|tmp)[a-z0-9_]{8}")
"""Names of folders with plaintext, as earlier versions made them."""
_LONGEST_PAUSE = 64  # polls
_WEI_EACH_TOKEN = 10**18
_LONGER, _IDLE_POLLS = 1.25, 3  # pauses grow by this factor, up to this many polls
_FIGURES_SECONDS = 60.0  # between two readings of stake and balance if nothing happens


class Daemon:
    """One validator at work.

    Args:
        settings: as read from its file.
        market: the market with the validator's wallet.
        node: tests models and data.
        journal: what was decided.
        monitor: is kept informed.
    """

    def __init__(
        self, settings: Settings, market: Market, node: ValidationNode, journal: Journal, monitor: Monitor
    ) -> None:
        self._settings, self._market, self._monitor = settings, market, monitor
        self._backoff = Backoff(settings.poll_seconds, _LONGEST_PAUSE * settings.poll_seconds)
        kept = checkpoints(settings, market, read_only=settings.dry_run)
        self._watch = Watch(market.session, settings.confirmations, kept)
        self._over: set[int] = set()  # requests for which nothing more will be due
        self._forks = 0  # number of forks when the notes of what was done were last dropped
        self._shown: tuple[Docket, float] | None = None  # when the account's figures were last read
        scratch = empty_scratch(settings)
        self._voter = Voter(
            market,
            self._watch,
            journal,
            Tester(market, node, scratch, settings.max_artifact_bytes),
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
        """Cycle until *stop* is set, with longer pauses while nothing happens."""
        shortest = pause = self._settings.poll_seconds
        try:
            while not stop.is_set():
                with self._monitor.cycle_seconds.time():
                    was_busy = self.cycle(stop)
                pause = shortest if was_busy else min(pause * _LONGER, shortest * _IDLE_POLLS)
                stop.wait(pause)
        finally:
            self._voter.close()
            self._watch.save()

    def cycle(self, stop: threading.Event | None = None) -> bool:
        """Take every step that is due now; returns whether there was, or will soon be, something to do.

        Without a new block, only results of tests and steps that failed before can be due.
        """
        if not self._guarded("chain", "", self._look):
            self._monitor.missed()
            return True
        if not (self._watch.moved or self._is_something_left()):
            return self._voter.is_testing
        duties = self._duties()
        self._backoff.forget_others({(duty, subject) for duty, subject, _ in duties})
        for duty, subject, step in duties:
            if stop is not None and stop.is_set():
                break
            self._guarded(duty, subject, partial(step, subject))
        return True

    def _is_something_left(self) -> bool:
        return self._voter.has_result or self._keeper.is_waiting or self._backoff.is_any_over()

    def _duties(self) -> list[tuple[str, Any, Callable[[Any], object]]]:
        docket = self._watch.docket
        if self._forks != self._watch.forks:  # what was done may be undone
            self._forks = self._watch.forks
            self._over.clear()
            self._handover.forget(())
        self._over &= docket.requests.keys()
        duties: list[tuple[str, Any, Callable[[Any], object]]] = []
        duties += [("request", number, self._answer) for number in self._open_requests()]
        if not self._settings.dry_run:
            own = docket.own_rounds()
            self._handover.forget(docket.rounds)
            duties += [("handover", number, self._handover.step) for number in own]
            if self._settings.appeal:
                duties += [("appeal", number, self._appellant.step) for number in own]
            if self._settings.keeper:
                duties += [("keeper", due, self._keeper.step) for due in self._keeper.due(docket)]
        return duties

    def _open_requests(self) -> list[int]:
        return [number for number in self._watch.docket.own_requests() if number not in self._over]

    def _look(self) -> None:
        docket = self._watch.poll()
        self._monitor.beat(self._watch.head, self._watch.head_time, len(self._open_requests()))
        if self._shown and self._shown[0] is docket and time.monotonic() < self._shown[1] + _FIGURES_SECONDS:
            return
        stake = self._market.staking.stake_of()
        self._monitor.gas_balance.set(self._market.session.connection.balance(self._market.address))
        for part in ("amount", "locked", "exiting"):
            self._monitor.stake.labels(part).set(getattr(stake, part) / _WEI_EACH_TOKEN)
        self._shown = docket, time.monotonic()

    def _answer(self, request_id: int) -> None:
        if self._voter.step(request_id):
            self._over.add(request_id)

    def _guarded(self, duty: str, subject: object, step: Callable[[], object]) -> bool:
        """Run *step* unless it has to wait after failures; returns whether it ran and succeeded."""
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
            # a refusal usually means that somebody else was first
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
    """The validator's journal; in memory for a dry run, which reports nothing.

    Raises:
        JournalError: it cannot be used, or another daemon (another dry run) uses the folder.
    """
    deployment = market.deployment
    oracle = f"{deployment.chain_id}:{deployment.address('ValidationOracle')}"
    return Journal(settings.folder, oracle=oracle, validator=market.address, in_memory=settings.dry_run)


def empty_scratch(settings: Settings) -> Path:
    """The scratch folder, cleared of what a killed daemon of an earlier version left there.

    A dry run next to a daemon has its own. Only what daemons made is removed, recognised by its name.

    Raises:
        OracleError: it cannot be used, or others may look into it.
    """
    scratch = settings.folder / ("scratch-dry-run" if settings.dry_run else "scratch")
    try:
        for folder in (settings.folder, scratch):  # mkdir would ignore the mode for parents
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if scratch.stat().st_mode & 0o077:
            raise OracleError(f"Others may look into {scratch}.", hint=f"chmod 700 {scratch}")
        for path in scratch.iterdir():
            if _LEFTOVER.fullmatch(path.name):
                shutil.rmtree(path, ignore_errors=True)
    except OSError as error:
        raise OracleError(f"The folder {scratch} cannot be used: {error.strerror or error}.") from error
    return scratch
