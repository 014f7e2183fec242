"""Panels, their results and fines: `IValidationOracle`, by brute force. Scores, shares, tolerances in ppm."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from fractions import Fraction

PPM = 1_000_000
MAX_PANEL = 31
CRITERIA = 16


class Kind(IntEnum):
    """How a panel's answers agree."""

    VERDICT = 0
    SCORE = 1
    DIGEST = 2


class Status(IntEnum):
    """What one member reports."""

    ANSWERED = 1
    CANNOT_OPEN = 2
    UNSTABLE = 3
    REJECTED = 4


class Outcome(IntEnum):
    """What the panel says."""

    PANEL_SILENT = 1
    UNDECIDED = 2
    ANSWERED = 3
    CANNOT_OPEN = 4
    UNSTABLE = 5
    REJECTED = 6


class Answer(IntEnum):
    """What a seat did."""

    SILENT = 0
    WITHHELD = 1
    REVEALED = 2


@dataclass(frozen=True)
class Report:
    """A member's report: a score for each subject; `criteria` are bits, `word` stands for a digest."""

    status: Status = Status.ANSWERED
    scores: tuple[int, ...] = ()
    criteria: int = 0
    word: int = 0


@dataclass(frozen=True)
class Vote:
    """A seat's answer, with the report it committed to unless it was silent."""

    answer: Answer
    report: Report = field(default_factory=Report)


SILENT = Vote(Answer.SILENT)


@dataclass(frozen=True)
class Result:
    """The panel's; scores are medians."""

    outcome: Outcome
    scores: tuple[int, ...] = ()
    criteria: int = 0
    word: int = 0


@dataclass(frozen=True)
class Terms:
    """A panel's; amounts in base units."""

    size: int
    seat_stake: int
    silence_ppm: int
    withhold_ppm: int
    evaluation_fee: int
    appeal_bond: int


@dataclass(frozen=True)
class Judgement:
    """What a request cost and earned its panel, seat by seat."""

    fines: tuple[int, ...]
    paid: tuple[int, ...]  # seats, ascending


@dataclass(frozen=True)
class Appeal:
    """An appeal's votes, or none when its panel was never seated."""

    votes: tuple[Vote, ...] | None


@dataclass(frozen=True)
class Settled:
    """How a request ends.

    Attributes:
        provisional: what the panel says.
        final: what counts: the appeal panel's result where it has decided anything.
        appealed: whether it has.
        judgement: of the panel itself.
        appeal_judgement: of the appeal panel; None when it was not seated.
        refund: base units of the deposit that the appellant gets back.
        bond_burnt: base units.
    """

    provisional: Result
    final: Result
    appealed: bool
    judgement: Judgement
    appeal_judgement: Judgement | None
    refund: int
    bond_burnt: int


def is_two_thirds(part: int, whole: int) -> bool:
    """Whether *part* of *whole* is a two-thirds majority."""
    return Fraction(part) >= Fraction(2 * whole, 3)


def agree(kind: Kind, reports: Sequence[Report], voters: int, tolerance: int) -> Result:
    """What revealed reports say together, two thirds being counted in *voters*."""
    words = Counter(report.word for report in reports if report.status == Status.ANSWERED)
    for word, count in words.items():
        if is_two_thirds(count, voters):
            return _answer(kind, reports, word, voters, tolerance)
    return _refusal(reports, voters) if kind == Kind.VERDICT else _failure(reports, voters)


def tally(kind: Kind, votes: Sequence[Vote], tolerance: int, *, on_appeal: bool = False) -> Result:
    """The panel's result; none unless two thirds of its seats have revealed.

    First panels agree by two thirds of their seats, appeal panels by two thirds of those who revealed.
    """
    reports = [vote.report for vote in votes if vote.answer == Answer.REVEALED]
    if not is_two_thirds(len(reports), len(votes)):
        return Result(Outcome.PANEL_SILENT)
    return agree(kind, reports, len(reports) if on_appeal else len(votes), tolerance)


def appeal_size(size: int) -> int:
    """Seats of the panel that hears an appeal."""
    return min(2 * size + 1, MAX_PANEL)


def differs(a: Result, b: Result, tolerance: int) -> bool:
    """Whether the second result says something else than the first."""
    return (a.outcome, a.criteria, a.word) != (b.outcome, b.criteria, b.word) or not _is_near(
        a.scores, b.scores, tolerance
    )


