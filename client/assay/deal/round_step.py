"""What a panel in Rounds is waiting for: who has to do what, and by when."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assay.manifests.evaluation import Metric
from assay.session import Session
from assay.structs import Kind, Outcome, Result, Round, RoundState, views
from assay.words import formatting, times

NOBODY = "nobody"
_COMMAND = re.compile(r"`(assay [^`]+)`")


@dataclass(frozen=True)
class NextStep:
    """One thing that is due.

    Attributes:
        who: for example "customer", "developer", "bidders", "validators", "auditors", "jurors", "anyone",
            or "nobody" at the end.
        what: what is due, in words, with the call or command.
        by: Unix seconds; 0 for no deadline.
    """

    who: str
    what: str
    by: int

    @property
    def is_last(self) -> bool:
        """Whether the deal has ended."""
        return self.who == "nobody" and not self.by

    @property
    def commands(self) -> list[str]:
        """The commands named in ``what``."""
        return _COMMAND.findall(self.what)

    @property
    def says(self) -> str:
        """Who has to do what, without the deadline; if nobody has to do anything, the present state."""
        return self.what if self.who == NOBODY else f"{self.who}: {self.what}"

    def __str__(self) -> str:
        return f"{self.says} (by {times.local(self.by)})" if self.by else self.says


def round_step(
    session: Session,
    panel_id: int,
    advance: str,
    metric: Callable[[], Metric | None],
    grants: Mapping[int, tuple[str, str]],
) -> NextStep:
    """Read from the chain what is due now.

    Args:
        advance: the command that takes the deal's next step.
        metric: called if there is a score to show.
        grants: who grants the key of each artifact (by its index in the question), and with which command.
    """
    now = session.now()
    found = session.view(views.rounds.round_of(panel_id))
    match found.state:
        case RoundState.DRAWING:
            return NextStep("anyone", draw(_armed_block(session, panel_id), advance), found.deadline)
        case RoundState.GRANTING:
            return _granting(found, now, advance, grants)
        case RoundState.VOTING:
            return _voting(session, found, now, advance, metric)
        case RoundState.APPEAL_DRAWING:
            block = _armed_block(session, found.appeal_panel_id)
            return NextStep("anyone", f"appealed; {draw(block, advance)}", found.deadline)
        case RoundState.APPEAL_VOTING:
            return _at_work(session, found.appeal_request_id, now, advance)
    return NextStep("anyone", f"go on: {advance}", 0)


def draw(armed_block: int, advance: str) -> str:
    """What a draw is waiting for, in words."""
    if not armed_block:
        return f"name the block that decides the draw: {advance}"
    return f"draw, once block {armed_block} is there: {advance}"


def _armed_block(session: Session, panel_id: int) -> int:
    return session.view(views.validation_oracle.panel(panel_id)).armed_block


def _granting(found: Round, now: int, advance: str, grants: Mapping[int, tuple[str, str]]) -> NextStep:
    if now >= found.deadline:
        return NextStep("anyone", f"the time for grants is over: {advance}", 0)
    lacking = [grants[place] for place in sorted(grants) if found.needed >> place & 1]
    commands = " or ".join(dict.fromkeys(f"`{command}`" for _, command in lacking))
    who = " and ".join(dict.fromkeys(who for who, _ in lacking))
    return NextStep(who, f"grant the key to the panel: {commands}", found.deadline)


def _voting(
    session: Session, found: Round, now: int, advance: str, metric: Callable[[], Metric | None]
) -> NextStep:
    request = session.view(views.validation_oracle.request_of(found.request_id))
    appeal_ends = request.reveal_ends + found.timeouts.appeal
    decided = request.result.outcome not in (Outcome.PENDING, Outcome.PANEL_SILENT)
    if found.appealable and decided and now < appeal_ends:
        said = _said(request.result, request.terms.kind, metric)
        what = f"the {request.terms.kind.words} is {said}; it can be appealed"
        return NextStep("nobody", what, appeal_ends)
    return _at_work(session, found.request_id, now, advance)


def _at_work(session: Session, request_id: int, now: int, advance: str) -> NextStep:
    request = session.view(views.validation_oracle.request_of(request_id))
    work = request.terms.kind.words
    if now < request.commit_ends:
        return NextStep("validators", f"commit reports of the {work}", request.commit_ends)
    if now < request.reveal_ends:
        return NextStep("validators", f"reveal reports of the {work}", request.reveal_ends)
    return NextStep("anyone", f"take the panel's answer: {advance}", 0)


def _said(result: Result, kind: Kind, metric: Callable[[], Metric | None]) -> str:
    if result.outcome == Outcome.ANSWERED and kind == Kind.SCORE:
        return ", ".join(formatting.score(score, metric()) for score in result.scores)
    return result.outcome.words
