"""The pages, a module for each kind; each reads, and hands what it found to a template."""

from assay_web.pages import deal, documents, facts, order, rules

ROUTERS = (facts.router, deal.router, documents.router, order.router, rules.router)
