"""The pages, a module for each kind; each reads, and hands what it found to a template."""

from assay_web.pages import (
    accounts,
    agreements,
    deal,
    disputes,
    documents,
    facts,
    goods,
    jobs,
    lists,
    market,
    models,
    order,
    rules,
    selling,
    trials,
)

ROUTERS = tuple(
    one.router
    for one in (
        facts, market, lists, deal, goods, trials, jobs, agreements, models, accounts, disputes, documents,
        order, rules, selling,
    )
)  # fmt: skip
