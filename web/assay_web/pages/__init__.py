"""The pages, a module for each kind; each reads, and hands what it found to a template."""

from assay_web.pages import accounts, deal, disputes, documents, facts, lists, market, models, order, rules

ROUTERS = tuple(
    one.router for one in (facts, market, lists, deal, models, accounts, disputes, documents, order, rules)
)
