"""``tornado.httpclient``: the HTTP client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etesian.http_wire.interface import api as http_wire
from etesian.tornado.ioloop import IOLoop
from etesian.tornado.lending import lend
from etesian.tornado.stack_context import wrap

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable

__getattr__, __dir__ = lend(
    __name__,
    {
        "http_wire": """
            HTTPClient AsyncHTTPClient HTTPRequest HTTPResponse HTTPError HTTPClientError main
        """,
    },
    renamed={"main": "client.main"},
)


class CallbackFetch(http_wire.AsyncHTTPClient):
    """What every implementation gets: ``fetch`` takes ``callback=``."""

    def fetch(  # type: ignore[override] # the order of the documents
        self,
        request: Any,
        callback: Callable[[Any], object] | None = None,
        raise_error: bool = True,
        **options: Any,
    ) -> Future[Any]:
        """Fetch; the callback gets a response in every case, with code 599 where there is none."""
        future = super().fetch(request, raise_error=raise_error, **options)
        if callback is not None:
            call = wrap(callback)
            IOLoop.current().add_future(future, lambda done: call(_response(request, done)))
        return future


class SimpleAsyncHTTPClient(CallbackFetch, http_wire.SimpleAsyncHTTPClient):
    """The client that is used unless another is configured."""


def _response(request: Any, done: Future[Any]) -> Any:
    """Give the response of a fetch, or one that stands for its failure."""
    error = done.exception()
    if error is None:
        return done.result()
    response = getattr(error, "response", None)
    if response is not None:
        return response
    if isinstance(request, str):
        request = http_wire.HTTPRequest(request)
    return http_wire.HTTPResponse(request, 599, error=error)
