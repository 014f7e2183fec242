"""Deals told as the contracts would tell them, in any order, on a made-up chain."""

from __future__ import annotations

from typing import Any

from eth_utils.crypto import keccak
from fake_chain import FakeChain
from hypothesis import strategies as st
from made_up import encoded

from assay.structs import Kind, Question, RoundState
from assay_oracle.docket import EVENTS

ME, OTHER, MARKET = ("0x" + digit * 40 for digit in "123")
CONTRACTS = {name: "0x" + f"{number + 160:040x}" for number, (name, _) in enumerate(dict(EVENTS).items())}
MARKETS = [MARKET, "0x" + "4" * 40]
MARKETS_ROLE = keccak(text="MODULE_ROLE")
FIRST = 3  # the block of the deployment


def log(contract: str, name: str, **arguments: Any) -> tuple[str, list[str], str]:
    """A log as a contract would emit it."""
    return (CONTRACTS[contract], *encoded(contract, name, arguments))


def deal_changed(market: str, deal_id: int, *, deadline: int) -> tuple[str, list[str], str]:
    """What a market says when a deal enters a state."""
    _, topics, data = log("Rounds", "StateChanged", id=deal_id, state=1, deadline=deadline)
    return market, topics, data


class Story:
    """Tells a chain of deals as the contracts would: nothing happens to what is not there."""

    def __init__(self) -> None:
        self.panels: dict[int, dict[str, Any]] = {}
        self.audits: set[int] = set()
        self.count = 0

    def next(self, action: int, who: int) -> list[tuple[str, list[str], str]]:
        """What happens next: *action* chooses what, *who* to which of the open panels."""
        self.count += 1
        if not self.panels or action == 0:
            self.panels[self.count] = {"requests": [], "appeals": []}
            return [log("Rounds", "RoundOpened", panelId=self.count, market=MARKET, dealId=self.count % 5)]
        number = sorted(self.panels)[who % len(self.panels)]
        return self.about(action, number, self.panels[number])

    def about(self, action: int, number: int, panel: dict[str, Any]) -> list[tuple[str, list[str], str]]:
        seated = {"members": [ME if self.count % 2 else OTHER, OTHER], "encryptionKeys": [bytes(32)] * 2}
        match action:
            case 1:
                question = Question(
                    kind=Kind.SCORE, subjects=1, tolerance=0, appealable=True, fresh=0, delivers=False,
                    work=self.count.to_bytes(32, "big"), artifacts=(), granters=(), grants=(),
                )  # fmt: skip
                return [log("Rounds", "Asked", panelId=number, question=tuple(question.to_abi().values()))]
            case 2:
                state = RoundState(self.count % len(RoundState))
                return [log("Rounds", "StateChanged", id=number, state=int(state), deadline=self.count)]
            case 3:
                return [log("ValidationOracle", "PanelSeated", panelId=number, **seated)]
            case 4:
                panel["requests"].append(self.count)
                return [log("ValidationOracle", "VotingBegan", requestId=self.count, panelId=number)]
            case 5 if panel["requests"]:
                return [log("ValidationOracle", "Judged", requestId=panel["requests"].pop())]
            case 6:
                appeal = self.count + 10_000
                panel["appeals"].append(appeal)
                began = log("ValidationOracle", "VotingBegan", requestId=self.count, panelId=appeal)
                return [
                    log("Rounds", "Appealed", panelId=number, appealPanelId=appeal),
                    log("ValidationOracle", "PanelSeated", panelId=appeal, **seated),
                    began,
                ]
            case 7:
                del self.panels[number]
                return [log("Rounds", "RoundClosed", panelId=number)]
            case 8:
                self.audits.add(self.count)
                about = {"auditId": self.count, "opener": MARKET, "dealId": number % 5}
                return [log("AuditRegistry", "AuditRequested", **about)]
            case 9 if self.audits:
                return [log("AuditRegistry", "AuditorSeated", auditId=min(self.audits), auditor=OTHER)]
            case 10 if self.audits:
                return [log("AuditRegistry", "AuditDecided", auditId=self.audits.pop())]
            case 11:
                return [log("Rounds", "RoleGranted", role=MARKETS_ROLE, account=MARKETS[number % 2])]
            case 12:
                return [deal_changed(MARKETS[number % 2], number % 5, deadline=self.count % 3)]
        return []


actions = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 9)), max_size=60)


def tell(chain: FakeChain, story: Story, happenings: Any) -> None:
    for action, who in happenings:
        chain.mine(*story.next(action, who))


def new_chain() -> FakeChain:
    chain = FakeChain()
    for _ in range(FIRST):
        chain.mine()
    return chain
