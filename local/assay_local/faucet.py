"""Money on a local chain: test tokens that anyone may mint, and the chain's own currency."""

from __future__ import annotations

from collections.abc import Sequence

from assay.chain import Call
from assay.errors import LocalMarketError
from assay.escrow import Token
from assay.market import Market
from assay_local.local_chain import LocalChain


def tokens_of(market: Market) -> list[Token]:
    """The market's tokens, each listed once."""
    tokens = market.deployment.tokens
    return [market.escrow.token(address) for address in dict.fromkeys((tokens.payment, tokens.staking))]


def mint(market: Market, chain: LocalChain, account: str, tokens: Sequence[Token], amount: str) -> None:
    """Give *account* an *amount* (in token units) of each token, or nothing at all.

    Raises:
        InvalidInput: it is not an amount, or is finer than a token's base unit.
        LocalMarketError: one of them is not a test token.
    """
    gifts = [_gift(market, token, account, token.parse(amount)) for token in tokens]
    for token, gift in zip(tokens, gifts, strict=True):
        if not chain.would_do(gift.to, gift.data):
            raise LocalMarketError(
                f"{token.symbol} is not a test token: nobody can make more of it.",
                hint="`assay up` starts a market with test tokens.",
            )
    for gift in gifts:
        chain.send(gift.to, gift.data)


def _gift(market: Market, token: Token, account: str, base_units: int) -> Call:
    return market.session.contract_at("TestToken", token.address).call("mint", account, base_units)
