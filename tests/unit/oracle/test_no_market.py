"""Promise 11: the daemon follows Rounds and knows no market."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import assay_oracle

FILES = sorted(Path(assay_oracle.__file__).parent.rglob("*.py"))
MARKETS = re.compile(r"commission|conformity|assessment|toymarket", re.IGNORECASE)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_file_of_the_daemon_names_a_market(file):
    assert MARKETS.findall(file.read_text()) == []
