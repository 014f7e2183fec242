"""The documented findings and the market's defaults are those of the last `make bench-mechanism`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "mechanism.md").read_text()


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return dict(json.loads((ROOT / "benchmarks" / "results" / "mechanism.json").read_text()))


def test_a_market_starts_with_the_recommended_defaults(results: dict[str, Any]) -> None:
    recommended = results["recommended"]
    parameters = yaml.safe_load((ROOT / "scripts" / "parameters.yaml").read_text())["default"]
    assert parameters["bid_bond_ppm"] == recommended["bid_bond_ppm"]
    assert parameters["stakes"]["seat"] == recommended["seat_stake"]
    assert parameters["stakes"]["silence_ppm"] == recommended["silence_ppm"]
    assert parameters["stakes"]["withhold_ppm"] == recommended["withhold_ppm"]
    assert parameters["payment_rule"]["appeal_bond"] == recommended["appeal_bond"]
    assert parameters["payment_rule"]["min_evaluation_fee"] == recommended["min_evaluation_fee"]
    # the last tier is open-ended: above its bound lying may pay, and no larger panel exists
    *bounded, largest = recommended["panel_tiers"]
    assert parameters["panel_tiers"] == [*bounded, largest | {"below": "max"}]


def test_the_page_states_what_was_found(results: dict[str, Any]) -> None:
    stated = re.findall(r"^\| (.+) \| (.+) \|$", PAGE.split("## What was checked")[1], re.M)
    found = [(claim["claim"], claim["evidence"]) for claim in results["claims"]]
    assert stated[1:] == found  # below the heading
    assert all(claim["holds"] for claim in results["claims"])


def test_every_plot_is_shown() -> None:
    plots = {path.name for path in (ROOT / "benchmarks" / "results").glob("mechanism-*.png")}
    assert set(re.findall(r"\(\.\./benchmarks/results/(.+\.png)\)", PAGE)) == plots
