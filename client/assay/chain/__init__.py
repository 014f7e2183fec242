"""Assay's access to the chain: connections, contracts, events, transactions, and readable errors."""

from assay.chain.answers import Header
from assay.chain.connection import Connection
from assay.chain.contracts import Call, Contract
from assay.chain.deployment import Deployment, Tokens
from assay.chain.events import Event, EventReader
from assay.chain.logs import LogRange
from assay.chain.receipts import Receipt

__all__ = [
    "Call",
    "Connection",
    "Contract",
    "Deployment",
    "Event",
    "EventReader",
    "Header",
    "LogRange",
    "Receipt",
    "Tokens",
]
