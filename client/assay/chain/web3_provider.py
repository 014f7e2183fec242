"""web3.py over the market's endpoints.

Only code that sends transactions imports this, because importing web3 takes half a second.
"""

from __future__ import annotations

from typing import Any, cast

from web3 import Web3
from web3.exceptions import Web3Exception, Web3RPCError
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from assay.chain.answers import refusal, word
from assay.chain.provider import FailoverProvider
from assay.errors import ChainError


class EndpointsProvider(JSONBaseProvider):
    """Tries one endpoint after the other, like the rest of the SDK."""

    def __init__(self, endpoints: FailoverProvider) -> None:
        super().__init__()
        self._endpoints = endpoints

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Make a request; raises :class:`assay.errors.ChainUnavailable` if no endpoint answers usably."""
        return cast(RPCResponse, self._endpoints.request(method, *params))


def web3_over(endpoints: FailoverProvider) -> Web3:
    """A web3.py client that uses *endpoints*."""
    return Web3(EndpointsProvider(endpoints), middleware=[])


def send_raw(web3: Web3, signed: bytes) -> str:
    """Send a signed transaction to the node; returns its hash (0x hex).

    Raises:
        ChainError: it is refused, or the answer makes no sense.
    """
    try:
        return "0x" + word("0x" + web3.eth.send_raw_transaction(signed).hex()).hex()
    except Web3RPCError as error:
        raise ChainError(f"The node refuses: {refusal(error.rpc_response or {'error': ''})}.") from error
    except (Web3Exception, TypeError, ValueError, AttributeError) as error:
        raise ChainError(
            "The RPC endpoint gave an answer that makes no sense.", hint="Use another endpoint."
        ) from error
