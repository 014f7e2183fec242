"""Turns events into rows: a module for each part of the market."""

from assay_indexer.projections import (
    agreements,
    auction,
    audits,
    commission_market,
    disputes,
    governance,
    jobs,
    licences,
    lineage,
    models,
    money,
    panels,
    people,
    sales,
    trials,
)
from assay_indexer.projections.registry import TAKERS, project

RULES = 4
"""Increased whenever the same events give different rows: an older index is then rebuilt."""

__all__ = [
    "RULES",
    "TAKERS",
    "agreements",
    "auction",
    "audits",
    "commission_market",
    "disputes",
    "governance",
    "jobs",
    "licences",
    "lineage",
    "models",
    "money",
    "panels",
    "people",
    "project",
    "sales",
    "trials",
]
