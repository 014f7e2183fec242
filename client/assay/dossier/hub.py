"""Scores in the Hugging Face Hub's formats: files in ``.eval_results/``, and model card metadata.

Formats: https://huggingface.co/docs/hub/eval-results (the entries) and
https://huggingface.co/docs/hub/model-cards (the metadata). The Hub lists a result under its benchmark's data
set, which the exporter must name, because the rows of a hidden test are not on the Hub. Names are untrusted
text, so they are written as JSON, a subset of YAML, from which they cannot break out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self
from urllib.parse import urlsplit

from assay.dossier.hub_licences import licence_keys
from assay.errors import InvalidInput
from assay.manifests import ModelManifest
from assay.manifests.evaluation import PPM, EvaluationSpec
from assay.words import formatting
from assay.words.printable import printable, quoted

ORDER_TEST = "the order's hidden data"
_HIDDEN = "hidden validation data"
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|&~$=:@])")
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True)
class Result:
    """One score of a model, and its place on the chain.

    Attributes:
        test: what it was tested on, in words; ``test_set`` is its number, 0 for the order's own hidden data.
        score: ppm, as on-chain, with errors negated.
        dataset: the name of the data, as written by its owner.
        commitment: the digest of the data's manifest (64 hex digits), fixed on-chain before the test.
        block, at, transaction: of the event that records the score; time in Unix seconds.
        source: a page that shows it: an explorer's page of the transaction, or the market's of the model.
    """

    test: str
    test_set: int
    evaluation: EvaluationSpec
    score: int
    dataset: str
    commitment: str
    chain_id: int
    block: int
    at: int
    transaction: str
    source: str | None = None

    @property
    def value(self) -> float:
        """The metric itself: a share of one, or an error that is not negated."""
        return formatting.natural(self.score, self.evaluation.metric) / PPM

    @property
    def date(self) -> str:
        """When the chain recorded it, ISO 8601 in UTC."""
        return datetime.fromtimestamp(self.at, UTC).isoformat().replace("+00:00", "Z")

    @property
    def evidence(self) -> str:
        """Where to look it up."""
        return f"transaction {self.transaction} in block {self.block} of chain {self.chain_id}"


@dataclass(frozen=True)
class Benchmark:
    """The Hub's data set under which a result is listed, and the task named in its ``eval.yaml``."""

    dataset: str
    task: str = "default"

    @classmethod
    def parse(cls, dataset: str, task: str = "default") -> Self:
        """Read ``OWNER/NAME``; raises :class:`InvalidInput` for what the Hub would refuse."""
        owner, slash, repository = dataset.partition("/")
        if not slash or not all(_is_name(part) for part in (owner, repository)):
            raise InvalidInput(
                f"{quoted(dataset)} is not a data set of the Hub.",
                hint="It is called OWNER/NAME, such as hospital/aspirates.",
            )
        if not _is_name(task):
            raise InvalidInput(
                f"{quoted(task)} is not a task of a benchmark.",
                hint="The data set's eval.yaml names its tasks.",
            )
        return cls(dataset, task)


def _is_name(text: str) -> bool:
    refused = "--" in text or ".." in text or text.endswith(".git")
    return bool(_NAME.fullmatch(text)) and not refused


def require_explorer(address: str) -> str:
    """A block explorer's address without a trailing slash; raises :class:`InvalidInput` if it is not one."""
    try:
        parts = urlsplit(address)
        known = parts.scheme in ("http", "https") and parts.hostname and not parts.query + parts.fragment
    except ValueError:
        known = False
    if not known or not re.fullmatch(r"[!-~]+", address):
        raise InvalidInput(
            f"{quoted(address)} is not the address of a block explorer.", hint="Example: https://etherscan.io"
        )
    return address.rstrip("/")


def at_explorer(results: Iterable[Result], explorer: str) -> list[Result]:
    """The results, each with its transaction's page by EIP-3091; raises :class:`InvalidInput`."""
    base = require_explorer(explorer)
    return [replace(one, source=f"{base}/tx/{one.transaction}") for one in results]


