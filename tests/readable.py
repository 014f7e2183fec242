"""What every page of the web market keeps to: small, closed to scripts, readable by everybody."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from playwright.sync_api import Page

_AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
_MOST_BYTES = 100_000


def check_page(answer: httpx.Response, path: str) -> None:
    """What stands in it without scripts."""
    assert len(answer.content) <= _MOST_BYTES, path
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    text = answer.text
    assert re.search(r"<h1>.+</h1>", text), path
    for script in re.findall(r"<script[^>]*>", text):
        assert 'src="/static/' in script
    assert not re.search(r"\son[a-z]+=|\sstyle=|<style", text), path
    assert not re.findall(r'(?:src|action)="(?!/)', text), path
    assert not re.search(r"&amp;(?:#\d+|[a-z]+);", text), (path, "escaped twice")


def check_shown(page: Page, path: str) -> None:
    """In the browser: axe finds nothing serious, and it is not wider than its screen."""
    page.evaluate(_AXE.read_text())
    found = page.evaluate(
        "() => axe.run(document, {resultTypes: ['violations']}).then(r => r.violations"
        ".filter(v => ['serious', 'critical'].includes(v.impact))"
        ".map(v => [v.id, v.nodes.map(n => n.html.slice(0, 200))]))"
    )
    assert not found, (path, found)
    wide = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, (path, wide)
