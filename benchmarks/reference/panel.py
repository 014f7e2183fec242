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
    """What a panel is asked."""

    ATTESTATION = 0
    EVALUATION = 1
    DELIVERY = 2


class Status(IntEnum):
    """What one member reports."""

    SCORED = 1
    CANNOT_OPEN = 2
    UNSTABLE = 3
    REJECTED = 4


class Outcome(IntEnum):
    """What the panel says."""

    NO_QUORUM = 1
    INCONCLUSIVE = 2
    SCORED = 3
    CANNOT_OPEN = 4
    UNSTABLE = 5
    REJECTED = 6


class Answer(IntEnum):
    """What a seat did; a vacant one can only be silent."""

    SILENT = 0
    WITHHELD = 1
    REVEALED = 2


@dataclass(frozen=True)
class Report:
    """A member's report; `criteria` is a bitmap, `manifest` a number that stands for a digest, 0 for none."""

    status: Status = Status.SCORED
    score: int = 0
    criteria: int = 0
    manifest: int = 0


@dataclass(frozen=True)
class Vote:
    """A seat's answer, with the report it committed to unless it was silent."""

    answer: Answer
    report: Report = field(default_factory=Report)


SILENT = Vote(Answer.SILENT)


@dataclass(frozen=True)
class Result:
    """The panel's; `manifest` in deliveries only."""

    outcome: Outcome
    score: int = 0
    criteria: int = 0
    manifest: int = 0
    appealed: bool = False


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
        provisional: what the tally says.
        final: what is written for good.
        judgement: of the panel itself.
        appeal_judgement: of the appeal panel; None when it was not seated.
        refund: base units of the deposit that the appellant gets back.
        bond_burnt: base units.
    """

    provisional: Result
    final: Result
    judgement: Judgement
    appeal_judgement: Judgement | None
    refund: int
    bond_burnt: int


def is_two_thirds(part: int, whole: int) -> bool:
    """Whether *part* of *whole* is a two-thirds majority."""
    return Fraction(part) >= Fraction(2 * whole, 3)


def agree(kind: Kind, reports: Sequence[Report], tolerance: int) -> Result:
    """What revealed reports say together."""
    return {
        Kind.ATTESTATION: lambda: _attestation(reports),
        Kind.EVALUATION: lambda: _evaluation(reports, tolerance),
        Kind.DELIVERY: lambda: _delivery(reports),
    }[kind]()


def tally(kind: Kind, occupied: Sequence[bool], votes: Sequence[Vote], tolerance: int) -> Result:
    """The provisional result; no quorum unless two thirds of all seats, vacant ones too, have revealed."""
    reports = [
        vote.report
        for vote, seated in zip(votes, occupied, strict=True)
        if seated and vote.answer == Answer.REVEALED
    ]
    if not is_two_thirds(len(reports), len(votes)):
        return Result(Outcome.NO_QUORUM)
    return agree(kind, reports, tolerance)


def appeal_size(size: int) -> int:
    """Seats of the panel that hears an appeal."""
    return min(2 * size + 1, MAX_PANEL)


def differs(a: Result, b: Result, tolerance: int) -> bool:
    """Whether the second result says something else than the first."""
    return (a.outcome, a.criteria, a.manifest) != (b.outcome, b.criteria, b.manifest) or abs(
        a.score - b.score
    ) > tolerance


class Panel:
    """A seated panel through its requests; `stakes` is what is locked in each seat, 0 for a vacant one."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.stakes = [terms.seat_stake] * terms.size

    def settle(
        self, kind: Kind, votes: Sequence[Vote], tolerance: int, appeal: Appeal | None = None
    ) -> Settled:
        """A request from its votes to its final result, the fines taken from `stakes`."""
        provisional = tally(kind, [stake > 0 for stake in self.stakes], votes, tolerance)
        if appeal is None:
            judgement = self._judge(kind, votes, provisional, tolerance)
            return Settled(provisional, provisional, judgement, None, 0, 0)

        terms, fee = self.terms, self.terms.evaluation_fee
        seats = appeal_size(terms.size)
        second: Judgement | None = None
        verdict: Result | None = None
        if appeal.votes is not None:
            fresh = Panel(Terms(**{**vars(terms), "size": seats}))
            said = tally(kind, [True] * seats, appeal.votes, tolerance)
            decided = said.outcome not in (Outcome.NO_QUORUM, Outcome.INCONCLUSIVE)
            second = fresh._judge(kind, appeal.votes, said, tolerance)
            if decided:
                verdict = Result(said.outcome, said.score, said.criteria, said.manifest, appealed=True)
        final = verdict or provisional
        judgement = self._judge(kind, votes, final, tolerance)
        in_vain = verdict is not None and not differs(provisional, verdict, tolerance)
        burnt = terms.appeal_bond if in_vain else 0
        spent = fee * (len(second.paid) if second else 0) + burnt
        return Settled(provisional, final, judgement, second, fee * seats + terms.appeal_bond - spent, burnt)

    def replace_silent(self, votes: Sequence[Vote]) -> None:
        """Whoever did not reveal is unseated, and every vacant seat drawn anew."""
        for seat, vote in enumerate(votes):
            if vote.answer != Answer.REVEALED or not self.stakes[seat]:
                self.stakes[seat] = self.terms.seat_stake

    def _judge(self, kind: Kind, votes: Sequence[Vote], result: Result, tolerance: int) -> Judgement:
        fines, paid = [], []
        for seat, vote in enumerate(votes):
            locked = self.stakes[seat]
            if vote.answer == Answer.SILENT:
                due = self.terms.seat_stake * self.terms.silence_ppm // PPM
            elif vote.answer == Answer.WITHHELD:
                due = self.terms.seat_stake * self.terms.withhold_ppm // PPM
            elif _is_false(kind, vote.report, result, tolerance):
                due = locked
            else:
                due = 0
                if locked:
                    paid.append(seat)
            fines.append(min(due, locked))
            self.stakes[seat] -= fines[-1]
        return Judgement(tuple(fines), tuple(paid))