def third_party_test(set_id: int) -> str:
    """What a third party's test set is called."""
    return f"third-party test set {set_id}"


def eval_results(result: Result, benchmark: Benchmark) -> str:
    """A file for the folder ``.eval_results/`` of the model's repository."""
    metric = result.evaluation.metric
    entry: dict[str, Any] = {
        "dataset": {"id": benchmark.dataset, "task_id": benchmark.task},
        "value": result.value,
        "date": result.date,
    }
    entry |= _source(result)
    entry["notes"] = (
        f"{metric.value} on {result.test}, by a panel drawn by stake; test set sha2-256 {result.commitment}; "
        f"{result.evidence}"
    )
    lines = [f"{name}: {scalar(value)}" for name, value in entry.items()]
    return "- " + "\n  ".join(lines) + "\n"


def front_matter(metadata: Mapping[str, Any]) -> list[str]:
    """The top of a model card, in lines."""
    return ["---", *(f"{name}: {scalar(value)}" for name, value in metadata.items()), "---", ""]


def metadata(manifest: ModelManifest | None, name: str, results: Sequence[Result]) -> dict[str, Any]:
    """The keys that the Hub reads, with nothing that is not on record.

    Args:
        manifest: the model's manifest, if known.
        name: the name of a model without a manifest.
        results: the results, the order's own first.
    """
    found: dict[str, Any] = {"library_name": "onnx", "tags": ["assay", "onnx"]}
    if manifest:
        found |= licence_keys(manifest.licence)
    if results:
        found["pipeline_tag"] = pipeline(results[0].evaluation)
        found["metrics"] = list(dict.fromkeys(one.evaluation.metric.value for one in results))
        entries = [_indexed(one) for one in results]
        found["model-index"] = [{"name": printable(manifest.name) if manifest else name, "results": entries}]
    return found


def _indexed(result: Result) -> dict[str, Any]:
    return {
        "task": {"type": result.evaluation.task},
        "dataset": {
            "name": printable(result.dataset),
            "type": _HIDDEN,
            "args": {
                "commitment": result.commitment,
                "chain": result.chain_id,
                "block": result.block,
                "transaction": result.transaction,
            },
        },
        "metrics": [{"type": result.evaluation.metric.value, "value": result.value, "verified": False}],
        **_source(result),
    }


def _source(result: Result) -> dict[str, Any]:
    if result.source is None:
        return {}
    return {"source": {"url": result.source, "name": f"Assay: {result.evidence}"}}


def pipeline(evaluation: EvaluationSpec) -> str:
    """The Hub's tag for the task."""
    tags = {
        "segmentation": "image-segmentation",
        "detection": "object-detection",
        "generation": "text-generation",
        "retrieval": "feature-extraction",
        "ranking": "text-ranking",
    }
    if evaluation.task in ("classification", "regression") and evaluation.data.format != "npz":
        return f"tabular-{evaluation.task}"
    return tags.get(evaluation.task, "other")


def scored(results: Sequence[Result]) -> list[str]:
    """A card's list of scores, each with its test and its place on the chain."""
    return [
        f"- {formatting.score(one.score, one.evaluation.metric)} on {one.test} ({text(one.dataset)}, "
        f"sha2-256 `{one.commitment}`): {one.evidence}, {one.date}"
        for one in results
    ]


def scalar(value: Any) -> str:
    """A value as JSON, a subset of YAML, from which no name can break out.

    Numbers have no exponent, because YAML 1.1 would read ``1e-06`` as text, and all line breaks are escaped.
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(name)}: {scalar(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(scalar, value)) + "]"
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}"
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def text(words: str) -> str:
    """Untrusted text as Markdown that shows it on one line and does nothing else."""
    return _MARKUP.sub(r"\\\1", " ".join(printable(words).split()))
