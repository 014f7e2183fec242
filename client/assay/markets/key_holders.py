"""Who was chosen to see a model's key: panels, auditors, and those asked for an opinion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assay.session import Session
from assay.structs import views


@dataclass(frozen=True)
class KeyHolders:
    """Accounts that were meant to be granted a model's key for one purpose.

    Attributes:
        why: the purpose, such as "panel of commission 3".
        accounts: everyone who was ever seated, each once.
    """

    why: str
    accounts: tuple[str, ...]


def key_holders(session: Session, good: bytes) -> list[KeyHolders]:
    """Everyone whom the chain names for the model with this manifest digest.

    Some of them may not have been granted the key, but the market granted it to nobody else. Anyone who
    bought a licence has the key as well.
    """
    found = [*_of_commission(session, good), *_of_tests(session, good), *_of_opinions(session, good)]
    return [one for one in found if one.accounts]


def _of_commission(session: Session, good: bytes) -> Iterator[KeyHolders]:
    version = session.view(views.model_registry.version_of(good))
    market = session.deployment.address("CommissionMarket")
    if version.module != market:
        return
    yield _panels(session, market, version.deal_id, f"panel of commission {version.deal_id}")
    audits = session.events.find("AuditRegistry", "AuditRequested", opener=market, dealId=version.deal_id)
    for event in audits:
        number = event.arguments["auditId"]
        seated = session.events.find("AuditRegistry", "AuditorSeated", auditId=number)
        yield _once(f"auditors of audit {number}", (one.arguments["auditor"] for one in seated))


def _of_tests(session: Session, good: bytes) -> Iterator[KeyHolders]:
    for contract, what, opened in (
        ("Conformity", "assessment", session.events.find("Conformity", "AssessmentOpened", manifest=good)),
        ("Trials", "trial", session.events.find("Trials", "TrialOpened", good=good)),
    ):
        address = session.deployment.address(contract)
        for event in opened:
            number = event.arguments["id"]
            yield _panels(session, address, number, f"panel of {what} {number}")


def _of_opinions(session: Session, good: bytes) -> Iterator[KeyHolders]:
    for event in session.events.find("Opinions", "OpinionOffered"):
        if bytes(event.arguments["offer"]["subject"]) != good:
            continue
        number = event.arguments["opinionId"]
        accepted = session.events.find("Opinions", "OpinionAccepted", opinionId=number)
        yield _once(f"auditor of opinion {number}", (one.arguments["auditor"] for one in accepted))


def _panels(session: Session, market: str, deal_id: int, why: str) -> KeyHolders:
    """The members of a deal's panels, including appeal panels and members who were replaced."""
    panels = []
    for event in session.events.find("Rounds", "RoundOpened", market=market, dealId=deal_id):
        panel_id = event.arguments["panelId"]
        appeals = session.events.find("Rounds", "Appealed", panelId=panel_id)
        panels += [panel_id, *(one.arguments["appealPanelId"] for one in appeals)]
    seated = (
        member
        for panel_id in panels
        for event in session.events.find("ValidationOracle", "PanelSeated", panelId=panel_id)
        for member in event.arguments["members"]
    )
    return _once(why, seated)


def _once(why: str, accounts: Iterator[str]) -> KeyHolders:
    return KeyHolders(why, tuple(dict.fromkeys(accounts)))
