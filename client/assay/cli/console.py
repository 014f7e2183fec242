"""The terminal beside results: what commands say of their work, and how far it is, goes to stderr."""

from __future__ import annotations

from rich.console import Console

console = Console(stderr=True, highlight=False, soft_wrap=True)
