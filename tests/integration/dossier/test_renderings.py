"""The page, the bill of materials and the model card: right, whole, and harmless whatever people wrote."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from assay.dossier.bom import ml_bom
from assay.dossier.card import model_card
from assay.dossier.deal_tables import attempts
from assay.dossier.document import Bundle
from assay.dossier.judgements import Refusal
from assay.dossier.lineage import draw
from assay.dossier.page import render
from assay.dossier.tables import names_of
from assay.manifests import (
    AuditReport,
    CommissionSpec,
    DatasetManifest,
    DisputeEvidence,
    Figure,
    Licence,
    ModelManifest,
)
from assay.manifests.evaluation import Criterion, CriterionKind, Metric

ELSE = "0x" + "11" * 20

HOSTILE = (
    "\"><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}[x](javascript:y)'&amp; --- ]]> ${z}"
)
EVIL = {
    ModelManifest: ("name", "framework", "intended_use", "limits"),
    DatasetManifest: ("name", "description"),
    CommissionSpec: ("title", "description", "training_data"),
    AuditReport: ("limitations",),
    DisputeEvidence: ("claim", "statement"),
}


@pytest.fixture(scope="module")
def evil(setting) -> Bundle:
    """The dossier as if everybody had written what would harm a reader."""
    documents = tuple(
        one.model_copy(
            update={
                "content": one.content.model_copy(
                    update={name: HOSTILE for name in EVIL.get(type(one.content), ())}
                )
            }
        )
        if one.content
        else one
        for one in setting.bundle.dossier.documents
    )
    return setting.bundle.model_copy(
        update={"dossier": setting.bundle.dossier.model_copy(update={"documents": documents})}
    )


@pytest.fixture(scope="module")
def regression(setting) -> Bundle:
    """The dossier as if the model had been scored by its RMSE, which is kept negated, on two conditions."""
    dossier = setting.bundle.dossier
    deal = dossier.deals[-1]

    def of_errors(content: Any) -> Any:
        if isinstance(content, CommissionSpec):
            gap = Criterion(kind=CriterionKind.GROUP_GAP, bound=2_500_000)
            size = Criterion(kind=CriterionKind.MODEL_SIZE, bound=100_000)
            changes = {"task": "regression", "metric": Metric.RMSE, "criteria": (gap, size)}
            return content.model_copy(update={"evaluation": content.evaluation.model_copy(update=changes)})
        if isinstance(content, AuditReport):
            rmse = Figure(name="rmse", value=55_943_509, low=51_200_000, high=60_000_000, unit="number")
            return content.model_copy(update={"figures": (rmse,)})
        return content

    documents = [one.model_copy(update={"content": of_errors(one.content)}) for one in dossier.documents]
    deal = deal.model_copy(
        update={
            "request": deal.request.model_copy(update={"threshold": -60_000_000}),
            "attempts": tuple(
                one.model_copy(update={"score": -55_940_000, "criteria": 0b01}) for one in deal.attempts
            ),
        }
    )
    changes = {
        "documents": tuple(documents),
        "deals": (*dossier.deals[:-1], deal),
        "versions": tuple(one.model_copy(update={"score": -55_940_000}) for one in dossier.versions),
        "standing": dossier.standing.model_copy(update={"score": -55_940_000}),
        "audits": tuple(
            one.model_copy(update={"refused": (Refusal(candidate=ELSE, party=ELSE, conflict="a tie"),) * 4})
            for one in dossier.audits
        ),
    }
    return Bundle(dossier=dossier.model_copy(update=changes))


class Seen(HTMLParser):
    """Tags with their attributes, and all text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


# --- the page ----------------------------------------------------------------------------------------------


def test_the_page_tells_what_the_dossier_says(setting):
    seen = Seen(render(setting.bundle))
    dossier = setting.bundle.dossier
    for words in (
        "Model 2: Second try", "95 %", "at least 90 %", "evaluated: 95 %, passed",
        "95.10 % (95 % interval 93.00 % to 97.00 %)", "1 for, 0 against", "current", "800 tUSD", "-500",
        "Second reading of fine-needle aspirates.", "Trained on one hospital's patients.",
        "Wisconsin aspirates",
        "Older patients: fewer rows", "Privacy was not looked at.", "none recorded", "losing bidder",
        "opinion 1", "auditor asked 1, then auditor asked 2", "25 tUSD", "Noise turns one in ten",
        "It decides nothing and blocks no sale.", "Dispute 1 of deal 2", "The key does not open.",
        "for the developer", "the announced payment stood", "Juries of dispute 1",
        "No auditor looked at security.", dossier.digest().hex(), setting.market.address,
    ):  # fmt: skip
        assert words in seen.text, words
    for step in dossier.deals[0].timeline:
        assert step.place.transaction in seen.text
    for point in dossier.annex_iv:
        assert point.asks in seen.text
        assert point.gap in seen.text


