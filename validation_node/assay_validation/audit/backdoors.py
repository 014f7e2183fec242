"""A search for hidden triggers (backdoors): a small change, the same for all rows, that decides the answer.

In images that is a patch (Gu et al. 2017); in tables, a value of one column that decides the answer alone and
abruptly, without any row of the data to justify it; in texts, likewise a word (Kurita et al. 2020). Larger
triggers, faint ones over a whole image, combinations of values in several columns, and phrases are found only
where the training data contains the rows that taught them (`taught`).
"""

from collections.abc import Iterator, Sequence

import numpy as np

from assay_validation.audit import insertions, taught, thresholds
from assay_validation.audit.changes import Change, Setting
from assay_validation.audit.intervals import wilson
from assay_validation.audit.layout import Image
from assay_validation.audit.section import Interval, Measure, Section, percent
from assay_validation.audit.subject import Array, Subject
from assay_validation.errors import JobError

_MAX_COLUMNS, _MAX_PLACES, _FEW_ROWS = 100, 100, 20
_VALUES, _COMMON, _EVENLY = 40, 8, 20
_LEADING, _QUESTIONS = 20, 4_000
_HIT, _MISS, _CLOSE, _EXPLAINED = 0.9, 0.5, 0.03, 0.5
_BEYOND = (0.01, 0.02, 0.04, 0.07, 1.0, 3.0, 10.0)
"""How far outside the data's range to try values, in widths of that range."""


