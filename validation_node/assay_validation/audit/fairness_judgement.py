"""Which differences between groups are findings, and how serious they are."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from assay.manifests.evaluation import Fairness
from assay_validation.audit import thresholds
from assay_validation.audit.comparisons import ByGroup, Pair, difference
from assay_validation.audit.intervals import LEVEL
from assay_validation.audit.section import Interval, Section, percent
from assay_validation.audit.subject import Array, Subject
from assay_validation.audit.sufficiency import TRADE_OFF, is_sufficient, ranking_gap
from assay_validation.audit.thresholds import SEVERITIES, Severity

ABSOLUTE, SIGNED = "mean absolute error", "mean signed error"
SELECTION, TRUE_POSITIVES, FALSE_POSITIVES = "selection rate", "true positive rate", "false positive rate"
TRUTH, BEYOND, CLAIMED = "true rate", "selection beyond the truth", "probability beyond the truth"

Looks = Mapping[str, Mapping[str, ByGroup]]
"""Everything that was measured in the groups of each grouping, by the grouping's title."""

_ASKED: dict[Fairness, frozenset[str]] = {
    Fairness.DEMOGRAPHIC_PARITY: frozenset({SELECTION}),
    Fairness.EQUAL_OPPORTUNITY: frozenset({TRUE_POSITIVES}),
    Fairness.EQUALISED_ODDS: frozenset({TRUE_POSITIVES, FALSE_POSITIVES}),
    Fairness.CALIBRATION: frozenset({CLAIMED}),
}
_UNEQUAL = "Equally deserving people are treated unequally (equalised odds):"
_SAID = {
    SELECTION: "Groups get the favourable answer unequally (demographic parity), the rates differ",
    TRUE_POSITIVES: f"{_UNEQUAL} the true positive rate differs",
    FALSE_POSITIVES: f"{_UNEQUAL} the false positive rate differs",
    CLAIMED: "The probabilities favour one group: beyond the truth they differ",
    ABSOLUTE: "Errors are larger in one group than in another",
    SIGNED: "The mean error differs between groups: one is put too high beside another",
}
UNEQUAL_RANKING = (
    "That does not explain the difference here: the probabilities tell who deserves the answer far better in "
    "one of the groups than in the other (AUROC)."
)
_MOST_FITS = 60


def judge(section: Section, subject: Subject, pairs: Sequence[Pair], looks: Looks) -> None:
    """Add a finding for each statistic whose most serious pair reaches a threshold."""
    excused: list[Pair] = []
    for name in dict.fromkeys(pair.statistic.name for pair in pairs):
        graded = [
            (severity, pair)
            for pair in pairs
            if pair.statistic.name == name and (severity := _severity(subject, pair, looks)) is not None
        ]
        graded.sort(key=lambda one: SEVERITIES.index(one[0]))
        kept: list[Pair] = []
        for severity, pair in graded[:_MOST_FITS]:
            (excused if _follows_from_base_rates(subject, pair, looks) else kept).append(pair)
            if kept:
                _find(section, subject, severity, pair, len(graded), looks)
                break
    if excused:
        _tell_trade_off(section, excused)


def _severity(subject: Subject, pair: Pair, looks: Looks) -> Severity | None:
    """How serious a pair is; if the order names a kind of fairness, everything else is only a note."""
    grave = _GRADES.get(pair.statistic.name, _grade_score)(subject, pair, looks)
    asked = None if subject.fairness is None else _ASKED[subject.fairness]
    if grave is None or not pair.significant:
        return None
    return grave if asked is None or pair.statistic.name in asked else "note"


def _grade_selection(subject: Subject, pair: Pair, looks: Looks) -> Severity | None:
    """Grade the gap itself where the order asks for parity, else only what exceeds the gap in the truth."""
    least = pair.difference.low
    if subject.fairness is not Fairness.DEMOGRAPHIC_PARITY:
        beyond = looks[pair.statistic.grouping.title][BEYOND]
        least = min(least, difference(beyond, pair.high, pair.low).low)
    return thresholds.SELECTION_SHORTFALL.severity(least)


def _grade_rate(subject: Subject, pair: Pair, looks: Looks) -> Severity | None:
    return thresholds.EQUALISED_ODDS.severity(pair.difference.low)


def _grade_claimed(subject: Subject, pair: Pair, looks: Looks) -> Severity | None:
    return thresholds.CLAIMED_GAP.severity(pair.difference.low)


def _grade_score(subject: Subject, pair: Pair, looks: Looks) -> Severity | None:
    if not subject.spec.metric.is_error:
        return thresholds.SCORE_GAP.severity(pair.difference.low)
    least = pair.statistic.values[pair.low]  # errors have no scale of their own: what matters is the ratio
    return thresholds.GROUP_ERROR.severity(pair.difference.low / least) if least > 0 else None


def _grade_absolute(subject: Subject, pair: Pair, looks: Looks) -> Severity | None:
    best, worst = pair.statistic.of(pair.low), pair.statistic.of(pair.high)
    return thresholds.GROUP_ERROR.severity(worst.low / best.high - 1) if best.high > 0 else None


