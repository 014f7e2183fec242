"""Every metric of every task is the library's number."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ordered import LIBRARIES, case, ordered_by, spec_of
from sklearn import metrics as sk

from assay.manifests.evaluation import Metric
from assay_validation import tasks
from assay_validation.metrics import Predictions
from assay_validation.tasks import generation

CLASSES = ("a", "b", "c")
seeds = st.integers(0, 2**32 - 1)


def measured(metric, task, seed, **options):
    truth, outputs = case(task, seed)
    spec, truth = ordered_by(metric, task, outputs, truth)
    if options:
        spec = spec_of(metric, task, output={name: name for name in outputs}, options=options)
    predictions = tasks.read(spec, outputs, truth)
    return truth, predictions, tasks.measure(spec, truth, predictions)


OF_CLASSES = {
    "accuracy": lambda t, y, p: sk.accuracy_score(t, y),
    "balanced_accuracy": lambda t, y, p: sk.balanced_accuracy_score(t, y),
    "macro_f1": lambda t, y, p: sk.f1_score(t, y, average="macro", zero_division=0),
    "weighted_f1": lambda t, y, p: sk.f1_score(t, y, average="weighted", zero_division=0),
    "auroc": lambda t, y, p: sk.roc_auc_score(t, p, multi_class="ovr"),
    "log_loss": lambda t, y, p: sk.log_loss(t, p),
    "brier": lambda t, y, p: ((np.eye(3)[t] - p) ** 2).sum(axis=1).mean(),
    "top_k_accuracy": lambda t, y, p: sk.top_k_accuracy_score(t, p, k=2, labels=[0, 1, 2]),
    "average_precision": lambda t, y, p: sk.average_precision_score(t == 1, p[:, 1]),
    "f1": lambda t, y, p: sk.f1_score(t, y, average=None, labels=[0, 1, 2], zero_division=0)[1],
    "precision": lambda t, y, p: sk.precision_score(t, y, average=None, labels=[0, 1, 2], zero_division=0)[1],
    "recall": lambda t, y, p: sk.recall_score(t, y, average=None, labels=[0, 1, 2])[1],
    "specificity": lambda t, y, p: sk.confusion_matrix(t == 1, y == 1, normalize="true")[0, 0],
    "cohen_kappa": lambda t, y, p: sk.cohen_kappa_score(t, y),
    "quadratic_kappa": lambda t, y, p: sk.cohen_kappa_score(t, y, weights="quadratic"),
    "matthews": lambda t, y, p: sk.matthews_corrcoef(t, y),
}


@settings(max_examples=15)
@given(seeds)
def test_classifications_are_scored_as_scikit_learn_does(seed):
    assert OF_CLASSES.keys() == {m.value for m in LIBRARIES if "classification" in m.tasks}
    for name, expected in OF_CLASSES.items():
        truth, found, value = measured(name, "classification", seed)
        assert value == pytest.approx(expected(truth, found.labels, found.probabilities)), name


def smape(truth, values):
    return np.mean(2 * np.abs(truth - values) / (np.abs(truth) + np.abs(values)))


OF_NUMBERS = {
    "rmse": sk.root_mean_squared_error,
    "mae": sk.mean_absolute_error,
    "r2": sk.r2_score,
    "explained_variance": sk.explained_variance_score,
    "median_error": sk.median_absolute_error,
    "max_error": sk.max_error,
    "mape": sk.mean_absolute_percentage_error,
    "smape": smape,
    "rmsle": lambda t, v: sk.root_mean_squared_log_error(t, np.maximum(v, 0)),
    "poisson_deviance": lambda t, v: sk.mean_poisson_deviance(t, np.maximum(v, np.finfo(float).eps)),
    "gamma_deviance": lambda t, v: sk.mean_gamma_deviance(t, np.maximum(v, np.finfo(float).eps)),
    "pinball": lambda t, v: sk.mean_pinball_loss(t, v, alpha=0.5),
}


@settings(max_examples=15)
@given(seeds)
def test_regressions_are_scored_as_scikit_learn_does(seed):
    assert {*OF_NUMBERS, "mase"} == {m.value for m in LIBRARIES if "regression" in m.tasks}
    for name, expected in OF_NUMBERS.items():
        truth, found, value = measured(name, "regression", seed)
        assert value == pytest.approx(expected(truth, found.values)), name


def test_quantiles_are_asked_for_by_the_pinball_loss():
    truth, found, value = measured("pinball", "regression", 1, quantile=900_000)
    assert value == pytest.approx(sk.mean_pinball_loss(truth, found.values, alpha=0.9))


@given(seeds, st.integers(1, 3))
def test_forecasts_are_scored_over_the_whole_horizon(seed, horizon):
    random = np.random.default_rng(seed)
    truth, values = random.gamma(2, 2, (2, 12, horizon))
    scale = random.uniform(0.5, 2, 12)
    names = tuple(f"y{step}" for step in range(1, horizon))
    mase = spec_of("mase", data={"more_labels": names})
    with_scale = np.column_stack([truth, scale])
    found = tasks.read(mase, {"values": values}, with_scale)
    assert tasks.measure(mase, with_scale, found) == pytest.approx(
        (np.abs(truth - values) / scale[:, None]).mean()
    )
    assert tasks.measure(mase, with_scale, found, Metric.MAE) == pytest.approx(np.abs(truth - values).mean())
    one, other = found, Predictions(values=found.values + 1)
    assert (tasks.TASKS["regression"].changes(with_scale, one, other) > 0.01).all()
    for name, expected in OF_NUMBERS.items():
        if name not in ("max_error", "poisson_deviance", "gamma_deviance"):
            spec = spec_of(name, data={"more_labels": names})
            shown = tasks.read(spec, {"values": values}, truth)
            assert tasks.measure(spec, truth, shown) == pytest.approx(expected(truth, values)), name


OF_LABELS = {
    "accuracy": lambda t, y, p: sk.accuracy_score(t, y),
    "micro_f1": lambda t, y, p: sk.f1_score(t, y, average="micro"),
    "macro_f1": lambda t, y, p: sk.f1_score(t, y, average="macro"),
    "weighted_f1": lambda t, y, p: sk.f1_score(t, y, average="weighted"),
    "hamming_loss": lambda t, y, p: sk.hamming_loss(t, y),
    "average_precision": lambda t, y, p: sk.average_precision_score(t, p),
    "auroc": lambda t, y, p: sk.roc_auc_score(t, p),
}


@settings(max_examples=15)
@given(seeds)
def test_several_labels_are_scored_as_scikit_learn_does(seed):
    assert OF_LABELS.keys() == {m.value for m in LIBRARIES if "multilabel" in m.tasks}
    for name, expected in OF_LABELS.items():
        truth, found, value = measured(name, "multilabel", seed)
        assert value == pytest.approx(expected(truth, found.labels, found.probabilities)), name


@settings(max_examples=15)
@given(seeds)
def test_rankings_are_scored_by_the_query(seed):
    truth, found, ndcg = measured("ndcg", "ranking", seed)
    cut = measured("ndcg", "ranking", seed, k=2)[2]
    precision = measured("mean_average_precision", "ranking", seed)[2]
    first = measured("mrr", "ranking", seed)[2]
    expected = {"ndcg": [], "cut": [], "precision": [], "first": []}
    for query in np.unique(truth[:, 1]):
        rows = truth[:, 1] == query
        relevance, values = truth[rows, 0], found.values[rows]
        if rows.sum() > 1 and (relevance > 0).any():
            expected["ndcg"].append(sk.ndcg_score([relevance], [values]))
            expected["cut"].append(sk.ndcg_score([relevance], [values], k=2))
            expected["precision"].append(sk.label_ranking_average_precision_score([relevance > 0], [values]))
            behind = np.lexsort((relevance > 0, -values))  # of equals the others first
            expected["first"].append(1 / (1 + np.flatnonzero(relevance[behind] > 0)[0]))
    for value, name in ((ndcg, "ndcg"), (cut, "cut"), (precision, "precision"), (first, "first")):
        assert value == pytest.approx(np.mean(expected[name])), name


@settings(max_examples=10)
@given(seeds)
@example(2109782924)  # one row is alone in its class: nothing can be found for it
def test_embeddings_find_their_own(seed):
    truth, found, recall = measured("recall_at_k", "retrieval", seed, k=2)
    near = sk.pairwise.cosine_similarity(found.values)
    np.fill_diagonal(near, -2)
    best = np.argsort(-near, axis=1)[:, :2]
    accompanied = np.bincount(truth)[truth] > 1
    assert recall == pytest.approx((truth[best] == truth[:, None]).any(axis=1)[accompanied].mean())


@settings(max_examples=10)
@given(seeds)
def test_class_maps_are_scored_as_scikit_learn_does(seed):
    for name, expected in (
        ("mean_iou", lambda t, y: sk.jaccard_score(t, y, average="macro")),
        ("dice", lambda t, y: sk.f1_score(t, y, average="macro")),
        ("accuracy", sk.accuracy_score),
    ):
        truth, found, value = measured(name, "segmentation", seed)
        assert value == pytest.approx(expected(truth.ravel(), found.labels.ravel())), name


def harrell(times, seen, values):
    """The concordance index, pair by pair."""
    right = pairs = 0
    for one, other in itertools.permutations(range(len(times)), 2):
        first = times[one] < times[other] or (times[one] == times[other] and not seen[other])
        if seen[one] and first:
            pairs += 1
            right += (values[one] > values[other]) + (values[one] == values[other]) / 2
    return right / pairs


@settings(max_examples=15)
@given(seeds)
def test_risks_are_scored_by_all_pairs(seed):
    truth, found, value = measured("concordance", "survival", seed)
    assert value == pytest.approx(harrell(*truth.T, found.values))


def test_an_event_comes_before_an_end_of_watching_at_the_same_time():
    spec = spec_of("concordance")
    truth = np.array([[1.0, 1], [1.0, 0], [2.0, 0]])
    for values, share in (([3, 2, 1], 1), ([1, 2, 3], 0), ([2, 2, 1], 0.75)):
        assert tasks.measure(spec, truth, Predictions(values=np.array(values, float))) == share


def test_boxes_are_scored_as_coco_does():
    spec = spec_of("coco_map")
    truth = np.array([[[0, 0, 10, 10, 0]], [[20, 20, 40, 40, 1]]], float)

    def value(boxes, labels=((0,), (1,)), metric=None):
        outputs = {
            "boxes": np.array(boxes, float),
            "scores": np.full((2, 1), 0.9),
            "labels": np.array(labels),
        }
        return tasks.measure(spec, truth, tasks.read(spec, outputs, truth), metric)

    exact = truth[:, :, :4]
    assert value(exact) == pytest.approx(1)
    # the first overlaps by 0.8: right at 0.50 to 0.80, wrong at the three above
    assert value([[[0, 0, 10, 8]], exact[1]]) == pytest.approx((0.7 + 1) / 2)
    assert value([[[0, 0, 10, 8]], exact[1]], metric=Metric.COCO_MAP_50) == pytest.approx(1)
    assert value(exact, ((1,), (0,))) == 0
    assert value([[[10, 10, 0, 0]], exact[1]]) == pytest.approx(0.5)


def test_texts_are_scored_by_libraries():
    import sacrebleu

    spec = spec_of("exact_match")
    truth = np.array(["the red fox jumps over a dog", "a hound", " yes "])
    texts = np.array(["the fox jumps over a red dog", "one hound sleeps", "yes"])
    found = tasks.read(spec, {"text": texts}, truth)
    assert tasks.measure(spec, truth, found) == pytest.approx(1 / 3)
    stripped = [[one.strip() for one in truth]]
    chrf, bleu = sacrebleu.corpus_chrf(list(texts), stripped), sacrebleu.corpus_bleu(list(texts), stripped)
    assert tasks.measure(spec, truth, found, Metric.CHRF) == pytest.approx(chrf.score / 100)
    assert tasks.measure(spec, truth, found, Metric.BLEU) == pytest.approx(bleu.score / 100)
    assert tasks.measure(spec, truth, found, Metric.ROUGE_L) == pytest.approx((12 / 14 + 2 / 5 + 1) / 3)


def test_tokens_are_texts_by_the_orders_vocabulary():
    spec = spec_of("exact_match", data={"classes": ("he", "l", "o", " ")})
    truth = np.array(["hello", "he he", ""])
    tokens = np.array([[0, 1, 1, 2, -1, 3], [0, 3, 0, 4, 0, 0], [9, 0, 0, 0, 0, 0]])
    found = tasks.read(spec, {"text": tokens}, truth)
    assert found.text.tolist() == ["hello", "he he", ""]
    assert tasks.measure(spec, truth, found) == 1


def test_words_are_the_same_in_all_versions_of_python():
    """U+31350 became a letter with Python 3.12."""
    assert generation._words("Ab c_1\U00031350 Été-42") == ["ab", "c_1", "été", "42"]
    assert generation._words("AΣ\u0eceB \ua7cbcat") == ["aς", "b", "cat"]
