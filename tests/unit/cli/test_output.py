"""What commands print: in JSON numbers name their units, and people see no ids that are of no use to them."""

from __future__ import annotations

import json

import pytest

from assay.cli.output import Data, digest, moment, money, out_of, ppm, show, show_rows, size, telling_time_by
from assay.escrow import Token

TOKEN = Token("0x" + "11" * 20, "tUSD", 6)
RECORD = {
    "price": money(12_500_000, TOKEN),
    "bond": money(None, TOKEN),
    "fee": ppm(25_000),
    "deadline": moment(0),
    "file": size(2_048),
    "attempts": out_of(1, 3),
    "organisation": digest(bytes(32)),
    "id": Data("5" * 77),
    "left": Data(size(7)),
    "parts": [{"may_bid": True, "share": ppm(1)}],
}


def test_numbers_have_their_unit_in_their_name(capsys):
    show(RECORD, as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "price_base_units": "12500000",
        "bond_base_units": None,
        "fee_ppm": 25_000,
        "deadline_unix": None,
        "file_bytes": 2_048,
        "attempts": {"number": 1, "of": 3},
        "organisation": None,
        "id": "5" * 77,
        "left_bytes": 7,
        "parts": [{"may_bid": True, "share_ppm": 1}],
    }


@pytest.mark.parametrize("rows", [False, True])
def test_people_read_units_and_no_long_ids(rows, capsys):
    if rows:
        show_rows([RECORD], as_json=False, empty="")
    else:
        show(RECORD, as_json=False)
    said = capsys.readouterr().out
    for words in ("12.5 tUSD", "2.5 %", "2,048 bytes", "1 of 3", "may bid yes", "share 0.0001 %"):
        assert words in said
    for hidden in ("5555", "base_units", "may_bid", "0000"):
        assert hidden not in said.replace("0.0001", "")


def test_a_time_to_come_is_told_with_the_time_left_by_the_chains_clock():
    asked = []

    def now() -> int:
        asked.append(1)
        return 1_800_000_000

    assert ", in " not in moment(1_800_003_600).text
    with telling_time_by(now):
        assert moment(1_800_003_600).text.endswith(", in 1 hour")
        assert ", in " not in moment(1_799_000_000).text
    assert len(asked) == 1
