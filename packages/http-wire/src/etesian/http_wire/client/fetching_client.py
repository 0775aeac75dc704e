"""What the implementations of the client have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from etesian.http_wire.client.client import AsyncHTTPClient
from etesian.http_wire.client.errors import HTTPStreamClosedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.http_wire.client.fetch import Fetch
    from etesian.http_wire.client.options import RequestOptions
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.response import HTTPResponse

__all__ = ["FetchingClient"]


class FetchingClient(AsyncHTTPClient):
    """A client whose fetches are :class:`~etesian.http_wire.client.fetch.Fetch` objects."""

    def initialize(self, *, defaults: RequestOptions | None = None) -> None:
        """Set a new instance up."""
        super().initialize(defaults=defaults)
        self._fetches: set[Fetch[Any]] = set()

    def fetch_impl(
        self, request: HTTPRequest, callback: Callable[[HTTPResponse], None]
    ) -> Callable[[], None]:
        """Fetch, and give the function that abandons the fetch."""

        def ended(response: HTTPResponse) -> None:
            self._fetches.discard(fetch)
            callback(response)

        def abandon() -> None:
            self._fetches.discard(fetch)
            fetch.abandon()

        fetch = self._make_fetch(request, request.with_defaults(self.defaults), ended)
        self._fetches.add(fetch)
        fetch.start()
        return abandon

    def close(self) -> None:
        """Close all connections; fetches under way fail with ``HTTPStreamClosedError``."""
        super().close()
        for fetch in list(self._fetches):
            fetch.fail(HTTPStreamClosedError("the client was closed"))

    @abstractmethod
    def _make_fetch(
        self,
        original: HTTPRequest,
        request: HTTPRequest,
        callback: Callable[[HTTPResponse], None],
    ) -> Fetch[Any]:
        """Give the fetch that will be started."""
