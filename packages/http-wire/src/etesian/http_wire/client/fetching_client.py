"""What the implementations of the client have in common."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

from etesian.http_wire.client.client import AsyncHTTPClient
from etesian.http_wire.client.errors import HTTPStreamClosedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.http_wire.client.fetch import Fetch
    from etesian.http_wire.client.fetch_parts import FetchEnvironment
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.response import HTTPResponse

__all__ = ["FetchingClient"]


class FetchingClient(AsyncHTTPClient):
    """A client whose fetches are :class:`~etesian.http_wire.client.fetch.Fetch` objects."""

    _fetch_class: type[Fetch[Any]]
    _environment: FetchEnvironment

    @property
    def _fetches(self) -> set[Fetch[Any]]:
        """Those under way: each has a deadline, be it that it never comes."""
        return cast("set[Fetch[Any]]", set(self._environment.deadlines.pending))

    def fetch_impl(
        self, request: HTTPRequest, callback: Callable[[HTTPResponse], None]
    ) -> Callable[[], None]:
        """Fetch, and give the function that abandons the fetch."""
        full = request.with_defaults(self.defaults) if self.defaults else request
        fetch = self._fetch_class(self._environment, request, full, callback)
        fetch.start()
        return fetch.abandon

    def close(self) -> None:
        """Close all connections; fetches under way fail with ``HTTPStreamClosedError``."""
        super().close()
        # Those that are queued first: the slot of another would let them send their request.
        for fetch in sorted(self._fetches, key=attrgetter("holds_slot")):
            fetch.fail(HTTPStreamClosedError("the client was closed"))
