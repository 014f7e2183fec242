"""The page: complete, harmless whatever names it shows, and in need of nothing else."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from assay.manifests import Finding
from assay.manifests.evaluation import Criterion, CriterionKind
from assay_validation.audit import standards, thresholds
from assay_validation.audit.report import Heading, render
from assay_validation.evaluation import file_digest

AUDITOR = "0x" + "11" * 20
EVIL = "<script>alert('1')</script>"


class Page(HTMLParser):
    """Tags, what they load, and the text."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags, self.links, self.alts, self.text = [], [], [], ""
        self.feed(content.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        attributes = dict(attrs)
        self.links += [attributes[name] for name in ("src", "href", "srcset", "action") if name in attributes]
        assert not any(name.startswith("on") for name in attributes), attributes
        if tag == "img":
            self.alts.append(attributes["alt"])

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def hostile(audit, hidden, cancer_spec, tmp_path_factory):
    """Names that would run, forge lines or be read as formulas, in columns, groups and classes."""
    path = tmp_path_factory.mktemp("evil") / "evil.csv"
    frame = hidden.rename(columns={"mean radius": EVIL, "mean texture": "$\\frac{$"})
    frame["site"] = frame["site"].map({"north": EVIL, "south": "\u202esouth\x07"})
    frame.to_csv(path, index=False)
    columns = cancer_spec.data.inputs[0].columns
    renamed = {"mean radius": EVIL, "mean texture": "$\\frac{$"}
    mapped = cancer_spec.data.inputs[0].model_copy(
        update={"columns": tuple(renamed.get(c, c) for c in columns)}
    )
    data = cancer_spec.data.model_copy(update={"inputs": (mapped,)})
    return audit(data=path, spec=cancer_spec.model_copy(update={"data": data}))


@pytest.fixture(scope="module")
def content(hostile):
    return render(hostile, Heading(EVIL + "\x1b[31m", 7))


def test_names_from_outside_are_text(content):
    page = Page(content)
    assert "script" not in page.tags
    assert EVIL in page.text
    assert "\x1b" not in page.text
    assert "\u202e" not in page.text


def test_the_page_needs_nothing_else(content):
    page = Page(content)
    assert page.links
    assert all(re.match(r"data:image/svg\+xml;base64,|#", link) for link in page.links)
    assert not {"script", "iframe", "object", "embed", "link", "form"} & set(page.tags)
    assert b"url(" not in content.replace(b"data:", b"")
    assert b"default-src 'none'" in content


def test_pictures_say_what_they_show(content):
    page = Page(content)
    assert len(page.alts) == 7
    assert all(len(alt) > 20 for alt in page.alts)


def test_everything_found_is_on_the_page(content, hostile):
    text = Page(content).text
    for finding in hostile.findings:
        assert finding.summary in text
    for limitation in hostile.limitations:
        assert limitation in text
    for threshold in thresholds.ALL:
        assert threshold.what in text
        assert threshold.reason in text


def test_the_documentation_lists_every_threshold():
    page = (Path(__file__).parents[4] / "docs" / "audits.md").read_text()
    for one in thresholds.ALL:
        bounds = (one.minor, one.major, one.critical)
        cells = ["-" if b is None else "any" if b <= 1e-6 else f"{b:g}" for b in bounds]
        assert f"| {one.what} | {' | '.join(cells)} | {one.reason} |" in page


def test_the_first_screen_has_all_that_decides(hostile):
    """Before the contents: verdict, day, auditor, digests, worst finding, what was not examined."""
    worst = Finding(scope="security", severity="major", summary="It compares rows")
    hostile = replace(hostile, findings=(worst,))
    page = render(hostile, Heading("m", 7, AUDITOR, "2026-11-29"))
    first = Page(page.split(b"<nav")[0]).text
    assert "speak against approval" in first or "speaks against approval" in first
    for words in ("2026-11-29", AUDITOR, worst.summary, "privacy"):
        assert words in first, words
    unseen = first.split("Not examined")[1]
    for words in (
        "overlap with the training data;",
        "hidden triggers of several columns together (backdoors);",
        "model inversion, extraction and shadow models;",
        "drift;",
        "other data than this, and changes of the world since",
    ):
        assert words in unseen, words
    assert len(unseen) < 700  # topics, and not the sentences about them
    for path in (hostile.order.model, hostile.order.data):
        assert file_digest(path) in first
    assert "not named" in Page(render(hostile, Heading("m")).split(b"<nav")[0]).text


def test_the_documentation_has_the_points_that_the_page_has(content):
    page = (Path(__file__).parents[4] / "docs" / "audits.md").read_text()
    for one in standards.ALL:
        assert f"| {one.part} | {one.ai_act} | {one.nist} | {one.iso} | {one.tripod} |" in page
        assert one.nist in Page(content).text


def test_the_same_audit_is_the_same_page(hostile, content):
    assert render(hostile, Heading(EVIL + "\x1b[31m", 7)) == content


@pytest.mark.parametrize("one", thresholds.ALL, ids=lambda one: one.what)
def test_thresholds_rise(one):
    bounds = [bound for bound in (one.minor, one.major, one.critical) if bound is not None]
    assert bounds == sorted(bounds)
    assert one.reason
    for bound in bounds:
        assert one.severity(bound) is not None
    assert one.severity(bounds[0] / 2) is None


def test_errors_are_no_shares(audit, diabetes_onnx, diabetes_parquet, diabetes_spec):
    gap = Criterion(kind=CriterionKind.NOISE_ROBUSTNESS, bound=1_000_000)
    spec = diabetes_spec.model_copy(update={"criteria": (gap,)})
    scopes = ("performance", "robustness", "compliance")
    outcome = audit(model=diabetes_onnx, data=diabetes_parquet, spec=spec, scopes=scopes)
    measures = {one.name: one for section in outcome.sections for one in section.measures}
    for name in ("rmse", "r2", "RMSE as the market publishes it", "rmse with noise of 5.0 %"):
        figure = measures[name].figure()
        assert figure.unit == "number"
        assert figure.value > 0
        assert "%" not in measures[name].text() + measures[name].interval()
    (conditions,) = next(one.tables for one in outcome.sections if one.scope == "compliance")
    assert conditions.rows[0][0] == "noise robustness"
    assert conditions.rows[0][2] == "1"
    page = Page(render(outcome, Heading("diabetes"))).text
    assert "primary metric RMSE" in page


@pytest.mark.parametrize(("notes", "said"), [(0, "0 notes."), (1, "1 note."), (2, "2 notes.")])
def test_what_is_counted_agrees_in_number(hostile, notes, said):
    found = (Finding(scope="security", severity="note", summary="Outputs that nobody scored"),) * notes
    assert said in Page(render(replace(hostile, findings=found), Heading("model"))).text


def test_one_operator_is_one(audit, diabetes_onnx, diabetes_parquet, diabetes_spec):
    outcome = audit(model=diabetes_onnx, data=diabetes_parquet, spec=diabetes_spec, scopes=("security",))
    (table,) = outcome.sections[0].tables
    assert table.note.startswith("1 operator, ")
