"""Views of IERC20Metadata. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay.structs.view import View


def allowance(owner: str, spender: str) -> View[int]:
    return View("IERC20Metadata", "allowance", int, owner, spender)


def balance_of(account: str) -> View[int]:
    return View("IERC20Metadata", "balanceOf", int, account)


def decimals() -> View[int]:
    return View("IERC20Metadata", "decimals", int)


def name() -> View[str]:
    return View("IERC20Metadata", "name", str)


def symbol() -> View[str]:
    return View("IERC20Metadata", "symbol", str)


def total_supply() -> View[int]:
    return View("IERC20Metadata", "totalSupply", int)
