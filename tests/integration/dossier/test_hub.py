"""`assay model card`: what is written for the Hugging Face Hub, as the Hub's own library reads it."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from huggingface_hub import ModelCard, parse_eval_result_entries
from typer.testing import CliRunner

from assay.cli import app


@pytest.fixture
def command(setting):
    def invoke(*arguments: object):
        words = ["model", "card", str(setting.model), *map(str, arguments)]
        return CliRunner().invoke(app, words, env=setting.stage.environment("anyone"))

    return invoke


def test_a_card_and_a_score_that_lead_back_to_the_chain(setting, command, tmp_path):
    ran = command(
        tmp_path / "hub", "--benchmark", "hospital/aspirates", "--explorer", "https://etherscan.io/", "--json"
    )
    assert ran.exit_code == 0, ran.output
    record = json.loads(ran.stdout)
    assert record["scores"] == ["the order's hidden data"]
    assert record["files"] == [
        str(tmp_path / "hub" / name) for name in ("README.md", ".eval_results/assay.yaml")
    ]

    written = (tmp_path / "hub" / ".eval_results" / "assay.yaml").read_text()
    (entry,) = parse_eval_result_entries(yaml.safe_load(written))
    assert (entry.dataset_id, entry.task_id, entry.value) == ("hospital/aspirates", "default", 0.95)
    (transaction,) = re.findall(r"0x[0-9a-f]{64}", entry.notes)
    assert entry.source_url == f"https://etherscan.io/tx/{transaction}"
    session, version = setting.market.session, setting.bundle.dossier.versions[-1]
    (event,) = session.events.find(
        "ModelRegistry", "VersionRegistered", manifest=bytes.fromhex(version.manifest)
    )
    assert (event.tx_hash, event.arguments["score"]) == (transaction, 950_000)
    assert f"block {event.block} of chain 31337" in entry.notes
    deal = setting.bundle.dossier.deal_of(version)
    order = setting.bundle.dossier.document(deal.request.spec.hex())
    assert f"test set sha2-256 {order.dataset};" in entry.notes

    card = ModelCard((tmp_path / "hub" / "README.md").read_text(), ignore_metadata_errors=False)
    (result,) = card.data.eval_results
    assert (result.metric_type, result.metric_value, result.verified) == ("accuracy", 0.95, False)
    assert (result.dataset_args["commitment"], result.dataset_args["transaction"]) == (
        order.dataset,
        transaction,
    )
    assert (card.data.license, card.data.model_name) == ("apache-2.0", "Second try")
    assert transaction in card.text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--benchmark", "aspirates"), "is not a data set of the Hub"),
        (("--benchmark", "a/b", "--task", "x y"), "is not a task of a benchmark"),
        (("--benchmark", "a/b", "--test-set", "3"), "no score on test set 3"),
        (("--explorer", "javascript:alert(1)"), "is not the address of a block explorer"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(command, tmp_path, options, said):
    ran = command(tmp_path / "hub", *options)
    assert ran.exit_code == 1
    assert said in " ".join(ran.stderr.split())
    assert not (tmp_path / "hub").exists()
