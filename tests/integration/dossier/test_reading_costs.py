"""Commands that only read ask a node a few times, however much they show."""

from __future__ import annotations

import pytest
from reading import READING, lines
from typer.testing import CliRunner

from assay.chain.provider import FailoverProvider
from assay.cli import app

MOST_REQUESTS = 10


@pytest.mark.parametrize("command", READING)
def test_requests_of_a_command(setting, monkeypatch, command):
    """On a deal with all there can be: appeals, an audit, opinions, a dispute before a jury."""
    requests, post = [], FailoverProvider._post
    line = lines(setting.stage, setting.model)[command]

    def noted(provider, index, content):
        requests.append(content)
        return post(provider, index, content)

    monkeypatch.setattr(FailoverProvider, "_post", noted)
    done = CliRunner().invoke(app, line.split(), env=setting.stage.environment("hospital"))
    assert done.exit_code == 0, done.output
    assert len(requests) <= MOST_REQUESTS, line
