"""Commands that only read ask a node a few times, however much they show."""

from __future__ import annotations

import pytest
from reading import READING, counted, lines
from typer.testing import CliRunner

from assay.cli import app

MOST_REQUESTS = 10


@pytest.mark.parametrize("command", READING)
def test_requests_of_a_command(setting, command):
    """On a deal with all there can be: appeals, an audit, opinions, a dispute before a jury."""
    line = lines(setting.stage, setting.model)[command]
    with counted() as requests:
        done = CliRunner().invoke(app, line.split(), env=setting.stage.environment("hospital"))
    assert done.exit_code == 0, done.output
    assert len(requests) <= MOST_REQUESTS, line
