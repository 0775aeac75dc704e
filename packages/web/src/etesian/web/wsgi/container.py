"""Runs a WSGI application in threads, behind the HTTP server."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from etesian.web.wsgi.environ import make_environ
from etesian.web.wsgi.response import WSGIResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Executor

    from etesian.http_wire.interface import HTTPServerRequest

__all__ = ["WSGIContainer"]

_application_log = logging.getLogger("etesian.application")
_access_log = logging.getLogger("etesian.access")


class WSGIContainer:
    """Answers requests by a WSGI application: Flask, Django, anything of PEP 3333.

    It is a callable that takes a request: give it to an HTTP server, to a route as
    target, or to :class:`FallbackHandler`. The application runs in a thread of
    ``executor``, by default that of the event loop, so that it may block; each
    piece it yields is sent before it is asked for the next.

    A list or tuple gets a ``Content-Length`` where the application gave none. An
    exception before the response began is a 500, later it cuts the connection.
    """

    def __init__(
        self,
        wsgi_application: Callable[..., Iterable[bytes]],
        executor: Executor | None = None,
    ) -> None:
        self.wsgi_application = wsgi_application
        self._executor = executor
        # The loop itself keeps only a weak reference to a task.
        self._running: set[asyncio.Task[None]] = set()

    def __call__(self, request: HTTPServerRequest) -> None:
        """Begin to answer a request; its body must be there."""
        task = asyncio.get_running_loop().create_task(self._answer(request))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    @staticmethod
    def environ(request: HTTPServerRequest) -> dict[str, Any]:
        """Give the environ of a request."""
        return make_environ(request, multithread=True)

    async def _answer(self, request: HTTPServerRequest) -> None:
        loop = asyncio.get_running_loop()
        response = WSGIResponse(request, loop)
        try:
            await loop.run_in_executor(self._executor, self._run, request, response)
        except OSError as error:
            # The client left while it was written to; or the application failed at I/O.
            if not response.client_left:
                self._fail(request, response, error)
        except Exception as error:  # noqa: BLE001 - an application may raise anything
            self._fail(request, response, error)
        _access_log.info(
            "%s %s %s (%s) %.2fms",
            response.status,
            request.method,
            request.uri,
            request.remote_ip,
            1000 * request.request_time(),
        )

    def _run(self, request: HTTPServerRequest, response: WSGIResponse) -> None:
        """Run the application from begin to end, in a thread."""
        pieces = self.wsgi_application(self.environ(request), response.start)
        try:
            if isinstance(pieces, list | tuple):
                response.end_with(b"".join(pieces))
                return
            for piece in pieces:
                if piece:
                    response.write(piece)
            response.end()
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()

    def _fail(self, request: HTTPServerRequest, response: WSGIResponse, error: Exception) -> None:
        _application_log.error(
            "Uncaught exception in a WSGI application: %s %s",
            request.method,
            request.path,
            exc_info=error,
        )
        response.fail()
