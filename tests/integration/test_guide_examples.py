"""The Python in the guide to governance works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

from assay import Role
from assay_local.governing import take_seats

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "guides" / "governance.md"
MEMBERS = {"hospital": Role.CUSTOMER, "lab": Role.DEVELOPER, "registry": Role.DATA_OWNER}


def examples(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


def run(example: str, **known: object) -> None:
    exec(compile(example, GUIDE, "exec"), dict(known))


def accounts(chain):
    markets = {name: chain.market(name) for name in ("accreditor", *MEMBERS)}
    for name, role in MEMBERS.items():
        markets[name].participants.register(role, jurisdiction="CH", domains=["healthcare"])
    return markets


def test_a_proposal_of_several_changes(chain):
    markets = accounts(chain)
    take_seats(chain.anvil, markets["accreditor"], [(markets[name], role) for name, role in MEMBERS.items()])
    chain.hand_over()
    propose, vote, _ = examples(GUIDE)
    hospital = markets["hospital"]
    run(propose, market=hospital)
    proposal = hospital.governance.get(1)
    assert len(proposal.changes) == 2
    chain.anvil.advance_to(proposal.votes_from)
    run(vote, market=hospital)
    assert hospital.governance.get(1).approving == 1


def test_a_decision_on_a_local_market(chain):
    markets = accounts(chain)
    run(examples(GUIDE)[2], local=chain, **markets)
    assert markets["hospital"].policy.fee_ppm() == 20_000


RUN_ELSEWHERE = {
    "README.md": "tests/e2e/test_guides.py",
    "customer.md": "tests/integration/test_orders_of_tasks.py",
    "developer.md": "tests/unit/validation/test_developer_guide.py",
}


def test_no_other_guide_shows_python():
    """Whoever adds an example has it run."""
    pages = [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "guides").glob("*.md"), *ROOT.glob("*.md")]
    assert {page.name for page in pages if examples(page)} == {GUIDE.name, *RUN_ELSEWHERE}
    assert all((ROOT / test).exists() for test in RUN_ELSEWHERE.values())
