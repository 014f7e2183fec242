"""`market.reputation`: what participants have done, and how their scores follow from it."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from assay.chain import Event, Receipt
from assay.errors import ContractError, InvalidInput
from assay.governance.policy import Policy
from assay.session import Session
from assay.structs import ZERO_DIGEST, Fact, FactKind, Role, State, views

_NAME, _SOURCE, _MARKET = "Reputation", "CommissionFacts", "CommissionMarket"

ONE = 1_000_000
"""One fact in the contract's millionths; also the unit of ppm."""
PRIOR = 500_000
PRIOR_WEIGHT = 10 * ONE
WEIGHTS = (0, 1, 1, 1, 2, 2, 2, 1, 4, 1, 3, 2, 4)
"""The weight of one fact, by kind."""
NEWEST_FACTS = 10_000
"""How many of the newest facts a list is based on; older ones weigh little."""
NEWEST_DEALS = 500
"""How many of the newest commissions are searched for facts that have not been recorded."""
_STAR = ONE // 4
_FACTS_PER_RATING = 3  # prior and facts weigh at least three times as much as the ratings


@dataclass(frozen=True)
class ScorePart:
    """One number of a score.

    Attributes:
        name: a kind of fact, "ratings", or "start".
        amount: facts or ratings as of today, weighted by their deals, in millionths.
        weight: weight of one fact or rating, in millionths; for ratings less than 1,000,000 if their share is
            capped at a quarter.
        points: what it adds to or subtracts from the score, ppm.
    """

    name: str
    amount: int
    weight: int
    points: int


@dataclass(frozen=True)
class Standing:
    """A participant's score with all its parts.

    Attributes:
        domain: the domain's name; None for all domains together.
        score: ppm; the sum of all parts, and the contract's value.
        parts: the start first, then every kind of fact that has occurred, the ratings last.
    """

    account: str
    domain: str | None
    score: int
    parts: tuple[ScorePart, ...]


@dataclass(frozen=True)
class RecordedFact:
    """A fact as it was recorded."""

    commission_id: int
    fact: Fact
    block: int


@dataclass(frozen=True)
class Rating:
    """A buyer's rating.

    Attributes:
        weight: its weight when it was given, in millionths of a fact.
        comment: digest of a text; zero if there is none.
    """

    commission_id: int
    rater: str
    domain: int
    stars: int
    weight: int
    comment: bytes
    block: int


