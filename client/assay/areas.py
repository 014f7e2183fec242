"""What can be done in a market, by area; each area is imported on first use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from assay.session import Session

if TYPE_CHECKING:
    from assay.deal.keys import Keys
    from assay.deal.rounds import Rounds
    from assay.dossier.dossiers import Dossiers
    from assay.escrow import Escrow
    from assay.governance.policy import Policy
    from assay.governance.proposals import Governance
    from assay.judges.audits import Audits
    from assay.judges.claims import Claims
    from assay.judges.conformity import Conformity
    from assay.judges.court import Court
    from assay.judges.disputes import Disputes
    from assay.judges.lineage_claims import LineageClaims
    from assay.judges.opinions import Opinions
    from assay.judges.panels import Panels
    from assay.judges.reputation import Reputation
    from assay.markets.agreements import Agreements
    from assay.markets.auctions import Auctions
    from assay.markets.bids import Bids
    from assay.markets.commissions import Commissions
    from assay.markets.goods import Goods
    from assay.markets.jobs import Jobs
    from assay.markets.licences import Licences
    from assay.markets.models import Models
    from assay.markets.offers import Offers
    from assay.markets.pledges import Pledges
    from assay.markets.trials import Trials
    from assay.markets.versions import Versions
    from assay.participants import Participants
    from assay.staking import Staking


class Areas:
    """The areas of a market, as seen by one account or by a reader without a wallet.

    Attributes:
        session: connection, contracts and wallet, for anything the areas do not offer.
    """

    def __init__(self, session: Session, *, unchecked: bool) -> None:
        self.session, self._unchecked = session, unchecked

    @cached_property
    def policy(self) -> Policy:
        """The market's rules."""
        from assay.governance.policy import Policy

        return Policy(self.session)

    @cached_property
    def participants(self) -> Participants:
        """Joining, accreditation, ties."""
        from assay.participants import Participants

        return Participants(self.session, self.policy)

    @cached_property
    def escrow(self) -> Escrow:
        """Deposits, withdrawals, which contracts may use a balance."""
        from assay.escrow import Escrow

        return Escrow(self.session)

    @cached_property
    def keys(self) -> Keys:
        """The content keys of the account's own artifacts, and those granted to it."""
        from assay.deal.keys import Keys

        return Keys(self.session)

    @cached_property
    def rounds(self) -> Rounds:
        """What panels are asked, key grants to them, and appeals."""
        from assay.deal.rounds import Rounds

        return Rounds(self.session, self.escrow, self.keys)

    @cached_property
    def agreements(self) -> Agreements:
        """Texts that parties sign, and who has signed which."""
        from assay.markets.agreements import Agreements

        return Agreements(self.session)

    @cached_property
    def bids(self) -> Bids:
        """Sealed bids on commissions."""
        from assay.markets.bids import Bids

        return Bids(self.session, self.escrow)

    @cached_property
    def commissions(self) -> Commissions:
        """Custom models, from the request to payment."""
        from assay.markets.commissions import Commissions

        return Commissions(
            self.session, self.policy, self.escrow, self.keys, self.rounds, unchecked=self._unchecked
        )

    @cached_property
    def models(self) -> Models:
        """Submitting, delivering, opening and refuting models."""
        from assay.markets.models import Models

        return Models(self.session, self.keys, self.rounds, unchecked=self._unchecked)

    @cached_property
    def claims(self) -> Claims:
        """Evidence from watermarks that one model was made from another."""
        from assay.judges.claims import Claims

        return Claims(self.session, self.keys)

    @cached_property
    def goods(self) -> Goods:
        """What may be sold, and what is owed on its sales."""
        from assay.markets.goods import Goods

        return Goods(self.session)

    @cached_property
    def licences(self) -> Licences:
        """Buying models, opening what was bought, delivering what was sold."""
        from assay.markets.licences import Licences

        return Licences(self.session, self.escrow, self.policy, self.models)

    @cached_property
    def offers(self) -> Offers:
        """Offering tested models."""
        from assay.markets.offers import Offers

        return Offers(self.session, self.escrow, self.policy, self.models, self.licences)

    @cached_property
    def auctions(self) -> Auctions:
        """Licences sold to the highest sealed bid."""
        from assay.markets.auctions import Auctions

        return Auctions(self.session, self.escrow)

    @cached_property
    def versions(self) -> Versions:
        """The order of a maintained model's versions, and what each one changes."""
        from assay.markets.versions import Versions

        return Versions(self.session)

    @cached_property
    def trials(self) -> Trials:
        """Licences that are bought only if the model passes on the buyer's own hidden data."""
        from assay.markets.trials import Trials

        return Trials(
            self.session,
            self.policy,
            self.escrow,
            self.keys,
            self.rounds,
            self.models,
            unchecked=self._unchecked,
        )

    @cached_property
    def jobs(self) -> Jobs:
        """Jobs of other contracts (ERC-8183) that Assay evaluates."""
        from assay.markets.jobs import Jobs

        return Jobs(self.session, self.escrow, self.keys, self.rounds, self.models, unchecked=self._unchecked)

    @cached_property
    def pledges(self) -> Pledges:
        """Agreements backed by a bond, which is lost on a breach."""
        from assay.markets.pledges import Pledges

        return Pledges(self.session, self.escrow)

    @cached_property
    def audits(self) -> Audits:
        """Auditors, their material, their verdicts."""
        from assay.judges.audits import Audits

        return Audits(self.session, self.policy, self.escrow, self.keys, self.rounds)

    @cached_property
    def opinions(self) -> Opinions:
        """Opinions from auditors of the account's own choice."""
        from assay.judges.opinions import Opinions

        return Opinions(self.session, self.escrow, self.keys, self.models)

    @cached_property
    def court(self) -> Court:
        """The jurors' pool, seats and votes."""
        from assay.judges.court import Court

        return Court(self.session, self.escrow)

    @cached_property
    def disputes(self) -> Disputes:
        """Contested deals, evidence, appeals."""
        from assay.judges.disputes import Disputes

        return Disputes(self.session, self.escrow, self.court)

    @cached_property
    def lineage_claims(self) -> LineageClaims:
        """Claims that a model was made from another one without declaring it."""
        from assay.judges.lineage_claims import LineageClaims

        return LineageClaims(self.session, self.escrow, self.disputes)

    @cached_property
    def conformity(self) -> Conformity:
        """Third-party test sets, and how models perform on them."""
        from assay.judges.conformity import Conformity

        return Conformity(
            self.session,
            self.policy,
            self.escrow,
            self.keys,
            self.models,
            self.rounds,
            unchecked=self._unchecked,
        )

    @cached_property
    def reputation(self) -> Reputation:
        """What participants have done, scores, ratings."""
        from assay.judges.reputation import Reputation

        return Reputation(self.session, self.policy)

    @cached_property
    def dossiers(self) -> Dossiers:
        """A model's documents for regulators, and how to verify them."""
        from assay.dossier.dossiers import Dossiers

        return Dossiers(self.session)

    @cached_property
    def staking(self) -> Staking:
        """Validators' stakes."""
        from assay.staking import Staking

        return Staking(self.session, self.escrow)

    @cached_property
    def oracle(self) -> Panels:
        """Panels, requests, reports."""
        from assay.judges.panels import Panels

        return Panels(self.session)

    @cached_property
    def governance(self) -> Governance:
        """Seats, proposals and votes by which the rules change."""
        from assay.governance.proposals import Governance

        return Governance(self.session, self.policy, self.escrow)
