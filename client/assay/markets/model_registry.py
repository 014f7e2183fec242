"""Registered models: their owners, provenance and standing."""

from __future__ import annotations

from dataclasses import dataclass

from assay.errors import InvalidInput
from assay.markets.model_status import Ruling, Standing, ThirdPartyResult, stand
from assay.markets.validations import Validations, validations_of
from assay.session import Session
from assay.structs import Commission, LineageEdge, Version, views

_MARKET, _GOODS, _REGISTRY = "CommissionMarket", "Goods", "ModelRegistry"


@dataclass(frozen=True)
class Provenance:
    """Where a registered version comes from.

    Attributes:
        score: ppm, as determined by the panel.
        submission_hash: commits to lineage and payees.
        at: when it was registered, Unix seconds.
    """

    developer: str
    score: int
    submission_hash: bytes
    lineage: tuple[LineageEdge, ...]
    at: int


class ModelRegistry:
    """Reads the registry of models."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def owner_of(self, model_id: int) -> str:
        """Who owns the model's ERC-721 token."""
        return self._session.view(views.model_registry.owner_of(model_id))

    def version(self, manifest: bytes) -> Version:
        """What the version with this manifest digest belongs to.

        Raises:
            ContractError: no such version has been registered.
        """
        return self._session.view(views.model_registry.version_of(manifest))

    def latest_version(self, model_id: int) -> bytes:
        """The manifest digest of a model's newest version."""
        return self._session.view(views.model_registry.latest_version(model_id))

    def is_registered(self, manifest: bytes) -> bool:
        """Whether a version with this manifest digest has been registered."""
        return self._session.view(views.model_registry.is_registered(manifest))

    def provenance(self, manifest: bytes) -> Provenance:
        """Who made a version, how it scored and where it comes from, according to its registration.

        Raises:
            InvalidInput: no such version has been registered.
        """
        found = self._session.events.find(_REGISTRY, "VersionRegistered", manifest=manifest)
        event = next(found, None)
        if event is None:
            raise InvalidInput(f"No model version has the manifest {manifest.hex()}.")
        said = event.arguments
        return Provenance(
            developer=said["developer"],
            score=said["score"],
            submission_hash=said["submissionHash"],
            lineage=tuple(LineageEdge.model_validate(edge) for edge in said["lineage"]),
            at=self._session.connection.block_time(event.block),
        )

    def standing(self, model_id: int) -> Standing:
        """The present standing of the model's newest version, by Policy's present rule for its risk class.

        Raises:
            ContractError: there is no such model.
        """
        return self.standing_of(model_id, self.latest_version(model_id))

    def standing_of(self, model_id: int, manifest: bytes) -> Standing:
        """Like :meth:`standing`, for one version of the model."""
        (interval, tested), origin, rulings, now = self._session.together(
            lambda: self._verification(manifest),
            lambda: self.provenance(manifest),
            lambda: self._rulings(manifest),
            self._session.now,
        )
        return stand(
            model_id,
            manifest,
            origin.score,
            registered_at=origin.at,
            rulings=rulings,
            tested=tested,
            reverify_interval=interval,
            now=now,
        )

    def validations(self, model_id: int) -> Validations | None:
        """What an ERC-8004 reader sees of a model, or None if the market has no bridge to ERC-8004.

        Raises:
            ContractError: there is no such model.
        """
        return validations_of(self._session, model_id)

    def _verification(self, manifest: bytes) -> tuple[int, ThirdPartyResult | None]:
        """How often a version must be verified (seconds, 0 for never), and its third-party test."""
        version = self.version(manifest)
        if version.module == self._session.deployment.address(_GOODS):
            return self._of_a_test(manifest)
        if version.module != self._session.deployment.address(_MARKET):
            return 0, None
        request = self._commission(version.deal_id).request
        rule, set_id = self._session.together(
            lambda: self._session.view(views.policy.risk_class(request.risk_class)),
            lambda: self._session.view(views.policy.conformity_set(request.domain)),
        )
        return rule.reverify_interval, self._tested(manifest, set_id) if rule.third_party else None

    def _of_a_test(self, manifest: bytes) -> tuple[int, ThirdPartyResult]:
        """Like :meth:`_verification`, for a model without a commission: the test it was registered with."""
        good = self._session.view(views.goods.good_of(manifest))
        rule = self._session.view(views.policy.risk_class(good.risk_class))
        return rule.reverify_interval, self._tested(manifest, good.set_id)

    def _tested(self, manifest: bytes, set_id: int) -> ThirdPartyResult:
        found = self._session.view(views.conformity.standing_of(set_id, manifest))
        return ThirdPartyResult(set_id, found.at, found.passed, found.score)

    def _rulings(self, manifest: bytes) -> list[Ruling]:
        """All audits of a version, newest first."""
        rulings = []
        audit_id = self._session.view(views.audit_registry.latest_audit(manifest))
        while audit_id:
            audit = self._session.view(views.audit_registry.audit(audit_id))
            opinions = tuple((one.auditor, one.approved, one.at, one.expires) for one in audit.verdicts)
            rulings.append(Ruling(audit_id, audit.outcome, opinions))
            audit_id = audit.previous
        return rulings

    def _commission(self, commission_id: int) -> Commission:
        return self._session.view(views.commission_lens.commission(commission_id))
