"""The pages, a module for each kind; each reads, and hands what it found to a template."""

from assay_web.pages import (
    accounts,
    agreements,
    deal,
    disputes,
    documents,
    drawing_up,
    facts,
    goods,
    jobs,
    lists,
    market,
    models,
    opinions,
    order,
    rules,
    selling,
    submission,
    test_sets,
    trials,
    verdicts,
)

ROUTERS = tuple(
    one.router
    for one in (
        facts, market, lists, deal, goods, trials, jobs, drawing_up, agreements, models, accounts,
        disputes, documents, order, rules, selling, submission, opinions,
        verdicts, test_sets,
    )
)  # fmt: skip