def test_errors_are_shown_as_errors(regression):
    text = Seen(render(regression)).text
    for words in ("RMSE 55.94", "at most 60", "55.94 (95 % interval 51.20 to 60.00)",
                  "group gap at most 2.5, model size at most 100,000 bytes"):  # fmt: skip
        assert words in text, words
    assert "-55.94" not in text
    assert "RMSE 55.94 (asked for: at most 60) on data" in model_card(regression)
    (result,) = metadata(model_card(regression))["model-index"][0]["results"]
    assert result["metrics"] == [{"type": "rmse", "value": 55.94, "verified": False}]
    card = json.loads(ml_bom(regression))["metadata"]["component"]["modelCard"]
    assert card["quantitativeAnalysis"]["performanceMetrics"][:2] == [
        {"type": "rmse", "value": "55.94", "slice": "hidden validation data, by a panel"},
        {
            "type": "rmse",
            "value": "55.943509",
            "slice": "audit 1",
            "confidenceInterval": {"lowerBound": "51.2", "upperBound": "60"},
        },
    ]


def test_criteria_are_named(regression):
    (table,) = [attempts(deal, regression.dossier) for deal in regression.dossier.deals]
    assert table.columns[3:5] == ("criteria met", "criteria missed")
    assert {row[3:5] for row in table.rows} == {("group gap", "model size")}


def test_whoever_is_passed_over_is_named_once(regression):
    assert Seen(render(regression)).text.count(f"{ELSE[:8]}…{ELSE[-4:]} (a tie)") == 1


def test_who_orders_an_opinion_is_called_by_the_part_in_the_deal(setting):
    assert names_of(setting.bundle.dossier)[setting.stage["partner"].address] == "payee"


def test_a_dispute_before_an_outside_arbitrator(setting):
    (dispute,) = setting.bundle.dossier.disputes
    outside = dispute.model_copy(update={"outside": True, "rounds": (), "ruling": "none", "by_silence": True})
    dossier = setting.bundle.dossier.model_copy(update={"disputes": (outside,)})
    text = Seen(render(Bundle(dossier=dossier))).text
    assert f"{dispute.arbitrator}, from outside" in text
    assert "for nobody, since the arbitrator was silent" in text
    assert "Juries of dispute" not in text


def test_the_page_needs_nothing_and_runs_nothing(evil, setting):
    for bundle in (evil, setting.bundle):
        page = render(bundle)
        seen = Seen(page)
        assert {tag for tag, _ in seen.tags}.isdisjoint(
            {"script", "img", "link", "iframe", "a", "object", "form"}
        )
        assert not any(
            name.startswith("on") or name in ("src", "href") for _, held in seen.tags for name in held
        )
        assert "url(" not in page
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)


def test_hostile_words_are_shown_as_words(evil):
    seen = Seen(render(evil))
    assert seen.text.count(HOSTILE) > 5


def test_the_lineage_is_one_well_formed_drawing(evil, setting):
    for bundle in (evil, setting.bundle):
        drawing = ElementTree.fromstring(draw(bundle.dossier))
        boxes = drawing.findall("{http://www.w3.org/2000/svg}rect")
        lines = drawing.findall("{http://www.w3.org/2000/svg}path")
        assert (len(boxes), len(lines)) == (4, 3)
    assert draw(setting.market.dossiers.collect(setting.base)) == ""


def test_an_unsigned_page_says_so(setting):
    assert "Nobody has signed it." in Seen(render(Bundle(dossier=setting.bundle.dossier))).text


# --- the bill of materials ---------------------------------------------------------------------------------


def follows_its_schema(bom: str) -> bool:
    from cyclonedx.schema import SchemaVersion  # which takes a second to import: not for every test
    from cyclonedx.validation.json import JsonStrictValidator

    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(bom) is None


def test_the_bom_follows_its_schema(evil, setting):
    base = Bundle(dossier=setting.market.dossiers.collect(setting.base))
    for bundle in (evil, setting.bundle, base):
        assert follows_its_schema(ml_bom(bundle))


def test_what_a_developer_leaves_out_is_no_empty_text(setting):
    """And a licence that SPDX does not list follows the schema too."""
    licence = Licence(spdx="Proprietary")
    silent = {"intended_use": "", "limits": " ", "licence": licence}
    documents = tuple(
        one.model_copy(update={"content": one.content.model_copy(update=silent)})
        if isinstance(one.content, ModelManifest) else one
        for one in setting.bundle.dossier.documents
    )  # fmt: skip
    dossier = setting.bundle.dossier.model_copy(update={"documents": documents})
    bundle = setting.bundle.model_copy(update={"dossier": dossier})
    text = ml_bom(bundle)
    assert follows_its_schema(text)
    model = json.loads(text)["metadata"]["component"]
    assert model["licenses"] == [{"license": {"name": "Proprietary"}}]
    considered = model["modelCard"]["considerations"]
    assert "useCases" not in considered
    assert all(one.strip() for one in considered["technicalLimitations"])
    assert model_card(bundle).count("The developer says nothing.") == 2
    assert metadata(model_card(bundle))["license_name"] == "proprietary"