def explain(facts: Sequence[int], rating_weight: int, rating_sum: int) -> tuple[ScorePart, ...]:
    """The parts of a score from the answer of `partsOf`; their points add up exactly to the contract's score.

    The score is an average around the prior, rounded down once. Each part gets the amount by which the
    rounded sum grows when the part is added to those before it.
    """
    total = PRIOR_WEIGHT + sum(WEIGHTS[kind] * amount for kind, amount in enumerate(facts))
    cut = _FACTS_PER_RATING * rating_weight > total
    # Of a fact and of a rating, in shares of the denominator.
    fact_share = _FACTS_PER_RATING * rating_weight if cut else 1
    rating_share = total if cut else 1
    denominator = (1 + _FACTS_PER_RATING) * total * rating_weight if cut else total + rating_weight

    parts = [ScorePart("start", PRIOR_WEIGHT, ONE, PRIOR)]
    numerator = 0
    for kind in FactKind:
        amount = facts[kind]
        if kind and amount:
            distance = ONE - PRIOR if kind.good else -PRIOR
            before = numerator // denominator
            numerator += fact_share * WEIGHTS[kind] * amount * distance
            points = numerator // denominator - before
            parts.append(ScorePart(kind.words, amount, WEIGHTS[kind] * ONE, points))
    if rating_weight:
        before = numerator // denominator
        numerator += rating_share * (_STAR * rating_sum - PRIOR * rating_weight)
        weight = total * ONE // (_FACTS_PER_RATING * rating_weight) if cut else ONE
        parts.append(ScorePart("ratings", rating_weight, weight, numerator // denominator - before))
    return tuple(parts)


class Reputation:
    """Scores, the facts behind them, recording finished deals, rating."""

    def __init__(self, session: Session, policy: Policy) -> None:
        self._session, self._policy = session, policy

    def of(self, account: str | None = None, domain: str | None = None) -> Standing:
        """The score of *account* (the wallet's by default) in a domain or in all, with its parts.

        Raises:
            InvalidInput: the market has no such domain.
        """
        subject = account or self._session.address
        number = self._policy.domain_id(domain) if domain else 0
        found = self._session.view(views.reputation.parts_of(subject, number))
        parts = explain(found.facts, found.rating_weight, found.rating_sum)
        return Standing(subject, domain, sum(part.points for part in parts), parts)

    def score(self, account: str, domain: str | None = None) -> int:
        """Only the score, ppm, from the contract."""
        if domain is None:
            return self._session.view(views.reputation.overall(account))
        return self._session.view(views.reputation.score_of(account, self._policy.domain_id(domain)))

    def list(self, domain: str) -> builtins.list[Standing]:
        """The developers in a domain about whom the market's newest facts say something, best first.

        Raises:
            InvalidInput: the market has no such domain.
        """
        number = self._policy.domain_id(domain)
        found = self._session.events.find(_NAME, "FactRecorded", newest_first=True, source=self._source)
        subjects = dict.fromkeys(
            event.arguments["subject"]
            for event in islice(found, NEWEST_FACTS)
            if event.arguments["domain"] == number
        )
        are = self._session.each(self._is_developer, subjects)
        developers = [account for account, is_developer in zip(subjects, are, strict=True) if is_developer]
        standings = self._session.each(lambda account: self.of(account, domain), developers)
        return sorted(standings, key=lambda standing: -standing.score)

    def facts(self, account: str) -> Iterator[RecordedFact]:
        """All facts ever recorded about *account* in commissions, oldest first."""
        for event in self._session.events.find(_NAME, "FactRecorded", source=self._source, subject=account):
            given = event.arguments
            fact = Fact(
                subject=given["subject"],
                domain=given["domain"],
                kind=FactKind(given["kind"]),
                count=given["count"],
                weight=given["weight"],
            )
            yield RecordedFact(given["dealId"], fact, event.block)

    def ratings(self, account: str) -> Iterator[Rating]:
        """All ratings of *account* in commissions, oldest first."""
        for event in self._session.events.find(_NAME, "Rated", source=self._source, subject=account):
            given = event.arguments
            yield Rating(
                commission_id=given["dealId"],
                rater=given["rater"],
                domain=given["domain"],
                stars=given["stars"],
                weight=given["weight"],
                comment=bytes(given["comment"]),
                block=event.block,
            )

    def facts_of(self, commission_id: int) -> tuple[Fact, ...]:
        """The facts of a finished commission, whether recorded or not.

        Raises:
            ContractError: it is still open, or does not exist.
        """
        return self._session.view(views.commission_facts.facts_of(commission_id))

    def is_recorded(self, commission_id: int) -> bool:
        """Whether a commission's facts have been recorded."""
        return self._session.view(views.reputation.is_recorded(self._source, commission_id))

    def record(self, commission_id: int) -> Receipt:
        """Record the facts of a finished commission; anyone may call this, once.

        Raises:
            ContractError: it is still open, has no facts, or has already been recorded.
        """
        return self._session.send(_NAME, "record", self._source, commission_id)

    def record_all(self) -> Iterator[tuple[int, Receipt]]:
        """Record what :meth:`unrecorded` finds, in one transaction each; yields each with its receipt."""
        for commission_id in self.unrecorded():
            try:
                yield commission_id, self.record(commission_id)
            except ContractError:
                if not self.is_recorded(commission_id):  # else somebody was faster
                    raise

    def unrecorded(self) -> Iterator[int]:
        """The finished ones among the newest commissions that have unrecorded facts."""
        count = self._session.view(views.commission_market.commission_count())
        newest = range(max(1, count - NEWEST_DEALS + 1), count + 1)
        return (found for found, facts in self._session.each(self.waiting_in, newest) if facts)

    def waiting(
        self, account: str | None = None, domain: str | None = None
    ) -> builtins.list[tuple[int, Fact]]:
        """Unrecorded facts about *account* from its commissions, which are not part of its score yet.

        Args:
            account: a customer, developer or drawn auditor; the wallet's by default. Only its newest
                commissions are searched.
            domain: the domain's name; None for all.

        Raises:
            InvalidInput: the market has no such domain.
        """
        subject = account or self._session.address
        number = self._policy.domain_id(domain) if domain else 0
        return [
            (commission_id, fact)
            for commission_id, facts in self._session.each(self.waiting_in, self._deals_of(subject))
            for fact in facts
            if fact.subject == subject and number in (0, fact.domain)
        ]

    def rate(self, commission_id: int, stars: int, *, comment: bytes = ZERO_DIGEST) -> Receipt:
        """Rate the developer of a settled commission, as its customer, once and for all.

        Args:
            commission_id: its number.
            stars: 1 to 5.
            comment: digest of a text, wherever it is kept.

        Raises:
            InvalidInput: *stars* is not from 1 to 5.
            ContractError: the account did not buy it, it was not settled, or it has already been rated.
        """
        if not 1 <= stars <= 5:
            raise InvalidInput(f"A rating has one to five stars, not {stars}.")
        return self._session.send(_NAME, "rate", self._source, commission_id, stars, comment)

    def _deals_of(self, account: str) -> builtins.list[int]:
        """The newest commissions that may have facts about *account*, oldest first."""
        market = self._session.deployment.address(_MARKET)
        opened, awarded, seated = self._session.together(
            lambda: self._newest(_MARKET, "CommissionOpened", customer=account),
            lambda: self._newest(_MARKET, "Awarded", developer=account),
            lambda: self._newest("AuditRegistry", "AuditorSeated", auditor=account),
        )
        numbers = {event.arguments["id"] for event in (*opened, *awarded)}
        audits = self._session.each(
            lambda event: self._session.view(views.audit_registry.audit(event.arguments["auditId"])), seated
        )
        numbers |= {audit.deal_id for audit in audits if audit.opener == market}
        return sorted(numbers)[-NEWEST_DEALS:]

    def _newest(self, contract: str, name: str, **indexed: Any) -> builtins.list[Event]:
        found = self._session.events.find(contract, name, newest_first=True, **indexed)
        return builtins.list(islice(found, NEWEST_DEALS))

    def waiting_in(self, commission_id: int) -> tuple[int, tuple[Fact, ...]]:
        """The unrecorded facts of a finished commission."""
        state, recorded = self._session.together(
            lambda: self._session.view(views.commission_market.state_of(commission_id)),
            lambda: self.is_recorded(commission_id),
        )
        waits = state in (State.SETTLED, State.REFUNDED) and not recorded
        return commission_id, self.facts_of(commission_id) if waits else ()

    def _is_developer(self, account: str) -> bool:
        return self._session.view(views.participant_registry.holds_role(account, Role.DEVELOPER))

    @property
    def _source(self) -> str:
        return self._session.deployment.address(_SOURCE)
