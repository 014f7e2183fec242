"""The pages, a module for each kind; each reads, and hands what it found to a template."""

from assay_web.pages import (
    accounts,
    agreements,
    deal,
    disputes,
    documents,
    drawing_up,
    enrolling,
    facts,
    goods,
    jobs,
    lineage,
    lists,
    market,
    models,
    opinions,
    order,
    proposals,
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
        facts, market, lists, deal, goods, trials, enrolling, jobs, drawing_up, agreements, models, accounts,
        disputes, documents, lineage, order, proposals, rules, selling, submission, opinions,
        verdicts, test_sets,
    )
)  # fmt: skip
