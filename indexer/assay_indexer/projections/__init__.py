"""From events to rows: a module for each part of the market."""

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
"""Goes up when the same events make other rows: an older index is then made anew."""

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
