"""Posts to addresses that strangers name: never into a private network, and bounded in time and size."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Mapping

import httpx

from assay.store.transport import Deadline, DeadlineTransport, current_deadline
from assay_indexer.errors import IndexerError

_SECONDS = 5.0
_PUBLIC = ipaddress.ip_network("2000::/3")  # the addresses in use; translated IPv4 lies elsewhere
Post = Callable[[str, bytes, Mapping[str, str]], None]


class WebhookError(IndexerError):
    """The webhook was not notified."""


class HostRefusedError(WebhookError):
    """The webhook is well-formed, but nothing may be posted to its host."""


def checked(url: str, *, private: bool = False) -> httpx.URL:
    """The URL of a webhook.

    Args:
        private: also allow this machine and private networks.

    Raises:
        HostRefusedError: its host is unknown, or in a private network.
        WebhookError: it is not a valid webhook.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise WebhookError("A webhook is a URL.") from None
    if parsed.scheme not in (("http", "https") if private else ("https",)) or not parsed.host:
        raise WebhookError("A webhook is an https URL.")
    if parsed.userinfo or (parsed.port is not None and not private):
        raise WebhookError("A webhook's URL has no port, name or password.")
    _addresses(parsed, private)
    return parsed


def _addresses(url: httpx.URL, private: bool) -> list[str]:
    """The addresses of its host; refused unless all of them are public."""
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        found = [str(one[4][0]) for one in socket.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise HostRefusedError("The webhook's host is not known.") from None
    if not private and not all(_is_public(one) for one in found):
        raise HostRefusedError("The webhook's host is in a private network.")
    return found


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and (found not in _PUBLIC or found.sixtofour or found.teredo):
        return False
    return found.is_global and not found.is_multicast


def poster(*, private: bool = False) -> Post:
    """A function that posts documents; responses are not read, and redirects are not followed."""

    def post(url: str, content: bytes, headers: Mapping[str, str]) -> None:
        parsed = checked(url, private=private)
        # connect to the address that was checked: the name may resolve to another one a moment later
        place = parsed.copy_with(host=_addresses(parsed, private)[0])
        sent = {"Content-Type": "application/json", "Host": parsed.netloc.decode("ascii"), **headers}
        token = current_deadline.set(Deadline(_SECONDS))
        try:
            with (
                httpx.Client(transport=DeadlineTransport(place), trust_env=False, timeout=_SECONDS) as client,
                client.stream(
                    "POST", place, content=content, headers=sent, extensions={"sni_hostname": parsed.host}
                ) as answer,
            ):
                if not 200 <= answer.status_code < 300:
                    raise WebhookError(f"The webhook answers HTTP {answer.status_code}.")
        except httpx.HTTPError as error:
            raise WebhookError(f"The webhook does not answer: {type(error).__name__}.") from error
        finally:
            current_deadline.reset(token)

    return post