class Panel:
    """A seated panel through its requests; `stakes` is what is locked in each seat, 0 for a vacant one."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.stakes = [terms.seat_stake] * terms.size

    def settle(
        self,
        votes: Sequence[Vote],
        tolerance: int,
        appeal: Appeal | None = None,
        *,
        kind: Kind = Kind.SCORE,
        slashable: bool = True,
    ) -> Settled:
        """A request from its votes to its final result, the fines taken from `stakes`."""
        provisional = tally(kind, votes, tolerance)
        if appeal is None:
            judgement = self._judge(votes, provisional, tolerance, slashable=slashable)
            return Settled(provisional, provisional, False, judgement, None, 0, 0)

        terms, fee = self.terms, self.terms.evaluation_fee
        seats = appeal_size(terms.size)
        second: Judgement | None = None
        verdict: Result | None = None
        if appeal.votes is not None:
            fresh = Panel(Terms(**{**vars(terms), "size": seats}))
            said = tally(kind, appeal.votes, tolerance, on_appeal=True)
            second = fresh._judge(appeal.votes, said, tolerance, slashable=True)
            if said.outcome not in (Outcome.PANEL_SILENT, Outcome.UNDECIDED):
                verdict = said
        final = verdict or provisional
        judgement = self._judge(votes, final, tolerance, slashable=True)
        in_vain = verdict is not None and not differs(provisional, verdict, tolerance)
        burnt = terms.appeal_bond if in_vain else 0
        spent = fee * (len(second.paid) if second else 0) + burnt
        refund = fee * seats + terms.appeal_bond - spent
        return Settled(provisional, final, verdict is not None, judgement, second, refund, burnt)

    def refill(self) -> None:
        """Every vacant seat is drawn anew."""
        self.stakes = [stake or self.terms.seat_stake for stake in self.stakes]

    def replace(self, votes: Sequence[Vote], *, everybody: bool) -> None:
        """Whoever did not reveal is replaced, or everybody is; and every vacant seat is drawn anew."""
        for seat, vote in enumerate(votes):
            if everybody or vote.answer != Answer.REVEALED:
                self.stakes[seat] = self.terms.seat_stake
        self.refill()

    def _judge(self, votes: Sequence[Vote], result: Result, tolerance: int, *, slashable: bool) -> Judgement:
        fines, paid = [], []
        for seat, vote in enumerate(votes):
            locked = self.stakes[seat]
            if vote.answer == Answer.SILENT:
                due = self.terms.seat_stake * self.terms.silence_ppm // PPM
            elif vote.answer == Answer.WITHHELD:
                due = self.terms.seat_stake * self.terms.withhold_ppm // PPM
            elif slashable and _is_false(vote.report, result, tolerance):
                due = locked
            else:
                due = 0
                paid.append(seat)
            fines.append(min(due, locked))
            self.stakes[seat] -= fines[-1]
        return Judgement(tuple(fines), tuple(paid))


def _is_near(a: Sequence[int], b: Sequence[int], tolerance: int) -> bool:
    return len(a) == len(b) and all(abs(x - y) <= tolerance for x, y in zip(a, b, strict=True))


def _is_coherent(report: Report, word: int, scores: Sequence[int], tolerance: int) -> bool:
    named = report.status == Status.ANSWERED and report.word == word
    return named and _is_near(report.scores, scores, tolerance)


def _is_false(report: Report, result: Result, tolerance: int) -> bool:
    if result.outcome != Outcome.ANSWERED or report.status != Status.ANSWERED:
        return False
    return not _is_coherent(report, result.word, result.scores, tolerance)


def _refusal(reports: Sequence[Report], voters: int) -> Result:
    """A no, say more than half; and then why most of those say so."""
    against = [report.status for report in reports if report.status != Status.ANSWERED]
    if not Fraction(len(against), voters) > Fraction(1, 2):
        return Result(Outcome.UNDECIDED)
    closed = Fraction(against.count(Status.CANNOT_OPEN), len(against))
    return Result(Outcome.CANNOT_OPEN if closed > Fraction(1, 2) else Outcome.REJECTED)


def _failure(reports: Sequence[Report], voters: int) -> Result:
    """Two thirds report the same failure."""
    statuses = Counter(report.status for report in reports)
    for status in (Status.CANNOT_OPEN, Status.UNSTABLE, Status.REJECTED):
        if is_two_thirds(statuses[status], voters):
            return Result(Outcome[status.name])
    return Result(Outcome.UNDECIDED)


def _answer(kind: Kind, reports: Sequence[Report], word: int, voters: int, tolerance: int) -> Result:
    """On every subject of a score two thirds lie within the tolerance of one another, and of the medians."""
    if kind != Kind.SCORE:
        return Result(Outcome.ANSWERED, word=word)
    answers = [r for r in reports if r.status == Status.ANSWERED and r.word == word]
    medians = []
    for subject in range(len(answers[0].scores)):
        scores = sorted(report.scores[subject] for report in answers)
        clusters = [[s for s in scores if low <= s <= low + tolerance] for low in scores]
        if not is_two_thirds(max(map(len, clusters)), voters):
            return Result(Outcome.UNDECIDED)
        medians.append(scores[(len(scores) - 1) // 2])
    coherent = [r.criteria for r in answers if _is_coherent(r, word, medians, tolerance)]
    if not is_two_thirds(len(coherent), voters):
        return Result(Outcome.UNDECIDED)
    criteria = sum(
        1 << bit for bit in range(CRITERIA) if 2 * sum(c >> bit & 1 for c in coherent) > len(coherent)
    )
    return Result(Outcome.ANSWERED, tuple(medians), criteria, word)
