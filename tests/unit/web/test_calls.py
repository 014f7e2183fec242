"""What pages have carried out by a plain call is what their script carries out that way."""

from __future__ import annotations

import re
from pathlib import Path

from assay.chain.abi import function_of
from assay_web.sentences import catalogue

WEB = Path(__file__).resolve().parents[3] / "web" / "assay_web"
CALLED = re.compile(r'\bcall\(\s*"([A-Z]\w+)",\s*"(\w+)"')
DENIED = {"IERC20Metadata.approve", "Escrow.setOperator", "Agreements.sign", "Pledges.pledge", "Rounds.grant"}


def allowed() -> set[str]:
    script = (WEB / "static" / "js" / "acts" / "call.js").read_text()
    listed = re.search(r"const CALLS = new Set\(\[(.*?)\]\)", script, re.DOTALL)
    assert listed is not None
    return set(re.findall(r'"([\w.]+)"', listed[1]))


def test_every_plain_call_of_a_page_is_one_of_the_list_and_no_other_is_on_it():
    sources = "".join(path.read_text() for path in WEB.glob("**/*.py"))
    assert {f"{contract}.{name}" for contract, name in CALLED.findall(sources)} == allowed()


def test_what_lets_others_take_money_or_agrees_to_a_text_is_no_plain_call():
    assert not allowed() & DENIED


def test_each_is_a_function_with_a_sentence():
    for one in allowed():
        assert function_of(*one.split("."))["type"] == "function"
        assert f"call.{one}" in catalogue()