def _grade_signed(subject: Subject, pair: Pair, looks: Looks) -> Severity | None:
    scale = float(subject.truth.std())
    return thresholds.GROUP_BIAS.severity(pair.difference.low / scale) if scale > 0 else None


_GRADES: dict[str, Callable[[Subject, Pair, Looks], Severity | None]] = {
    SELECTION: _grade_selection,
    TRUE_POSITIVES: _grade_rate,
    FALSE_POSITIVES: _grade_rate,
    CLAIMED: _grade_claimed,
    ABSOLUTE: _grade_absolute,
    SIGNED: _grade_signed,
}


def _follows_from_base_rates(subject: Subject, pair: Pair, looks: Looks) -> bool:
    """Whether a calibrated model would show the same difference, because the base rates differ.

    Applies only if the order does not say which kind of fairness it means; without probabilities nothing can
    be excused.
    """
    measured = looks[pair.statistic.grouping.title]
    if subject.fairness is not None or CLAIMED not in measured or pair.statistic.name == CLAIMED:
        return False
    if not _base_rates_differ(measured[TRUTH], pair):
        return False
    return is_sufficient(*_of_both(subject, pair)) and not _ranks_unequally(subject, pair)


def _ranks_unequally(subject: Subject, pair: Pair) -> bool:
    """Whether the model tells people apart well in one group and hardly at all in the other."""
    return thresholds.SCORE_GAP.severity(ranking_gap(*_of_both(subject, pair))) in thresholds.GRAVE


def _of_both(subject: Subject, pair: Pair) -> tuple[Array, Array, Array]:
    """For the rows of both groups: the probability of the favourable answer, who deserves it, and who is in
    the second group."""
    codes = pair.statistic.grouping.codes
    rows = np.flatnonzero(np.isin(codes, [pair.high, pair.low]))
    return (
        np.asarray(subject.answers.probabilities)[rows, subject.favourable],
        np.asarray(subject.truth[rows] == subject.favourable),
        codes[rows] == pair.low,
    )


def _base_rates_differ(truth: ByGroup, pair: Pair) -> bool:
    one, other = np.array([pair.high]), np.array([pair.low])
    return bool(truth.test(one, other)[0] < 1 - LEVEL)


def _find(
    section: Section, subject: Subject, severity: Severity, pair: Pair, graded: int, looks: Looks
) -> None:
    section.find(
        severity,
        f"{_summary(pair)} {_amount(pair, pair.difference.value)}",
        _details(subject, pair, graded, looks),
    )
    asked = subject.fairness
    if severity == "note" and asked is not None:
        last = section.findings.pop()
        said = f"{last.details} The order asks for {asked.words}, so this does not count against the model."
        section.find("note", last.summary, said)


def _summary(pair: Pair) -> str:
    name = pair.statistic.name
    return f"{_SAID.get(name, f'The {name} differs between groups')} by"


def _details(subject: Subject, pair: Pair, graded: int, looks: Looks) -> str:
    return " ".join(_sentences(subject, pair, graded, looks))


def _sentences(subject: Subject, pair: Pair, graded: int, looks: Looks) -> Iterator[str]:
    one, names = pair.statistic, pair.statistic.grouping.names
    ends = " to ".join(_amount(pair, end) for end in (pair.difference.low, pair.difference.high))
    yield (
        f"{names[pair.high]}: {_amount(pair, one.values[pair.high])} of {one.counts[pair.high]:,} rows; "
        f"{names[pair.low]}: {_amount(pair, one.values[pair.low])} of {one.counts[pair.low]:,}."
    )
    chance = f"probability by chance {pair.error:.2g}, allowed {pair.allowed:.2g}"
    yield f"95 % interval of the difference {ends}; {chance}."
    measured = looks[one.grouping.title]
    if TRUTH in measured and one.name in (SELECTION, TRUE_POSITIVES, FALSE_POSITIVES):
        truth = measured[TRUTH].values
        yield f"In the truth the groups have {percent(truth[pair.high])} and {percent(truth[pair.low])}."
        if _base_rates_differ(measured[TRUTH], pair):
            yield TRADE_OFF
            if CLAIMED in measured and _ranks_unequally(subject, pair):
                yield UNEQUAL_RANKING
    if graded > 1:
        yield f"{graded - 1} more pairs of groups reach a threshold."


def _amount(pair: Pair, value: float) -> str:
    return percent(value) if pair.statistic.unit == "share" else f"{value:.4g}"


def _tell_trade_off(section: Section, excused: Sequence[Pair]) -> None:
    """One note for all differences that unequal base rates explain."""
    worst: dict[str, Interval] = {}
    for pair in excused:
        worst.setdefault(pair.statistic.name, pair.difference)
    gap = "; ".join(f"{name} {percent(one.value)}" for name, one in worst.items())
    section.find(
        "note",
        f"Rates differ between groups as calibrated probabilities make them: {gap}",
        f"The base rates differ, and equal probabilities mean the same in these groups. {TRADE_OFF} Name "
        "the kind of fairness (equalised odds, say) to have this judged.",
    )
