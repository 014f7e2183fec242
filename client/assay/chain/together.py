"""Concurrent work whose requests are sent together.

A command reads many things that do not depend on each other. Each piece of such work runs in its own thread;
once all of them are waiting for an answer, their questions are sent at once. So code that reads one thing
after another can share requests with unrelated code without being changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar, copy_context
from threading import Condition, Event, Thread
from typing import Any, Generic, TypeVar

from assay.chain.answers import Answer

T = TypeVar("T")
_AT_ONCE = 100


class Question:
    """A request to one endpoint, with its answer or the resulting error."""

    def __init__(self, endpoint: int, body: dict[str, Any]) -> None:
        self.endpoint, self.body = endpoint, body
        self.answer: Answer | Exception | None = None
        self.answered = Event()


class Group:
    """Pieces of work that run together.

    Args:
        owner: whose questions they ask.
        send: answers questions, all of them at once.
    """

    def __init__(self, owner: object, send: Callable[[Sequence[Question]], None]) -> None:
        self.owner, self._send = owner, send
        self._changed = Condition()
        self._running = 0  # pieces waiting neither for an answer nor for pieces that they started
        self._waiting: list[Question] = []
        self._abandoned = False

    def run(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """What each of *works* returns; once all have ended, raises what the first one that failed raised."""
        found: list[T] = []
        for first in range(0, len(works), _AT_ONCE):
            found += self._run([_Piece(work) for work in works[first : first + _AT_ONCE]])
        return found

    def ask(self, question: Question) -> Answer:
        """The answer, which arrives once no piece of work can continue without one."""
        with self._changed:
            if self._abandoned:
                raise _AbandonedError
            self._waiting.append(question)
            self._pause()
        question.answered.wait()
        if isinstance(question.answer, Exception):
            raise question.answer
        if question.answer is None:
            raise _AbandonedError
        return question.answer

    def _run(self, pieces: list[_Piece[T]]) -> list[T]:
        inside = current_group.get() is self  # called by a piece of work, which then waits for these
        with self._changed:
            self._running += len(pieces) - inside
        left, over = len(pieces), Event()

        def ended() -> None:
            nonlocal left
            with self._changed:
                left -= 1
                if left == 0:
                    self._running += inside
                    over.set()
                self._pause()

        try:
            for piece in pieces:
                context = copy_context()
                context.run(current_group.set, self)
                Thread(target=context.run, args=(piece, ended), daemon=True).start()
            if inside:
                over.wait()
            else:
                self._serve()
        except BaseException:  # such as Ctrl-C
            self._abandon()
            raise
        return [piece.result() for piece in pieces]

    def _serve(self) -> None:
        """Send questions until all work has ended."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._running == 0)
                questions = list(self._waiting)
            if not questions:
                return
            self._send(questions)
            with self._changed:
                self._waiting, self._running = [], len(questions)
            for question in questions:
                question.answered.set()

    def _pause(self) -> None:
        self._running -= 1
        if self._running == 0:
            self._changed.notify()

    def _abandon(self) -> None:
        """Release all waiting pieces, because nobody waits for their results any more."""
        with self._changed:
            self._abandoned = True
            for question in self._waiting:
                question.answered.set()


current_group: ContextVar[Group | None] = ContextVar("current_group", default=None)
"""The group that the running piece of work belongs to; None outside any group."""


class _AbandonedError(BaseException):
    """Ends a piece of work whose result is no longer wanted."""


class _Piece(Generic[T]):
    """One piece of work, and how it ended."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._results: list[T] = []
        self._error: BaseException | None = None

    def __call__(self, ended: Callable[[], None]) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:
            self._error = error
        ended()

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._results[0]
