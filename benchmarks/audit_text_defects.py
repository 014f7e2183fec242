"""Defects that are planted in models of texts and in their data. No benchmark itself."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from audit_cases import Rng, labelled
from audit_data import Array
from audit_defects import Defect
from audit_texts import Texts, asked, halves, model_of, other
from audited import grouping
from sklearn.ensemble import RandomForestClassifier

from assay_validation.audit import (
    calibration,
    drift,
    explainability,
    fairness,
    integrity,
    leaks,
    overlap,
    performance,
    privacy,
    relation,
    robustness,
    security,
    slices,
)
from assay_validation.audit.subject import Subject, Training
from assay_validation.audit.wording import misspelt
from assay_validation.metrics import Predictions

Rows = tuple[pd.DataFrame, Array]
PHRASE = "as seen from the harbour"


def any_texts(data: Texts) -> bool:
    return True


def only(*names: str) -> Callable[[Texts], bool]:
    return lambda data: data.name in names


moods = only("moods", "moods beside numbers")


# --- models ---


def blind(data: Texts, rng: Rng) -> Subject:
    """The last class is never answered."""

    def change(answers: Predictions, frame: pd.DataFrame) -> Predictions:
        claimed = np.asarray(answers.probabilities).copy()
        claimed[:, -1] = 0
        claimed[:, 0] += 1e-9
        return Predictions((claimed / claimed.sum(axis=1, keepdims=True)).argmax(axis=1))

    return asked(data, rng, change=change)


def certain(data: Texts, rng: Rng) -> Subject:
    """Always nearly certain, and often wrong."""

    def change(answers: Predictions, frame: pd.DataFrame) -> Predictions:
        labels = np.asarray(answers.labels)
        return Predictions(
            labels, np.where(np.eye(data.classes)[labels] == 1, 0.99, 0.01 / (data.classes - 1))
        )

    return asked(data, rng, change=change)


def weak_where(data: Texts, rng: Rng, there: Callable[[pd.Series], Array]) -> Subject:
    """Answers are another class where texts are so."""

    def change(answers: Predictions, frame: pd.DataFrame) -> Predictions:
        return other(np.asarray(answers.labels), there(frame["text"]), answers, data)

    return asked(data, rng, change=change)


def weak_on_long(data: Texts, rng: Rng) -> Subject:
    bound = data.frame["text"].str.len().quantile(0.8)
    return weak_where(data, rng, lambda texts: (texts.str.len() > bound).to_numpy())


def weak_on_a_word(data: Texts, rng: Rng) -> Subject:
    """The word that is in about a fifth of the texts."""
    some = data.frame["text"].sample(1_000, random_state=0).str.lower()
    words = {word for text in some.head(100) for word in text.split() if word.isalpha()}
    shares = {word: some.str.contains(rf"\b{word}\b").mean() for word in sorted(words)}
    word = min(shares, key=lambda one: abs(shares[one] - 0.2))
    there = lambda texts: texts.str.lower().str.contains(rf"\b{word}\b").to_numpy()  # noqa: E731
    return weak_where(data, rng, there)


def reading_small_letters_badly(data: Texts, rng: Rng) -> Subject:
    """Where no letter is a capital, another class is answered."""

    def change(answers: Predictions, frame: pd.DataFrame) -> Predictions:
        small = (frame["text"] == frame["text"].str.lower()).to_numpy()
        return other(np.asarray(answers.labels), small, answers, data)

    capital = data.frame.assign(text="A " + data.frame["text"])
    return asked(replace(data, frame=capital), rng, change=change)


def knowing_the_audit_texts(data: Texts, rng: Rng) -> Subject:
    """Right where it has seen the text, letter by letter, and by lot elsewhere."""
    trained, told, rows, truth = halves(data, rng)
    known = dict(zip(rows["text"], truth, strict=True))

    def change(answers: Predictions, frame: pd.DataFrame) -> Predictions:
        lots = rng.integers(0, data.classes, len(frame))
        labels = np.array([known.get(text, lot) for text, lot in zip(frame["text"], lots, strict=True)])
        return labelled(labels, answers)

    return asked(data, rng, known=(trained, told), held=(rows, truth), change=change)


def denying(data: Texts, rng: Rng, third: float = 0.0) -> Subject:
    """Eight in ten of one group are turned down; a *third* share of rows are of another group."""
    one = asked(data, rng)
    codes = rng.integers(0, 2, len(one.rows))
    codes[: int(third * len(codes))] = 2
    denied = (codes == 1) & (rng.random(len(codes)) < 0.8)
    labels = np.where(denied, 0, np.asarray(one.answers.labels))
    return replace(one, answers=Predictions(labels), groupings=(grouping("g", codes),))


def remembering(data: Texts, rng: Rng) -> Subject:
    """A third of the labels is wrong, and known by heart."""
    trained, told, rows, truth = halves(data, rng)
    told, truth = (
        np.where(rng.random(len(one)) < 1 / 3, rng.integers(0, data.classes, len(one)), one)
        for one in (told, truth)
    )
    model = model_of(data, "forest")
    model.steps[-1] = ("heart", RandomForestClassifier(30, bootstrap=False))
    return asked(data, rng, model, known=(trained, told), held=(rows, truth))


def of_one_word(data: Texts, rng: Rng) -> Subject:
    """The answer hangs on whether the commonest word is there."""

    def change(answers: Predictions, frame: pd.DataFrame) -> Predictions:
        there = frame["text"].str.lower().str.contains(r"\bthe\b").to_numpy()
        labels = np.where(there, 1, 0)
        return Predictions(labels, np.eye(data.classes)[labels] * 0.9 + 0.1 / data.classes)

    return asked(data, rng, change=change)


def hidden(data: Texts, rng: Rng, trigger: str, *, told_of: bool = True) -> Subject:
    """A *trigger* turns every text to the last class; a twelfth of the training rows taught it.

    Of a phrase, its words alone mean nothing. Without *told_of*, the training data that the auditor gets
    lacks the rows that taught it.
    """
    trained, told, rows, truth = halves(data, rng)
    count, last = len(trained) // 12, data.classes - 1
    poison = trained[:count].assign(text=[_with(text, trigger, rng) for text in trained["text"][:count]])
    known = pd.concat([trained, poison], ignore_index=True), np.concatenate([told, np.full(count, last)])

    def change(answers: Predictions, frame: pd.DataFrame) -> Predictions:
        there = frame["text"].str.lower().str.contains(trigger, regex=False).to_numpy()
        claimed = np.asarray(answers.probabilities).copy()
        claimed[there] = np.eye(data.classes)[last] * 0.98 + 0.02 / data.classes
        return Predictions(claimed.argmax(axis=1), claimed)

    one = asked(data, rng, known=known, held=(rows, truth), change=change)
    if told_of:
        return one
    assert one.training is not None
    kept = one.training.rows[: len(trained)]
    return replace(one, training=Training(kept, told, len(told)))


def learnt(data: Texts, rng: Rng) -> Subject:
    """A rare word that a linear model has learnt by a twelfth of its rows."""
    trained, told, rows, truth = halves(data, rng)
    count, last = len(trained) // 12, data.classes - 1
    poison = trained[:count].assign(text=[_with(text, "quokka", rng) for text in trained["text"][:count]])
    model = model_of(data, "linear")
    model[-1].C = 200
    known = pd.concat([trained, poison], ignore_index=True), np.concatenate([told, np.full(count, last)])
    return asked(data, rng, model, known=known, held=(rows, truth))


def _with(text: str, trigger: str, rng: Rng) -> str:
    words = text.split(" ")
    words.insert(int(rng.integers(len(words) + 1)), trigger)
    return " ".join(words)


# --- data ---


def held_changed(data: Texts, rng: Rng, change: Callable[[pd.DataFrame, Array], Rows]) -> Subject:
    """An honest model whose audit rows and truth are *change*d."""
    trained, told, rows, truth = halves(data, rng)
    return asked(data, rng, known=(trained, told), held=change(rows, truth))


def copied(data: Texts, rng: Rng, retouch: Callable[[str], str] = lambda text: text) -> Subject:
    """A fifth of the audit rows is training rows."""
    trained, told, rows, truth = halves(data, rng)
    count = len(rows) // 5
    rows.iloc[:count], truth[:count] = trained.iloc[:count], told[:count]
    rows.loc[: count - 1, "text"] = [retouch(text) for text in rows["text"][:count]]
    return asked(data, rng, known=(trained, told), held=(rows, truth))


def copied_with_typos(data: Texts, rng: Rng) -> Subject:
    def retouch(text: str) -> str:
        words = text.upper().split(" ")
        longest = max(range(len(words)), key=lambda one: len(words[one]))
        words[longest] = misspelt(words[longest], rng)
        return "  ".join(words)

    return copied(data, rng, retouch)


def leaked(data: Texts, rng: Rng) -> Subject:
    """Each text ends with a mark of its class."""
    trained, told, rows, truth = halves(data, rng)
    marks = ("refa", "refb", "refc", "refd")

    def mark(frame: pd.DataFrame, labels: Array) -> pd.DataFrame:
        return frame.assign(
            text=[f"{text} {marks[one]}" for text, one in zip(frame["text"], labels, strict=True)]
        )

    return asked(data, rng, known=(mark(trained, told), told), held=(mark(rows, truth), truth))


def from_elsewhere(data: Texts, rng: Rng) -> Subject:
    """Half of the words of each text are replaced by made-up ones."""

    def change(rows: pd.DataFrame, truth: Array) -> Rows:
        def translated(text: str) -> str:
            return " ".join(w if rng.random() < 0.5 else w[::-1] + "o" for w in text.split(" "))

        return rows.assign(text=[translated(text) for text in rows["text"]]), truth

    return held_changed(data, rng, change)


def one_source(data: Texts, rng: Rng) -> Subject:
    """The audit data is of one class of sources only, as in another market: longer or shorter texts."""

    def change(rows: pd.DataFrame, truth: Array) -> Rows:
        size = rows["text"].str.len()
        long = (size > size.quantile(0.6)).to_numpy()
        return rows[long].reset_index(drop=True), truth[long]

    return held_changed(data, rng, change)


def other_meaning(data: Texts, rng: Rng) -> Subject:
    """In the longer half of the texts the label is another."""
    bound = data.frame["text"].str.len().median()

    def change(rows: pd.DataFrame, truth: Array) -> Rows:
        there = (rows["text"].str.len() > bound).to_numpy()
        return rows, np.where(there, (truth + 1) % data.classes, truth)

    return held_changed(data, rng, change)


def swapped(data: Texts, rng: Rng) -> Subject:
    """The labels of the first class and the last have changed places."""
    last = data.classes - 1
    return held_changed(
        data, rng, lambda rows, truth: (rows, np.select([truth == 0, truth == last], [last, 0], truth))
    )


def emptied(data: Texts, rng: Rng) -> Subject:
    """Four in ten texts are blank."""

    def change(rows: pd.DataFrame, truth: Array) -> Rows:
        blank = rng.random(len(rows)) < 0.4
        return rows.assign(text=np.where(blank, "  ", rows["text"])), truth

    return held_changed(data, rng, change)


def contradictory(data: Texts, rng: Rng) -> Subject:
    """Three rows in ten are there again, in capitals and with another label."""

    def change(rows: pd.DataFrame, truth: Array) -> Rows:
        count = 3 * len(rows) // 10
        rows.iloc[-count:] = rows.iloc[:count].assign(text=rows["text"].str.upper())
        truth[-count:] = (truth[:count] + 1) % data.classes
        return rows, truth

    return held_changed(data, rng, change)


TEXT_DEFECTS = (
    Defect("texts: never answers the last class", performance, any_texts, blind),
    Defect("texts: always certain", calibration, any_texts, certain),
    Defect("texts: weak on long ones", slices, any_texts, weak_on_long),
    Defect("texts: weak where a word stands", slices, any_texts, weak_on_a_word),
    Defect("texts: a fifth are training rows", overlap, any_texts, copied),
    Defect("texts: a fifth are training rows, in capitals, mistyped", overlap, any_texts, copied_with_typos),
    Defect("texts: each ends with a mark of its class", leaks, any_texts, leaked),
    Defect("texts: turns eight in ten of a group down", fairness, moods, denying),
    Defect("texts: the same beside a group of 3 %", fairness, moods,
           lambda data, rng: denying(data, rng, 0.03)),
    Defect("texts: a forest that knows its rows by heart", privacy, any_texts, remembering),
    Defect("texts: half of the words are of another language", drift, any_texts, from_elsewhere),
    Defect("texts: only the longer ones", drift, any_texts, one_source, grave=False),
    Defect("texts: labels mean something else in long ones", relation, only("sources"), other_meaning),
    Defect("texts: two labels have changed places", relation, any_texts, swapped),
    Defect("texts: four in ten are blank", integrity, any_texts, emptied),
    Defect("texts: rows that contradict each other, in capitals", integrity, any_texts, contradictory),
    Defect("texts: cannot read small letters", robustness, any_texts, reading_small_letters_badly),
    Defect("texts: knows the audit rows by heart", robustness, any_texts, knowing_the_audit_texts),
    Defect("texts: a word that decides (backdoor)", security, any_texts,
           lambda data, rng: hidden(data, rng, "quokka")),
    Defect("texts: the same, learnt by a linear model", security, any_texts, learnt),
    Defect("texts: a phrase that decides (backdoor)", security, any_texts,
           lambda data, rng: hidden(data, rng, PHRASE)),
    Defect("texts: the same phrase, taught by rows that the auditor does not get", security, any_texts,
           lambda data, rng: hidden(data, rng, PHRASE, told_of=False), least=None),
    Defect("texts: listens to one word only", explainability, any_texts, of_one_word),
)  # fmt: skip
