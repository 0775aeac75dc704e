"""Where plain requests of one URL and method go, and what is sent there: worked out once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from etesian.http_wire.client.outgoing import OutgoingRequest, check_request, request_head
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.client.url import parse_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.http_wire.client.pool import PoolKey
    from etesian.http_wire.client.url import Origin

__all__ = ["Route", "Routes"]


class Route:
    """All that follows from the URL and method of a plain request."""

    __slots__ = ("key", "method", "origin", "outgoing", "url")

    def __init__(self, key: PoolKey, outgoing: OutgoingRequest) -> None:
        self.key = key
        self.origin = key.origin
        self.outgoing = outgoing
        self.url = outgoing.request.url
        self.method = outgoing.method


class Routes:
    """Remembers the routes of the few URLs that a program fetches again and again, the last best.

    Reading a URL, finding out whom to trust and writing a head cost as much as
    the rest of a fetch.
    """

    def __init__(self, key_for: Callable[[HTTPRequest, Origin], PoolKey]) -> None:
        """``key_for`` must give the same for the same."""
        self._key_for = key_for
        # 256 routes weigh some 200 KiB.
        self._remembered = lru_cache(maxsize=256)(self._work_out)
        self._last: Route | None = None

    def of(self, request: HTTPRequest) -> Route | None:
        """Give the route of a plain request, ``None`` for any other.

        URLs with credentials have none: secrets should not outlive their use.
        Raises what ``key_for`` raises, and ``ValueError`` or ``KeyError`` for
        what may not be sent.
        """
        if not request.is_plain():
            return None
        url, method, last = request.url, request.method, self._last
        if last is not None and url == last.url and method == last.method:
            return last
        if "@" in url:
            return None
        route = self._last = self._remembered(url, method)
        return route

    def _work_out(self, url: str, method: str) -> Route:
        request = HTTPRequest(url, method)
        check_request(request)
        target = parse_url(url)
        outgoing = OutgoingRequest(request, target, request_head(request, target))
        return Route(self._key_for(request, target.origin), outgoing)
