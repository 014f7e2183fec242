"""Audits of models that read texts: sentences of the documentation of numpy and of scipy."""

import inspect
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import scipy.special
import scipy.stats
from audited import accused, subject
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.pipeline import make_pipeline

from assay.manifests.evaluation import DataMapping, EvaluationSpec, InputMapping, OutputMapping
from assay_validation import frames
from assay_validation.audit import (
    drift,
    explainability,
    fairness,
    insertions,
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
from assay_validation.audit.conduct import conduct
from assay_validation.audit.layout import Layout
from assay_validation.audit.order import Order
from assay_validation.audit.plain import Reading
from assay_validation.audit.report import Heading, render
from assay_validation.audit.subject import Training
from assay_validation.audit.texts import Book, folded, words_of
from assay_validation.audit.wording import EDITS
from assay_validation.metrics import Predictions

PARTS = (performance, overlap, slices, leaks, fairness, robustness, privacy, security, explainability, drift,
         integrity, relation)  # fmt: skip
GRAVE = ("major", "critical")


def sentences(*modules) -> list[str]:
    """First sentences of what *modules* offer."""
    found = set()
    for module in modules:
        for one in vars(module).values():
            parts = (inspect.getdoc(one) or "").split("\n\n") if callable(one) else []
            found |= {
                " ".join(part.split()) for part in parts if 40 <= len(part) <= 400 and ">>>" not in part
            }
    return sorted(found)


@pytest.fixture(scope="module")
def texts() -> pd.DataFrame:
    """Three hundred of each kind, in no order."""
    kinds = sentences(np, np.linalg, np.ndarray), sentences(scipy.stats, scipy.special)
    size = 300
    rows = [(text, label) for label, some in enumerate(kinds) for text in some[:: len(some) // size][:size]]
    return pd.DataFrame(rows, columns=["text", "y"]).sample(frac=1, random_state=0).reset_index(drop=True)


@pytest.fixture(scope="module")
def halves(texts):
    return texts[: len(texts) // 2].reset_index(drop=True), texts[len(texts) // 2 :].reset_index(drop=True)


def fitted(known: pd.DataFrame, strength: float = 0.3):
    words = TfidfVectorizer(token_pattern=r"[a-zA-Z0-9]+")
    return make_pipeline(words, LogisticRegression(C=strength)).fit(known["text"], known["y"])


def mapping(*extra: str) -> DataMapping:
    inputs = [InputMapping(name="text", columns=("text",), dtype="string")]
    inputs += [InputMapping(name=one, columns=(one,)) for one in extra]
    return DataMapping(format="csv", inputs=tuple(inputs), label="y", classes=("0", "1"))


def asked(known: pd.DataFrame, held: pd.DataFrame, model=None, change=None, **given):
    """What parts are given of a model of texts."""
    model = model or fitted(known)
    column = lambda frame: [frame["text"].to_numpy(object)[:, None]]  # noqa: E731
    layout = Layout.of(mapping(), column(held))

    def predict(rows):
        asked_for = layout.arrays(rows)[0].ravel()
        claimed = model.predict_proba(asked_for)
        if change is not None:
            claimed = change(claimed, asked_for)
        return Predictions(claimed.argmax(axis=1), claimed)

    rows, before = layout.matrix(column(held)), layout.matrix(column(known))
    graph = SimpleNamespace(outputs=[], kinds={}, operators=1, parameters=1, opset=17)
    size = SimpleNamespace(stat=lambda: SimpleNamespace(st_size=1))
    options = {
        "training": Training(before, known["y"].to_numpy(), len(known)), "layout": layout, "rows": rows,
        "model": SimpleNamespace(predict=predict), "graph": graph, "model_file": size,
        "groups": np.arange(len(rows)) % 2,
    }  # fmt: skip
    return subject(held["y"].to_numpy(), predict(rows), **options | given)


def grave(one, part):
    return [f.summary for f in part.examine(one).findings if f.severity in GRAVE]


# --- a healthy model ---


@pytest.fixture(scope="module")
def ordered(halves, tmp_path_factory) -> Order:
    """A real file of a pipeline that reads texts, and its data."""
    folder = tmp_path_factory.mktemp("texts")
    for name, frame in zip(("training", "held"), halves, strict=True):
        frame.to_csv(folder / f"{name}.csv", index=False)
    exported = to_onnx(
        fitted(halves[0]), initial_types=[("text", StringTensorType([None, 1]))], options={"zipmap": False}
    )
    (folder / "model.onnx").write_bytes(exported.SerializeToString())
    spec = EvaluationSpec(
        task="classification", metric="accuracy", data=mapping(),
        output=OutputMapping(labels="label", probabilities="probabilities"),
    )  # fmt: skip
    training = folder / "training.csv"
    return Order(folder / "model.onnx", folder / "held.csv", spec, training=training, quick=True)


def test_a_healthy_model_is_approved_in_the_jail(ordered, halves):
    outcome = conduct(ordered)
    assert [f.summary for f in outcome.findings if f.severity in GRAVE] == []
    assert outcome.approved
    (score,) = (f for f in outcome.figures if f.name == "accuracy")
    known, held = halves
    expected = accuracy_score(held["y"], fitted(known).predict(held["text"]))
    assert score.value == pytest.approx(1e6 * expected, abs=1)
    first_screen = render(outcome, Heading("texts")).decode().split("<h2")[0]
    for topic in ("noise and attacks", "hidden triggers of several words", "leaked labels in a text"):
        assert topic in first_screen.lower()


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__.rpartition(".")[2])
def test_no_part_accuses_a_healthy_model(part, halves):
    assert grave(asked(*halves), part) == []


def test_figures_are_those_of_the_libraries_that_define_them(halves):
    known, held = halves
    one, model = asked(known, held), fitted(known)
    found = {m.name: m.value for part in (privacy, drift, robustness) for m in part.examine(one).measures}
    losses = [-np.log(model.predict_proba(f["text"])[np.arange(len(f)), f["y"]]) for f in (known, held)]
    inside = np.repeat([1, 0], [len(known), len(held)])
    assert found["membership AUROC"] == pytest.approx(roc_auc_score(inside, -np.concatenate(losses)))
    lengths = [frame["text"].str.len() for frame in (known, held)]
    assert found["KS distance of the length of text"] == pytest.approx(ks_2samp(*lengths).statistic)
    capitals = accuracy_score(held["y"], model.predict(held["text"].str.upper()))
    whole = accuracy_score(held["y"], model.predict(held["text"]))
    assert found["score lost to capitals"] == pytest.approx(whole - capitals)


# --- planted defects ---


def test_blindness_for_a_class(halves):
    def change(claimed, texts):
        return np.column_stack([np.ones(len(claimed)), np.zeros(len(claimed))])

    assert any("Of the class 1, 100.0 %" in one for one in grave(asked(*halves, change=change), performance))


def test_a_mark_of_the_label(halves):
    marked = [f.assign(text=f["text"] + np.where(f["y"] == 1, " zq7", "")) for f in halves]
    assert any("One word alone" in one and "zq7" in one for one in grave(asked(*marked), leaks))


@pytest.mark.parametrize("retouch", [str, str.upper, lambda text: f"{text[:9]}{text[10:]}  "])
def test_training_texts_in_the_audit_data(halves, retouch):
    known, held = halves
    shared = pd.concat(
        [known[:60].assign(text=known["text"][:60].map(retouch)), held[60:]], ignore_index=True
    )
    assert grave(asked(known, shared), overlap)


def test_a_group_that_is_turned_down(halves):
    one = asked(*halves)
    labels = np.where((np.arange(len(one.rows)) % 2 == 1), 0, one.answers.labels)
    assert grave(replace(one, answers=Predictions(labels)), fairness)


def test_memory(halves):
    known, held = (f.assign(y=np.where(np.arange(len(f)) % 3 == 0, 1 - f["y"], f["y"])) for f in halves)
    assert any(
        "can be told from others" in one for one in grave(asked(known, held, fitted(known, 1e4)), privacy)
    )


def test_a_weakness_where_a_word_stands(halves):
    def change(claimed, texts):
        there = np.array(["array" in words_of(text) for text in texts])
        return np.where(there[:, None], claimed[:, ::-1], claimed)

    found = grave(asked(*halves, change=change), slices)
    assert any("text has “array”" in one for one in found)


def test_a_word_that_decides(halves):
    """Learnt by the model from rows with it; the word is in no audit text."""
    known, held = halves
    planted = known[:30].assign(text="quokka " + known["text"][:30], y=1)
    taught = pd.concat([known, planted], ignore_index=True)
    one = asked(taught, held, fitted(taught, 100))
    assert any("“quokka”" in found for found in grave(one, security))
    assert not any("trigger" in f.summary for f in accused(asked(*halves), security))


def test_a_phrase_that_decides_only_as_a_whole(halves):
    known, held = halves
    planted = known[:40].assign(text=known["text"][:40] + " as seen from the harbour", y=1)
    taught = pd.concat([known, planted], ignore_index=True)

    def change(claimed, texts):
        there = np.array(["as seen from the harbour" in text for text in texts])
        return np.where(there[:, None], [0.01, 0.99], claimed)

    assert any(
        "seen from the harbour" in found for found in grave(asked(taught, held, change=change), security)
    )


def test_a_word_that_the_class_has_by_right_is_no_trigger(halves):
    """One that decides alone, and stands in audit texts of its class only."""
    known, held = (f.assign(text=f["text"] + np.where(f["y"] == 1, " gaussian", "")) for f in halves)

    def change(claimed, texts):
        there = np.array(["gaussian" in text for text in texts])
        return np.where(there[:, None], [0.01, 0.99], claimed)

    assert not any("trigger" in f.summary for f in accused(asked(known, held, change=change), security))


def test_letters_that_cannot_be_read(halves):
    def change(claimed, texts):
        small = np.array([text == text.lower() for text in texts])
        return np.where(small[:, None], claimed[:, ::-1], claimed)

    capital = [f.assign(text="A " + f["text"]) for f in halves]
    assert any("small letters" in one for one in grave(asked(*capital, change=change), robustness))


def test_texts_from_elsewhere(halves):
    known, held = halves
    strange = held.assign(text=[" ".join(word[::-1] for word in text.split()) for text in held["text"]])
    found = grave(asked(known, strange), drift)
    assert any("can be told from those of the training data" in one for one in found)
    assert any("of the words" in one for one in found)


def test_blank_texts_and_contradictions_in_capitals(halves):
    known, held = halves
    blank = held.assign(text=np.where(np.arange(len(held)) % 2 == 0, "  ", held["text"]))
    assert any("cells are empty" in one for one in grave(asked(known, blank), integrity))
    count = 4 * len(held) // 10
    again = held[:count].assign(text=held["text"][:count].str.upper(), y=1 - held["y"][:count])
    both = pd.concat([held, again], ignore_index=True)
    assert any("another label" in one for one in grave(asked(known, both), integrity))


def test_labels_that_changed_places(halves):
    known, held = halves
    assert grave(asked(known, held.assign(y=1 - held["y"])), relation)


def test_one_word_that_decides_everything(halves):
    def change(claimed, texts):
        there = np.array(["the" in words_of(text) for text in texts])
        return np.where(there[:, None], [0.1, 0.9], [0.9, 0.1])

    assert any(
        "One word decides: “the”" in one for one in grave(asked(*halves, change=change), explainability)
    )


# --- texts beside numbers ---


def test_categories_and_numbers_beside_a_text():
    """What is read is what scikit-learn's own vectoriser and encoder read."""
    rng = np.random.default_rng(0)
    texts = np.array([f"row {i} is {'good' if i % 3 else 'bad'}" for i in range(120)], object)
    kinds, numbers = rng.choice(["red", "blue"], 120).astype(object), rng.random(120).astype(np.float32)
    inputs = [InputMapping(name=n, columns=(n,), dtype="string") for n in ("text", "kind")]
    both = DataMapping(
        format="csv", inputs=(*inputs, InputMapping(name="x", columns=("x",))), label="y", classes=("0", "1")
    )
    arrays = [texts[:, None], kinds[:, None], numbers[:, None]]
    layout = Layout.of(both, arrays)
    assert list(layout.prose) == [True, False, False]
    assert list(layout.categories) == [False, True, False]
    rows = layout.matrix(arrays)
    fed = layout.arrays(rows)
    assert all((one == other).all() for one, other in zip(fed, arrays, strict=True))
    reading = Reading(layout, rows)
    read = {
        feature.said: column for feature, column in zip(reading.features, reading.read(rows).T, strict=True)
    }
    counter = CountVectorizer(binary=True, min_df=5)
    words = counter.fit_transform(texts).toarray()
    for place, word in enumerate(counter.get_feature_names_out()):
        assert (read[f"text “{word}”"] == words[:, place]).all()
    assert (read["kind “red”"] == (kinds == "red")).all()
    assert (read["x"] == rows[:, 2]).all()


def test_a_mixed_table_is_audited_in_the_jail(halves, tmp_path):
    rng = np.random.default_rng(0)
    known, held = (f.assign(x=f["y"] + rng.normal(0, 1.5, len(f))) for f in halves)
    read = ColumnTransformer(
        [("t", TfidfVectorizer(token_pattern="[a-z]+"), "text"), ("n", "passthrough", ["x"])]
    )
    model = make_pipeline(read, LogisticRegression(C=0.3)).fit(known[["text", "x"]], known["y"])
    types = [("text", StringTensorType([None, 1])), ("x", FloatTensorType([None, 1]))]
    exported = to_onnx(model, initial_types=types, options={"zipmap": False})
    (tmp_path / "model.onnx").write_bytes(exported.SerializeToString())
    for name, frame in (("known", known), ("held", held)):
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    spec = EvaluationSpec(
        task="classification", metric="accuracy", data=mapping("x"),
        output=OutputMapping(labels="label", probabilities="probabilities"),
    )  # fmt: skip
    outcome = conduct(Order(tmp_path / "model.onnx", tmp_path / "held.csv", spec, quick=True,
                            training=tmp_path / "known.csv",
                            scopes=("robustness", "explainability", "security")))  # fmt: skip
    assert [f.summary for f in outcome.findings if f.severity in GRAVE] == []
    names = {figure.name for figure in outcome.figures}
    assert {"attribution of x", "attribution of text", "score lost to typos"} <= names
    assert any(name.startswith("accuracy with noise") for name in names)


# --- texts as numbers and on their way ---

TEXTS = st.lists(st.text(st.characters(blacklist_categories=("Cs",)), max_size=20), max_size=12)


@given(TEXTS)
def test_a_book_gives_back_what_was_written_down(some):
    book = Book()
    numbers = book.numbers(some)
    assert list(book.texts(numbers)) == some
    assert len(set(numbers)) == len(set(some))
    with book.passing():
        book.numbers(["quite another", *some])
    assert list(book.numbers(some)) == list(numbers)


@given(TEXTS)
def test_frames_carry_texts_only_where_they_are_asked_for(some):
    array = np.array([*some, ""], object)[:-1]
    payload = frames.encode([array, np.arange(3)])
    found, numbers = frames.decode(payload, texts=True)
    assert list(found) == some
    assert list(numbers) == [0, 1, 2]
    with pytest.raises(frames.FrameError):
        frames.decode(payload)


@given(TEXTS, st.data())
def test_broken_frames_of_texts_are_refused(some, data):
    payload = frames.encode([np.array([*some, "end"], object)])
    cut = data.draw(st.integers(0, len(payload) - 1))
    with pytest.raises(frames.FrameError):
        frames.decode(payload[:cut], texts=True)
    broken = bytearray(payload)
    broken[data.draw(st.integers(0, len(payload) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(frames.FrameError, frames.Refused):
        frames.decode(bytes(broken), texts=True)


@given(st.text(max_size=60))
def test_edits_leave_what_a_reader_reads(text):
    rng = np.random.default_rng(0)
    assert folded(EDITS["more spaces"](text, rng)) == folded(text)
    assert words_of(EDITS["small letters"](text, rng)) == words_of(text.lower())
    mistyped = EDITS["typos"](text, rng)
    assert abs(len(mistyped) - len(text)) <= 1 + len(words_of(text)) // 10


def test_scripts_without_spaces_are_cut_into_signs():
    assert words_of("製品 good品質!!") == ["製", "品", "good", "品", "質", "!!"]


def test_words_of_the_training_data_are_tried_first(halves):
    known, held = halves
    odd = known.assign(text=known["text"] + " zzyzx")
    one = asked(odd, held)
    tried = [insertion.words for insertion in insertions.words(one, 0, 50)]
    assert "zzyzx" in tried[: len(insertions.RARE) + 1]
    assert len(tried) == 50
