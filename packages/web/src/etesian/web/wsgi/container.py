"""Runs a WSGI application in threads, behind the HTTP server."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

from etesian.web.access_log import log_access
from etesian.web.log_text import one_line
from etesian.web.request_id import request_id_of
from etesian.web.routing.current_route import current_route
from etesian.web.wsgi.delegate import WSGIDelegate
from etesian.web.wsgi.environ import make_environ
from etesian.web.wsgi.response import WSGIResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Executor, Future
    from typing import BinaryIO

    from etesian.http_wire.interface import (
        HTTPConnection,
        HTTPMessageDelegate,
        HTTPServerRequest,
    )
    from etesian.web.routing.current_route import FindRoute

__all__ = ["WSGIContainer"]

_application_log = logging.getLogger("etesian.application")

# As many as a small pool of database connections; each blocked one is a thread's stack.
_MAX_THREADS = 32
# Requests. Who comes after so many would wait for longer than clients do.
_MAX_WAITING = 1024


class WSGIContainer:
    """Answers requests by a WSGI application: Flask, Django, anything of PEP 3333.

    Give it to an HTTP server, or to a route as target: bodies above 64 KiB are then
    read by the application while they arrive, and the client is held back where it
    reads slowly. It is also a callable that takes a whole request, as for
    :class:`FallbackHandler`. The application runs in a thread of ``executor``, or
    in one of up to ``max_threads`` of its own, so that it may block; each piece it
    yields is sent before it is asked for the next. Where ``max_waiting`` requests
    are being answered or wait for a thread, others are 503 at once.

    A list or tuple gets a ``Content-Length`` where the application gave none. An
    exception before the response began is a 500, later it cuts the connection. When
    the client leaves, reading and writing raise ``OSError`` in the application; one
    that waited for a thread is not run.
    """

    def __init__(
        self,
        wsgi_application: Callable[..., Iterable[bytes]],
        executor: Executor | None = None,
        *,
        max_threads: int = _MAX_THREADS,
        max_waiting: int = _MAX_WAITING,
    ) -> None:
        self.wsgi_application = wsgi_application
        # Not that of the loop: names could not be looked up while all its threads block.
        self._executor = executor or ThreadPoolExecutor(max_threads, "wsgi")
        self._max_waiting = max_waiting
        # The loop itself keeps only a weak reference to a task.
        self._running: set[asyncio.Task[None]] = set()

    def __call__(self, request: HTTPServerRequest) -> None:
        """Begin to answer a request whose body is there."""
        body = BytesIO(request.body)
        self._start(current_route(), request, body, len(request.body), _nothing)

    def start_request(
        self, server_conn: object, request_conn: HTTPConnection
    ) -> HTTPMessageDelegate:
        """Give what takes a request as it arrives."""
        return WSGIDelegate(server_conn, request_conn, partial(self._start, current_route()))

    def on_close(self, server_conn: object) -> None:
        """Take the news that a connection ended; its requests know already."""

    @staticmethod
    def environ(request: HTTPServerRequest) -> dict[str, Any]:
        """Give the environ of a request whose body is there."""
        return make_environ(request, multithread=True)

    def _start(
        self,
        find_route: FindRoute,
        request: HTTPServerRequest,
        body: BinaryIO,
        length: int | None,
        on_end: Callable[[], None],
    ) -> Callable[[], None]:
        """Answer in a thread; give what is called when the client leaves."""
        loop = asyncio.get_running_loop()
        response = WSGIResponse(request, loop)
        if len(self._running) >= self._max_waiting:
            on_end()
            response.refuse()
            self._log(find_route, request, response)
            return on_end
        environ = make_environ(request, multithread=True, body=body, body_length=length)
        future = self._executor.submit(self._run, environ, response)
        task = loop.create_task(self._answer(find_route, request, response, future, on_end))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return partial(_leave, response, future)

    async def _answer(
        self,
        find_route: FindRoute,
        request: HTTPServerRequest,
        response: WSGIResponse,
        future: Future[None],
        on_end: Callable[[], None],
    ) -> None:
        try:
            await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if not response.client_left:
                raise  # not the request, but this task was cancelled: the loop ends
            request.connection.abort()  # a client that only ended its side must not wait
        except BaseException as error:  # noqa: BLE001 - also SystemExit, which would end the loop
            # The client left while the application read or wrote; or the application failed.
            if not (response.client_left and isinstance(error, OSError)):
                self._fail(request, response, error)
        finally:
            on_end()
        self._log(find_route, request, response)

    def _run(self, environ: dict[str, Any], response: WSGIResponse) -> None:
        """Run the application from begin to end, in a thread."""
        pieces = self.wsgi_application(environ, response.start)
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

    @staticmethod
    def _fail(request: HTTPServerRequest, response: WSGIResponse, error: BaseException) -> None:
        _application_log.error(
            "Uncaught exception in a WSGI application: %s",
            one_line(f"{request.method} {request.path}"),
            exc_info=error,
        )
        response.fail()

    @staticmethod
    def _log(find_route: FindRoute, request: HTTPServerRequest, response: WSGIResponse) -> None:
        log_access(
            request,
            response.status,
            lambda: {
                "request_id": request_id_of(request),
                "route": find_route(),
                "handler": "WSGIContainer",
                "bytes_sent": None if response.client_left else response.sent_size,
            },
        )


def _leave(response: WSGIResponse, future: Future[None]) -> None:
    """Do not run for nobody what did not run yet."""
    response.client_left = True
    future.cancel()


def _nothing() -> None:
    """End nothing: the body of a whole request needs no end."""
