"""Assay: a decentralized marketplace for AI models where every model is tested before anyone is paid.

    from assay import Market, Order, Wallet

    with Market.connect(rpc, deployment=path, wallet=Wallet.open(), store=ipfs) as market:
        opened = market.commissions.open(Order.load(order), data)

The names below are loaded on first use, so that the parts of Assay that need no chain start fast.
"""

TYPE_CHECKING = False  # type checkers take it as True; `typing` is loaded only once Ctrl-C is handled
if TYPE_CHECKING:
    from typing import Any

    from assay.chain import Deployment, Event, Receipt
    from assay.errors import AssayError, ContractError
    from assay.manifests import Assessment
    from assay.market import Market
    from assay.markets.model_card import ModelCard
    from assay.markets.order import Order
    from assay.structs import Cause, Commission, Payee, Role, State
    from assay.wallet.keystore import Wallet

_HOMES = {
    "Assessment": "manifests",
    "AssayError": "errors",
    "Cause": "structs",
    "Commission": "structs",
    "ContractError": "errors",
    "Deployment": "chain",
    "Event": "chain",
    "Market": "market",
    "ModelCard": "markets.model_card",
    "Order": "markets.order",
    "Payee": "structs",
    "Receipt": "chain",
    "Role": "structs",
    "State": "structs",
    "Wallet": "wallet.keystore",
}

__all__ = [
    "AssayError",
    "Assessment",
    "Cause",
    "Commission",
    "ContractError",
    "Deployment",
    "Event",
    "Market",
    "ModelCard",
    "Order",
    "Payee",
    "Receipt",
    "Role",
    "State",
    "Wallet",
]


def __getattr__(name: str) -> "Any":
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'assay' has no attribute {name!r}")
    return getattr(import_module(f"assay.{_HOMES[name]}"), name)