def _is_false(kind: Kind, report: Report, result: Result, tolerance: int) -> bool:
    judged = kind == Kind.EVALUATION and result.outcome == Outcome.SCORED
    return judged and report.status == Status.SCORED and abs(report.score - result.score) > tolerance


def _attestation(reports: Sequence[Report]) -> Result:
    """As committed, say two thirds; otherwise, say more than half, and then why most of those say so."""
    against = [report.status for report in reports if report.status != Status.SCORED]
    if is_two_thirds(len(reports) - len(against), len(reports)):
        return Result(Outcome.SCORED)
    if not Fraction(len(against), len(reports)) > Fraction(1, 2):
        return Result(Outcome.INCONCLUSIVE)
    closed = Fraction(against.count(Status.CANNOT_OPEN), len(against))
    return Result(Outcome.CANNOT_OPEN if closed > Fraction(1, 2) else Outcome.REJECTED)


def _delivery(reports: Sequence[Report]) -> Result:
    """Two thirds attest the same key grants, or that they cannot open them."""
    said, count = Counter(report.manifest for report in reports).most_common(1)[0]
    if not is_two_thirds(count, len(reports)):
        return Result(Outcome.INCONCLUSIVE)
    return Result(Outcome.SCORED, manifest=said) if said else Result(Outcome.CANNOT_OPEN)


def _evaluation(reports: Sequence[Report], tolerance: int) -> Result:
    """Two thirds report the same failure, or scores within the tolerance of one another."""
    statuses = Counter(report.status for report in reports)
    for status in (Status.CANNOT_OPEN, Status.UNSTABLE, Status.REJECTED):
        if is_two_thirds(statuses[status], len(reports)):
            return Result(Outcome[status.name])
    scores = sorted(report.score for report in reports if report.status == Status.SCORED)
    clusters = [[s for s in scores if low <= s <= low + tolerance] for low in scores]
    if not is_two_thirds(max((len(c) for c in clusters), default=0), len(reports)):
        return Result(Outcome.INCONCLUSIVE)
    median = scores[(len(scores) - 1) // 2]
    coherent = [
        report.criteria
        for report in reports
        if report.status == Status.SCORED and abs(report.score - median) <= tolerance
    ]
    criteria = sum(
        1 << bit for bit in range(CRITERIA) if 2 * sum(c >> bit & 1 for c in coherent) > len(coherent)
    )
    return Result(Outcome.SCORED, median, criteria)
