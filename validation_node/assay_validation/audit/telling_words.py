"""Which words of a text decide: each is left out in turn (occlusion, as for images)."""

from collections import defaultdict
from typing import Any

import numpy as np

from assay_validation.audit import thresholds
from assay_validation.audit.deletion import Deletion, compared, remaining
from assay_validation.audit.intervals import percentiles
from assay_validation.audit.section import Measure, Section, Table, line, percent
from assay_validation.audit.subject import Array, Subject
from assay_validation.audit.texts import WORD, words_of

_MAX_WORDS, _SHOWN, _RESAMPLES, _STEPS = 60, 15, 1_000, 10
_FEW_WORDS = 20


def examine(subject: Subject, section: Section) -> Deletion | None:
    """Words by attribution over sampled answers, and the deletion check; None if no word has an effect."""
    rows = subject.sample("explained words", subject.effort.explained_rows)
    targets = subject.outputs(subject.answers)[rows].argmax(axis=1)
    section.prose += (
        f" Of {len(rows)} rows, each word was left out of the texts in turn, wherever it stood (up to "
        f"{_MAX_WORDS} words of a row)."
    )
    found = [_falls(subject, row, target) for row, target in zip(rows, targets, strict=True)]
    if not any(any(falls.values()) for falls in found):
        section.find(
            "major" if subject.layout.prose.all() else "minor",
            "No single word changes the answer: the model hardly reads the texts",
            "Whatever is written, the answer is the same.",
        )
        return None
    _rank(subject, section, found)
    guided, random = zip(*_curves(subject, rows, targets, found), strict=True)
    return compared(subject, np.linspace(0, 1, _STEPS + 1), list(guided), list(random))


def _falls(subject: Subject, row: int, target: int) -> dict[str, float]:
    """How much the answer to a row falls without each word."""
    words = list(dict.fromkeys(_words(subject, row)))[:_MAX_WORDS]
    if not words:
        return {}
    left = _asked(subject, row, [{word} for word in words])[:, target]
    before = subject.outputs(subject.answers)[row, target]
    return {word: float(before - after) for word, after in zip(words, left, strict=True)}


def _rank(subject: Subject, section: Section, found: list[dict[str, float]]) -> None:
    sizes: dict[str, Array] = defaultdict(lambda: np.zeros(len(found)))
    for place, falls in enumerate(found):
        for word, fall in falls.items():
            sizes[word][place] = abs(fall)
    words, each = list(sizes), np.array(list(sizes.values()))
    share = each.sum(axis=1) / each.sum()
    order = np.argsort(-share, kind="stable")[:_SHOWN]
    rng = subject.rng("words")
    weights = rng.multinomial(len(found), np.full(len(found), 1 / len(found)), _RESAMPLES)
    drawn = (weights @ each[order].T) / np.maximum(weights @ each.sum(axis=0), 1e-300)[:, None]
    ends = [percentiles(float(share[one]), drawn[:, place]) for place, one in enumerate(order)]
    section.measures += [
        Measure.of(f"attribution of the word “{line(words[one])[:40]}”", end)
        for one, end in zip(order, ends, strict=True)
    ]
    section.tables.append(
        Table(
            ("word", "share of all attribution", "95 %", "in texts"),
            [
                (line(words[one])[:40], percent(end.value), f"{percent(end.low)} to {percent(end.high)}",
                 f"{(each[one] > 0).sum()} of {len(found)}")
                for one, end in zip(order, ends, strict=True)
            ],
            "Words without which the answers change most.",
        )
    )  # fmt: skip
    if len(words) >= _FEW_WORDS:
        first = line(words[order[0]])[:40]
        section.find(
            thresholds.ONE_WORD.severity(ends[0].low),
            f"One word decides: “{first}” has {percent(ends[0].value)} of all attribution",
            f"Of {len(words):,} words; 95 % interval {percent(ends[0].low)} to {percent(ends[0].high)}. Ask "
            "why; a label in disguise or a planted trigger looks like this.",
        )


def _curves(
    subject: Subject, rows: Array, targets: Array, found: list[dict[str, float]]
) -> list[tuple[Array, Array]]:
    """For each row, how much of its answer is left as words are erased, by attribution and at random."""
    rng, curves = subject.rng("words erased"), []
    for row, target, falls in zip(rows, targets, found, strict=True):
        # a number's answer has no direction: what moves it most, either way, comes first
        sizes = falls if subject.answers.values is None else {word: abs(one) for word, one in falls.items()}
        words = sorted(sizes, key=lambda word: -sizes[word])
        if not words:
            continue
        orders = [words, *(list(rng.permutation(words)) for _ in range(subject.effort.random_orders))]
        counts = np.linspace(0, len(words), _STEPS + 1).round().astype(int)
        left = _asked(subject, row, [set(order[:count]) for order in orders for count in counts])
        left = left[:, target].reshape(len(orders), len(counts))
        first, *others = remaining(subject, left)
        curves.append((first, np.mean(others, axis=0)))
    return curves


def _asked(subject: Subject, row: int, without: list[set[str]]) -> Array:
    """[sets of words, outputs]: the answers to a row without each of these sets."""
    layout = subject.layout
    asked = np.tile(subject.rows[row], (len(without), 1))
    with layout.book.passing():
        for column in np.flatnonzero(layout.prose):
            (text,) = layout.book.texts(asked[:1, column])
            asked[:, column] = layout.book.numbers([_erased(text, words) for words in without])
        return np.asarray(subject.outputs(subject.model.predict(asked)))


def _words(subject: Subject, row: int) -> list[str]:
    return [word for text in subject.layout.book.texts(subject.rows[row, subject.layout.prose])
            for word in words_of(text)]  # fmt: skip


def _erased(text: str, words: set[str]) -> str:
    def kept(found: Any) -> str:
        return "" if found[0].lower() in words else str(found[0])

    return WORD.sub(kept, text)
