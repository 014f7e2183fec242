"""Who plays a part in the story, and how they join the market."""

import secrets
import sys
from dataclasses import dataclass

from assay.market import Market
from assay.structs import Role, views
from assay_local.anvil import free_port
from assay_local.demo.developers import DEVELOPERS
from assay_local.market import LocalMarket, Progress, ValidationNodeAddress

DOMAIN = "healthcare"
HOSPITAL, CLINIC = "new-hospital", "day-clinic"
NEWCOMER = "rural-clinic"  # joins the market with its first purchase
DATA_OWNERS = ("hospital-north", "hospital-south")
CONFLICTED, INDEPENDENT, REGULATOR = "auditor-in-law", "auditor-clear", "regulator"
JURORS = tuple(f"juror-{number}" for number in range(1, 10))  # a jury is a third of the pool at most
VALIDATORS = tuple(f"validator-{number}" for number in range(1, 8))
LIAR, SILENT = VALIDATORS[5], VALIDATORS[6]  # the other five are the two thirds of seven that have to agree
STAKE = 5_000
_YEAR = 365 * 86_400


@dataclass(frozen=True)
class Part:
    """One participant: account name, role, location, and owner."""

    name: str
    role: Role
    jurisdiction: str
    organisation: str


PARTS = (
    Part(HOSPITAL, Role.CUSTOMER, "US", "new-hospital.example"),
    Part(CLINIC, Role.CUSTOMER, "US", "day-clinic.example"),
    *(Part(developer.name, Role.DEVELOPER, "DE", f"{developer.name}.example") for developer in DEVELOPERS),
    *(Part(name, Role.DATA_OWNER, "US", f"{name}.example") for name in DATA_OWNERS),
    # the winner's sister company: it may audit anyone but the winner
    Part(CONFLICTED, Role.AUDITOR, "DE", f"{DEVELOPERS[0].name}.example"),
    Part(INDEPENDENT, Role.AUDITOR, "FR", "clear-audit.example"),
    Part(REGULATOR, Role.REGULATOR, "US", "health-agency.example"),
    *(Part(name, Role.AUDITOR, "NL", f"{name}.example") for name in JURORS),
)


def gather(local: LocalMarket, progress: Progress) -> None:
    """Register everybody, start the validators, and accredit and enrol auditors and jurors."""
    for part in PARTS:
        if part.name not in JURORS:
            progress(f"{part.name} registers")
        local.actor(part.name).participants.register(
            part.role, jurisdiction=part.jurisdiction, domains=(DOMAIN,), organisation=part.organisation
        )
    progress(f"{LIAR} is bribed")
    local.add_validators(VALIDATORS, STAKE, progress, nodes={LIAR: _bribed_node(local)})
    accreditor = local.actor("governance")
    for part in PARTS:
        if part.role in (Role.AUDITOR, Role.REGULATOR) and part.name not in JURORS:
            progress(f"{part.name} is accredited and enrols")
            _accredit(local.actor(part.name), accreditor, part).audits.enrol()
    progress("nine jurors are accredited and enrol")
    for part in PARTS:
        if part.name in JURORS:
            _accredit(local.actor(part.name), accreditor, part).court.enrol()


def _bribed_node(local: LocalMarket) -> ValidationNodeAddress:
    """Start the validation node that lies."""
    port, token_file = free_port(), local.folder / "lying-node.token"
    token_file.touch(mode=0o600)
    token_file.write_text(secrets.token_hex(32) + "\n")
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-P", "-m", "assay_local.demo.lying_node", str(port), str(token_file)]
    local.run("lying-node", command, f"{url}/health")
    return ValidationNodeAddress(url, token_file)


def names(local: LocalMarket) -> dict[str, str]:
    """Everyone's name, by address."""
    accounts = (*(part.name for part in PARTS), NEWCOMER, *VALIDATORS)
    named = {local.actor(name).address: name for name in accounts}
    market = local.actor("governance")
    return named | {
        market.address: "treasury",
        market.session.view(views.escrow.BURN_ADDRESS()): "burnt",
    }


def _accredit(auditor: Market, accreditor: Market, part: Part) -> Market:
    now = accreditor.session.now()
    credential = accreditor.participants.issue_credential(
        auditor.address,
        part.role,
        organisation=part.organisation,
        valid_until=now + _YEAR,
        deadline=now + 86_400,
    )
    auditor.participants.accredit(credential)
    return auditor
