"""What is exported for the Hugging Face Hub: its own library reads it, and no name does harm in it."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
import yaml
from huggingface_hub import (
    ModelCardData,
    eval_result_entries_to_yaml,
    parse_eval_result_entries,
)
from huggingface_hub.errors import HFValidationError
from huggingface_hub.repocard_data import model_index_to_eval_results
from huggingface_hub.utils import validate_repo_id
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assay.dossier import hub
from assay.dossier.hub import Benchmark, Result
from assay.errors import InvalidInput
from assay.manifests.evaluation import DataMapping, EvaluationSpec, InputMapping, Metric, OutputMapping

HOSTILE = st.text(max_size=60) | st.sampled_from(
    [
        "a: b\n- !!python/object:os.system x",
        "---\nlicense: mit\n---",
        "*alias &anchor <<: {a: b}",
        '"}], "verified": true',
        "\x85\u2028\u2029\x7f\ufeff\ud800",
        "\u202etxt.exe",
        "@everyone [x](javascript:y) <script>",
    ]
)
PLACES = st.text("0123456789abcdef", min_size=64, max_size=64)


EVALUATION = EvaluationSpec(
    task="classification",
    metric=Metric.ACCURACY,
    data=DataMapping(
        format="csv", inputs=(InputMapping(name="x", columns=("a",)),), label="y", classes=("no", "yes")
    ),
    output=OutputMapping(labels="label"),
)


@st.composite
def results(draw: st.DrawFn, **fixed: object) -> Result:
    metric = draw(st.sampled_from([Metric.ACCURACY, Metric.RMSE, Metric.F1]))
    evaluation = EVALUATION.model_copy(update={"metric": metric})
    return Result(
        test=hub.ORDER_TEST,
        test_set=0,
        evaluation=evaluation,
        score=draw(st.integers(-(2**62), 2**62)),
        dataset=draw(HOSTILE),
        commitment=draw(PLACES),
        chain_id=draw(st.integers(1, 2**53)),
        block=draw(st.integers(0, 2**53)),
        at=draw(st.integers(0, 2**34)),
        transaction="0x" + draw(PLACES),
        source=draw(st.sampled_from([None, "https://etherscan.io/tx/0x00"])),
    )


@given(results())
def test_a_score_is_read_by_the_hubs_own_library(result):
    text = hub.eval_results(result, Benchmark("hospital/aspirates", "diagnosis"))
    found = yaml.safe_load(text)
    (entry,) = parse_eval_result_entries(found)
    assert eval_result_entries_to_yaml([entry]) == found  # nothing that the library does not know
    assert (entry.dataset_id, entry.task_id) == ("hospital/aspirates", "diagnosis")
    assert entry.value == result.value
    assert datetime.fromisoformat(entry.date).timestamp() == result.at
    assert entry.source_url == result.source
    for fact in (result.commitment, result.transaction, f"block {result.block} of chain {result.chain_id}"):
        assert fact in entry.notes
    assert entry.verify_token is None  # the Hub has verified nothing


@given(st.lists(results(), min_size=1, max_size=3), HOSTILE)
def test_a_cards_metadata_is_read_by_the_hubs_own_library(found, name):
    lines = hub.front_matter(hub.metadata(None, name, found))
    assert [place for place, line in enumerate(lines) if line == "---"] == [0, len(lines) - 2]
    metadata = yaml.safe_load("\n".join(lines[1:-2]))
    called, read = model_index_to_eval_results(metadata["model-index"])
    assert called == name
    assert [one.metric_value for one in read] == [one.value for one in found]
    assert [one.source_url for one in read] == [one.source for one in found]
    assert not any(one.verified for one in read)
    assert [one.dataset_args["transaction"] for one in read] == [one.transaction for one in found]
    assert ModelCardData(model_name=called, eval_results=read, ignore_metadata_errors=False).to_yaml()


@given(HOSTILE)
def test_a_strangers_words_are_one_line_of_text_in_markdown(words):
    (paragraph, *rest) = MarkdownIt("gfm-like", {"linkify": False}).parse(f"- {hub.text(words)} end")[2:-2]
    kinds = {one.type for token in (paragraph, *rest) for one in (token, *(token.children or ()))}
    assert kinds <= {"paragraph_open", "inline", "text", "text_special", "paragraph_close"}
    assert "\n" not in hub.text(words)
    assert not re.search(r"(?<!\\)[<@\[]", hub.text(words))


@given(st.text("ab.-_/0é \n:", max_size=12) | st.from_regex(r"[a-z]{1,97}/[a-z.-]{1,97}", fullmatch=True))
@example("a/b.git")
@example("a/b--c")
@example("https://x/y")
def test_a_benchmark_is_what_the_hub_takes_for_a_data_set(name):
    try:
        Benchmark.parse(name)
    except InvalidInput:
        return
    owner, _, repository = name.partition("/")
    assert owner
    assert repository
    try:
        validate_repo_id(name)
    except HFValidationError as error:
        pytest.fail(str(error))


@pytest.mark.parametrize("name", ["cais/hle", "Idavidrein/gpqa", "TIGER-Lab/MMLU-Pro", "a/b_1.2"])
def test_real_benchmarks_are_taken(name):
    assert Benchmark.parse(name, "gpqa_diamond").dataset == name


@pytest.mark.parametrize("task", ["", "a b", "x\ny", "--", "é"])
def test_a_task_is_a_name(task):
    with pytest.raises(InvalidInput, match="not a task"):
        Benchmark.parse("a/b", task)


@pytest.mark.parametrize(
    "address",
    ["", "etherscan.io", "javascript:alert(1)", "https://", "https://[", "https://a b", "https://a/?q=1"],
)
def test_an_explorer_is_a_website(address):
    with pytest.raises(InvalidInput, match="not the address of a block explorer"):
        hub.require_explorer(address)


@given(results())
def test_an_explorers_page_is_the_transactions(result):
    (linked,) = hub.at_explorer([result], "https://etherscan.io/")
    assert linked.source == f"https://etherscan.io/tx/{result.transaction}"