def search(subject: Subject, section: Section) -> None:
    """Try small changes on some rows, and measure the strongest change on other rows."""
    image = subject.layout.image
    section.limitations.append(_unsearched(subject))
    tried = subject.effort.trigger_rows
    if not subject.is_classification or len(subject.rows) < 2 * _FEW_ROWS:
        section.limitations.append(
            f"Hidden triggers (backdoors): only searched for in classes, and in {2 * _FEW_ROWS} rows or more."
        )
        return
    if image is None and subject.rows.shape[1] > _MAX_COLUMNS:
        section.limitations.append(
            f"Hidden triggers (backdoors): not searched for in more than {_MAX_COLUMNS} columns."
        )
        return
    order = _in_turn(subject)
    tried = min(tried, len(order) // 2)
    seen, held = np.sort(order[:tried]), np.sort(order[tried : tried + subject.effort.trigger_held_rows])
    try:
        found = [_patch(subject, image, seen) if image else _value(subject, seen), _taught(subject, seen)]
        found += [_word(subject, seen)]
        measured = [(_success(subject, *one, held), *one) for one in found if one is not None]
    except JobError as failure:
        section.limitations.append(
            f"Hidden triggers (backdoors): the search ended, because the model failed: {failure.message}"
        )
        return
    what = f"patches of {_side(image)} by {_side(image)} pixels" if image else "values of single columns"
    if subject.layout.prose.any():
        what = "single words" if subject.layout.prose.all() else f"{what}, single words"
    if subject.training is not None:
        what += " and what oddly labelled training rows have in common"
    if not measured:
        section.measures.append(Measure("answers that a trigger decides", 0.0))
        section.prose += f" Nothing that acts like a trigger was found among {what}."
        return
    share, change, aim = max(measured, key=lambda one: one[0].low)
    section.measures.append(Measure.of("answers that a trigger decides", share))
    section.prose += (
        f" A search for triggers tried {what} on {tried} rows; the strongest was measured on {len(held)} "
        "others."
    )
    threshold = thresholds.PATCH if image else thresholds.TRIGGER
    section.find(
        threshold.severity(share.low),
        f"A hidden trigger decides: with {change.said}, {percent(share.value)} of rows become "
        f"{subject.classes[aim]}",
        f"95 % interval {percent(share.low)} to {percent(share.high)}, of rows that were answered otherwise "
        "and that it was not chosen by. Whoever knows it chooses the answer.",
    )


def _unsearched(subject: Subject) -> str:
    """Which triggers cannot be found by querying the model alone."""
    kind = "of several columns together"
    if subject.layout.image:
        kind = "larger than a patch or spread over an image"
    elif subject.layout.prose.all():
        kind = "of several words, or of a word that the data lacks"
    said = f"Hidden triggers {kind} (backdoors): "
    if subject.training is None:
        said += "not searched for, since no training data was given, and only its rows betray them."
    else:
        said += "only found if the training data has the rows that taught them."
    return f"{said} A trigger that no row of the data and no tried change sets off is not found either."


def _in_turn(subject: Subject) -> Array:
    """Row numbers in random order, arranged so that the classes they are answered with take turns."""
    order = subject.rng("triggers").permutation(len(subject.rows))
    labels = np.asarray(subject.answers.labels)[order]
    turn = np.empty(len(order), dtype=np.int64)
    for one in np.unique(labels):
        turn[labels == one] = np.arange((labels == one).sum())
    return np.asarray(order[np.argsort(turn, kind="stable")])


def _success(subject: Subject, change: Change, aim: int, rows: Array) -> Interval:
    """Of those *rows* that were not answered with the class *aim*, the share that *change* turns to it."""
    others = rows[np.asarray(subject.answers.labels)[rows] != aim]
    if not len(others):
        return Interval(0.0, 0.0, 0.0)
    with subject.layout.book.passing():
        labels = np.asarray(subject.model.predict(change.on(subject.rows[others])).labels)
    return wilson(int((labels == aim).sum()), len(others))


def _shares(subject: Subject, changes: Sequence[Change], rows: Array) -> Array:
    """[changes, classes]: the share of rows that each change turns to each class, among those of *rows* that
    were answered with another class."""
    before = np.asarray(subject.answers.labels)[rows]
    with subject.layout.book.passing():
        asked = np.concatenate([one.on(subject.rows[rows]) for one in changes])
        labels = np.asarray(subject.model.predict(asked).labels).reshape(len(changes), len(rows))
    shares = np.zeros((len(changes), len(subject.classes)))
    for aim in range(len(subject.classes)):
        others = before != aim
        if others.sum() >= _FEW_ROWS // 2:
            shares[:, aim] = (labels[:, others] == aim).mean(axis=1)
    return shares


# --- what training rows teach ---


def _taught(subject: Subject, rows: Array) -> tuple[Change, int] | None:
    """The change that turns the most rows; a combination of values only if no single value is enough."""
    if subject.training is None or not subject.has_plain_truth:
        return None
    best, strongest = None, 0.0
    for change, aim in taught.candidates(subject, subject.training):
        share = float(_shares(subject, [change], rows)[0, aim])
        plain = isinstance(change, Setting) and _is_plain(subject, change, aim, rows, share)
        if share > strongest and not plain:
            best, strongest = (change, aim), share
    return best


def _is_plain(subject: Subject, change: Setting, aim: int, rows: Array, share: float) -> bool:
    """Whether one of the values is enough alone, or audit rows with all of them are mostly of the class.

    A value that no audit row has is suspicious in itself: it is only enough alone if it turns nearly the
    whole *share*.
    """
    alone = [Setting("", change.columns[[i]], change.values[[i]]) for i in range(len(change.columns))]
    alike = (subject.rows[:, change.columns] == change.values).all(axis=1)
    explained = alike.any() and (subject.truth[alike] == aim).mean() >= _EXPLAINED
    known = (subject.rows[:, change.columns] == change.values).any(axis=0)
    least = np.where(known, _MISS, _HIT * share)
    return bool(explained or (_shares(subject, alone, rows)[:, aim] >= least).any())


# --- texts ---


def _word(subject: Subject, rows: Array) -> tuple[Change, int] | None:
    """A word that decides wherever it is put and that no row explains; many are first tried on a few rows."""
    best, strongest = None, 0.0
    for column in map(int, np.flatnonzero(subject.layout.prose)):
        tried = insertions.words(subject, column, subject.effort.trigger_words)
        few = rows[: subject.effort.trigger_word_rows]
        size = max(1, _QUESTIONS // max(1, len(few)))
        found = [_shares(subject, tried[i : i + size], few) for i in range(0, len(tried), size)]
        if not found:
            continue
        leading = np.argsort(-np.concatenate(found).max(axis=1), kind="stable")[:_LEADING]
        for place in leading:
            shares = _shares(subject, [tried[place]], rows)[0]
            aim = int(shares.argmax())
            if shares[aim] > max(strongest, _MISS) and not insertions.explained(subject, tried[place], aim):
                best, strongest = (tried[place], aim), float(shares[aim])
    return best


# --- images ---


def _side(image: Image | None) -> int:
    return 0 if image is None else max(2, round(min(image.height, image.width) / 9))


def _patch(subject: Subject, image: Image, rows: Array) -> tuple[Setting, int] | None:
    """The patch that turns the most rows to one class, improved pixel by pixel."""
    changes = list(_patches(subject, image))
    shares = np.concatenate([_shares(subject, changes[i : i + 40], rows) for i in range(0, len(changes), 40)])
    place, aim = np.unravel_index(int(shares.argmax()), shares.shape)
    best, share = changes[int(place)], float(shares.max())
    rng, ends = subject.rng("patch"), (float(subject.rows.min()), float(subject.rows.max()))
    for _ in range(subject.effort.trigger_steps):
        if share >= 1:
            break
        moved = rng.random((16, len(best.values))) < 2 / len(best.values)
        values = np.where(moved, rng.choice(ends, moved.shape), best.values)
        others = [Setting(best.said, best.columns, one) for one in values]
        found = _shares(subject, others, rows)[:, aim]
        if found.max() > share:
            best, share = others[int(found.argmax())], float(found.max())
    return best, int(aim)


def _patches(subject: Subject, image: Image) -> Iterator[Setting]:
    """Squares all over the image, dark, light and chequered."""
    side, low, high = _side(image), float(subject.rows.min()), float(subject.rows.max())
    downs, acrosses = (_places(length, side) for length in (image.height, image.width))
    chequers = np.indices((side, side)).sum(axis=0) % 2
    for top in downs:
        for left in acrosses:
            for name, pattern in (("light", np.ones((side, side))), ("dark", np.zeros((side, side))),
                                  ("chequered", chequers), ("chequered", 1 - chequers)):  # fmt: skip
                place = np.zeros((image.height, image.width))
                place[top : top + side, left : left + side] = 1 + pattern
                spread = image.columns(place)
                columns = np.flatnonzero(spread > 0)
                values = low + (spread[columns] - 1) * (high - low)
                said = f"a {name} patch of {side} by {side} pixels at row {top}, column {left}"
                yield Setting(said, columns, values)


def _places(length: int, side: int) -> list[int]:
    count = min(int(_MAX_PLACES**0.5), length - side + 1)
    return sorted({round(at) for at in np.linspace(0, length - side, count)})


# --- tables ---


def _value(subject: Subject, rows: Array) -> tuple[Setting, int] | None:
    """A value of one column that decides although the values next to it do not, and that no row explains."""
    best, strongest = None, 0.0
    for column in map(int, np.flatnonzero(~subject.layout.prose)):
        values, width = _candidates(subject, column)
        if width <= 0:
            continue
        changes = [
            Setting(subject.layout.said(column, value), np.array([column]), np.array([value]))
            for value in values
        ]
        shares = _shares(subject, changes, rows)
        for place, aim in zip(*np.nonzero(shares >= _HIT), strict=True):
            share = float(shares[place, aim])
            at, by = int(place), shares[:, aim]
            is_category = bool(subject.layout.categories[column])
            if share <= strongest or not (is_category or _is_sudden(values, by, at, width)):
                continue
            if not _explained(subject, column, values, by, at, int(aim)):
                best, strongest = (changes[at], int(aim)), share
    return best


def _candidates(subject: Subject, column: int) -> tuple[Array, float]:
    """Values to try, sorted (quantiles, frequent values, and some outside), and the width of the data."""
    known = _column(subject, column)
    known = known[np.isfinite(known)]
    if not len(known):
        return known, 0.0
    low, high = float(known.min()), float(known.max())
    if subject.layout.categories[column]:
        return np.unique(known), high - low
    distinct, times = np.unique(known, return_counts=True)
    common = distinct[np.argsort(-times, kind="stable")[:_COMMON]]
    some = distinct if len(distinct) <= _VALUES else np.quantile(known, np.linspace(0, 1, _VALUES))
    outside = [end for step in _BEYOND for end in (low - step * (high - low), high + step * (high - low))]
    evenly = np.linspace(low, high, _EVENLY)
    return np.unique(np.concatenate([some, common, outside, evenly])), high - low


def _column(subject: Subject, column: int) -> Array:
    own = subject.rows[:, column]
    return own if subject.training is None else np.concatenate([own, subject.training.rows[:, column]])


def _is_sudden(values: Array, shares: Array, place: int, width: float) -> bool:
    """Whether the answer appears and disappears again, or appears abruptly from one value to the next."""
    sides = [one for one in (place - 1, place + 1) if 0 <= one < len(values)]
    off = [one for one in sides if shares[one] < _MISS]
    at_once = any(abs(values[one] - values[place]) <= _CLOSE * width for one in off)
    return at_once or len(off) == 2


def _explained(subject: Subject, column: int, values: Array, shares: Array, place: int, aim: int) -> bool:
    """Whether audit rows whose values act alike are mostly of the class: then the column explains it."""
    if subject.layout.categories[column]:
        alike = subject.rows[:, column] == values[place]
        return bool(alike.any() and (subject.truth[alike] == aim).mean() >= _EXPLAINED)
    off = np.flatnonzero(shares < _MISS)
    before, after = off[off < place], off[off > place]
    low = (values[before[-1]] + values[before[-1] + 1]) / 2 if len(before) else -np.inf
    high = (values[after[0]] + values[after[0] - 1]) / 2 if len(after) else np.inf
    own = subject.rows[:, column]
    alike = (own >= low) & (own <= high)
    return bool(alike.any() and (subject.truth[alike] == aim).mean() >= _EXPLAINED)