def test_the_schema_is_really_asked(setting):
    broken = json.loads(ml_bom(setting.bundle))
    broken["metadata"]["component"]["modelCard"]["surprise"] = 1
    assert not follows_its_schema(json.dumps(broken))


def test_the_bom_names_model_parent_and_data_by_their_hashes(setting):
    bom, dossier = json.loads(ml_bom(setting.bundle)), setting.bundle.dossier
    model = bom["metadata"]["component"]
    manifest = dossier.document(dossier.versions[0].manifest)
    assert model["type"] == "machine-learning-model"
    assert model["hashes"] == [{"alg": "SHA-256", "content": manifest.artifact.plaintext_sha256}]
    assert [one["name"] for one in model["pedigree"]["ancestors"]] == ["Base"]
    assert model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"] == [
        {"type": "accuracy", "value": "0.95", "slice": "hidden validation data, by a panel"},
        {
            "type": "accuracy",
            "value": "0.951",
            "slice": "audit 1",
            "confidenceInterval": {"lowerBound": "0.93", "upperBound": "0.97"},
        },
        {"type": "accuracy under noise", "value": "0.87", "slice": "opinion 1"},
    ]
    assert [one["comment"] for one in model["externalReferences"]][-2:] == [
        "report in audit 1",
        "report in opinion 1",
    ]
    told = {one["name"]: one["value"] for one in model["properties"]}
    stage = setting.stage
    assert told["assay:audit 1:verdict"] == f"approved by {stage['auditor'].address}"
    assert told["assay:opinion 1:verdict"] == f"rejected by {stage['critic'].address}"
    considered = model["modelCard"]["considerations"]
    assert [one["name"] for one in considered["ethicalConsiderations"]] == [
        "audit 1, minor, fairness: Older patients: fewer rows",
        "opinion 1, major, robustness: Noise turns one in ten",
    ]
    assert any("Privacy was not looked at." in one for one in considered["technicalLimitations"])
    assert told["assay:dispute:1"] == "delivery; ruling: developer; the announced payment stood"
    refs = [one["ref"] for one in model["modelCard"]["modelParameters"]["datasets"]]
    assert refs == [one["bom-ref"] for one in bom["components"]]
    assert [one["name"] for one in bom["components"]] == ["Wisconsin aspirates", "5e" * 32, "validation"]
    said = {one["name"]: one["value"] for one in bom["metadata"]["properties"]}
    assert said["assay:dossier:sha256"] == dossier.digest().hex()
    assert ml_bom(setting.bundle) == ml_bom(setting.bundle)


# --- the model card ----------------------------------------------------------------------------------------


def metadata(card: str) -> dict:
    opening, head, _ = re.split(r"^---$\n?", card, maxsplit=2, flags=re.MULTILINE)
    assert opening == ""
    found = yaml.safe_load(head)
    assert isinstance(found, dict)
    return found


def test_the_card_has_the_metadata_that_hugging_face_reads(setting):
    found = metadata(model_card(setting.bundle))
    assert (found["license"], found["library_name"]) == ("apache-2.0", "onnx")
    assert found["pipeline_tag"] == "tabular-classification"
    (result,) = found["model-index"][0]["results"]
    assert set(result) == {"task", "dataset", "metrics"}  # what the model-index schema asks for
    assert set(result["dataset"]) == {"name", "type", "args"}
    assert result["metrics"] == [{"type": "accuracy", "value": 0.95, "verified": False}]
    body = model_card(setting.bundle)
    for words in ("# Second try", "95 % (asked for: at least 90 %)", "approved; counts",
                  "Wisconsin aspirates",
                  f"by {setting.stage['partner'].address} of {setting.stage['critic'].address}: rejected",
                  "by the customer: delivery; ruling: developer",
                  r"minor, fairness\: Older patients\: fewer rows", "Noise turns one in ten",
                  r"Privacy was not looked at\."):  # fmt: skip
        assert words in body


def test_no_name_breaks_out_of_the_card(evil):
    card = model_card(evil)
    found = metadata(card)
    assert found["model-index"][0]["name"] == HOSTILE
    body = card.split("\n---\n", 1)[1]
    assert "<script" not in re.sub(r"\\.", "", body)
    assert not re.search(r"(?<!\\)\]\(", body)
