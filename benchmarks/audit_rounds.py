"""Cases that are measured round by round, on all cores, for as long as there is time."""

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from threadpoolctl import threadpool_limits


@dataclass(frozen=True)
class Task:
    """Cases of one kind, in one data set where they are of data. *measure* is given a turn as well."""

    kind: str
    data: str
    measure: Callable[..., "Done"]
    given: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} ({self.data})" if self.data else self.kind


@dataclass
class Done:
    """In how many *of* the cases it was found or accused; by which parts, and by another tool."""

    hits: int = 0
    of: int = 0
    by: Counter[str] = field(default_factory=Counter)
    peer_hits: int = 0
    peer_of: int = 0
    seconds: float = 0.0
    task: Task | None = None

    def add(self, other: "Done") -> None:
        self.hits, self.of, self.by = self.hits + other.hits, self.of + other.of, self.by + other.by
        self.peer_hits, self.peer_of = self.peer_hits + other.peer_hits, self.peer_of + other.peer_of


def run(task: Task, turn: int) -> Done:
    """In a process of the pool."""
    started = time.perf_counter()
    done = task.measure(*task.given, turn)
    done.seconds, done.task = time.perf_counter() - started, task
    return done


def taken(tasks: Callable[[int], Iterator[Task]], rounds: int, until: float) -> list[Done]:
    """What was found by then, round by round: every kind of case has had a turn before one has a second.

    Args:
        tasks: those of a round, whose number is a new seed for every case.
        until: of the monotonic clock; no new case is begun after it.
    """
    found: dict[Task, Done] = {}
    turns = ((task, turn) for turn in range(rounds) for task in tasks(turn))
    cores = len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(cores, initializer=one_thread) as pool:
        waiting: set[Future[Done]] = set()
        for task, turn in turns:
            if time.monotonic() > until:
                break
            waiting.add(pool.submit(run, task, turn))
            if len(waiting) > 2 * cores:
                ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                gather(found, ended)
        gather(found, waiting)
    return list(found.values())


def one_thread() -> None:
    """In a process of the pool: libraries' own threads would only stand in the way of the other processes."""
    threadpool_limits(1)


def gather(found: dict[Task, Done], ended: set[Future[Done]]) -> None:
    """Add what has ended to what was *found*, and say it."""
    for future in ended:
        one = future.result()
        assert one.task is not None
        print(f"{one.seconds:5.1f} s  {one.hits} of {one.of}  {one.task}", file=sys.stderr, flush=True)
        found.setdefault(one.task, Done(task=one.task)).add(one)
