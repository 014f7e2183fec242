"""Triggers that training rows teach: rows labelled as one class that, judging by the audit rows, are another.

To plant a trigger, an attacker adds rows that carry it, with the label that it should produce. A plain model
of the audit rows finds such rows, and what they have in common is tried: values that occur together in a
table, however many columns they span, and the mean pattern of images, however faint. Without these rows
nothing can be found.
"""

from collections.abc import Iterator
from itertools import chain

import numpy as np

from assay_validation.audit.changes import Change, Pattern, Setting
from assay_validation.audit.insertions import phrases
from assay_validation.audit.references import expected
from assay_validation.audit.subject import Array, Subject, Training

_FEW = 10
_STARTS, _VALUES, _SHARED, _USUAL = 8, 3, 2 / 3, 0.5
_STRENGTHS = (0.1, 0.2, 0.3)
"""The most that a pattern changes a pixel, as a share of the pixels' range."""


def candidates(subject: Subject, training: Training) -> Iterator[tuple[Change, int]]:
    """Changes to try, each with the class that it would turn rows to."""
    rows, told = training.rows, training.truth
    taken_for = expected(subject, rows)
    for aim in range(len(subject.classes)):
        odd = (told == aim) & (taken_for != aim)
        if odd.sum() < _FEW:
            continue
        if subject.layout.image is None:
            changes: Iterator[Change] = chain(
                _together(subject, rows[odd]), phrases(subject, training.rows, odd)
            )
        else:
            changes = _patterns(subject, rows[odd], taken_for[odd])
        for change in changes:
            yield change, aim


# --- tables ---


def _together(subject: Subject, odd: Array) -> Iterator[Setting]:
    """Values shared by most of the *odd* rows with one telling value, but not by most audit rows."""
    own = subject.filled
    telling = [
        (float((odd[:, column] == value).mean() - (own[:, column] == value).mean()), column, float(value))
        for column in range(odd.shape[1])
        for value in _frequent(odd[:, column])
    ]
    seen = set()
    for excess, column, value in sorted(telling, reverse=True)[:_STARTS]:
        holders = odd[odd[:, column] == value]
        if excess <= 0 or len(holders) < _FEW:
            continue
        shared = [(one, _frequent(holders[:, one])[0]) for one in range(odd.shape[1])]
        common = tuple(
            (one, float(value))
            for one, value in shared
            if (holders[:, one] == value).mean() >= _SHARED and (own[:, one] == value).mean() < _USUAL
        )
        if len(common) > 1 and common not in seen:
            seen.add(common)
            said = " and ".join(subject.layout.said(one, value) for one, value in common[:5])
            columns, values = zip(*common, strict=True)
            yield Setting(said, np.array(columns), np.array(values))


def _frequent(values: Array) -> Array:
    distinct, times = np.unique(values, return_counts=True)
    return np.asarray(distinct[np.argsort(-times, kind="stable")[:_VALUES]])


# --- images ---


def _patterns(subject: Subject, odd: Array, taken_for: Array) -> Iterator[Pattern]:
    """How *odd* images differ, on average, from audit images of the class that they are taken for."""
    means = {one: subject.rows[subject.truth == one].mean(axis=0) for one in np.unique(taken_for)}
    pattern = (odd - np.array([means[one] for one in taken_for])).mean(axis=0)
    most = float(np.abs(pattern).max())
    for strength in _STRENGTHS if most > 0 else ():
        added = pattern / most * strength * float(np.ptp(subject.rows))
        yield Pattern(f"a pattern over the whole image, of {strength:.0%} of the range of pixels", added)
