"""How a model stands: which verdicts count, and when it has to be verified again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assay.markets.model_status import Ruling, Standing, ThirdPartyResult, stand
from assay.structs import AuditOutcome

DAY = 86_400
REGISTERED = 1_000 * DAY
YEAR = 365 * DAY


def ruling(number: int, day: int, *, approved: bool = True, decided: bool = True) -> Ruling:
    at = REGISTERED + day * DAY
    outcome = AuditOutcome.APPROVED if approved else AuditOutcome.REJECTED
    opinions = (("auditor", approved, at, at + YEAR),)
    return Ruling(number, outcome if decided else AuditOutcome.PENDING, opinions)


def on_day(
    day: int, *rulings: Ruling, interval: int = 100 * DAY, tested: ThirdPartyResult | None = None
) -> Standing:
    """The newest ruling first."""
    return stand(
        1,
        bytes(32),
        900_000,
        registered_at=REGISTERED,
        rulings=rulings,
        tested=tested,
        reverify_interval=interval,
        now=REGISTERED + day * DAY,
    )


def test_the_interval_counts_from_the_last_approval():
    assert [on_day(day, ruling(1, 10)).status for day in (10, 99, 100, 109, 110, 400)] == [
        "current", "current", "due", "due", "lapsed", "lapsed",
    ]  # fmt: skip
    again = (ruling(2, 105), ruling(1, 10))
    assert on_day(150, *again).status == "current"
    assert on_day(150, *again).due_at == REGISTERED + 205 * DAY


def test_without_an_audit_it_counts_from_the_registration():
    assert on_day(0).verified_at == REGISTERED
    assert [on_day(day).status for day in (89, 90, 100)] == ["current", "due", "lapsed"]


def test_no_interval_never_lapses():
    standing = on_day(10_000, ruling(1, 10), interval=0)
    assert (standing.status, standing.due_at) == ("current", 0)


def test_a_rejection_lapses_at_once_until_it_is_approved_again():
    rejected = ruling(2, 20, approved=False)
    assert on_day(21, rejected, ruling(1, 10)).status == "lapsed"
    assert on_day(31, ruling(3, 30), rejected, ruling(1, 10)).status == "current"


def test_where_a_third_party_tests_its_test_is_what_verifies():
    def at(day: int, tested_on: int, *, passed: bool = True) -> Standing:
        test = ThirdPartyResult(7, REGISTERED + tested_on * DAY, passed, 910_000)
        return on_day(day, ruling(1, 10), tested=test)

    assert [at(day, 20).status for day in (21, 110, 119, 120)] == ["current", "due", "due", "lapsed"]
    assert at(21, 20).due_at == at(21, 20).verified_at + 100 * DAY == REGISTERED + 120 * DAY
    assert at(21, 20, passed=False).status == "lapsed"
    never = on_day(21, ruling(1, 10), tested=ThirdPartyResult(7, 0, False, 0))
    assert (never.status, never.due_at) == ("lapsed", 0)


def test_an_audit_that_is_not_decided_changes_nothing_yet():
    standing = on_day(21, ruling(2, 20, approved=False, decided=False), ruling(1, 10))
    assert standing.status == "current"
    assert [one.state for one in standing.verdicts] == ["counts", "counts"]


def test_verdicts_count_until_they_expire_or_a_later_audit_is_decided():
    standing = on_day(20 + 365, ruling(2, 25), ruling(1, 20))
    assert [(one.audit_id, one.state) for one in standing.verdicts] == [(2, "counts"), (1, "superseded")]
    (alone,) = on_day(20 + 365, ruling(1, 20)).verdicts
    assert alone.state == "expired"  # the second at which it expires no longer counts
    (before,) = on_day(20 + 364, ruling(1, 20)).verdicts
    assert before.state == "counts"


@given(
    interval=st.integers(0, 2**40), day=st.integers(0, 5_000), later=st.integers(0, 5_000),
    days=st.lists(st.integers(0, 5_000), max_size=4),
)  # fmt: skip
def test_time_alone_never_mends_a_standing(interval, day, later, days):
    rulings = tuple(ruling(len(days) - place, one) for place, one in enumerate(sorted(days, reverse=True)))
    order = ["current", "due", "lapsed"]
    first = order.index(on_day(day, *rulings, interval=interval).status)
    assert order.index(on_day(day + later, *rulings, interval=interval).status) >= first
