"""Runs a handler for one request, in the call stack of the bytes' arrival.

A Task is made only where ``prepare`` or the verb gives an awaitable.
"""

# ruff: noqa: BLE001, SLF001 - this module is the other half of the handler, and turns whatever an
# application raises into an error page.

from __future__ import annotations

import asyncio
import inspect
import sys
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from etesian.web.interface import HTTPError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from etesian.http_wire.interface import HTTPServerRequest
    from etesian.web.application import Application
    from etesian.web.handler import RequestHandler

__all__ = ["HandlerDelegate"]

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_HAS_EAGER_TASKS = sys.version_info >= (3, 12)


class HandlerDelegate:
    """Takes one request for a handler class, and runs a handler when it is complete.

    A class under ``@stream_request_body`` runs when the head is there: its
    ``prepare`` before any of the body, its verb after all of it.
    """

    __slots__ = (
        "_application",
        "_body_ended",
        "_chunks",
        "_handler",
        "_handler_class",
        "_kwargs",
        "_path_args",
        "_path_kwargs",
        "_request",
        "_streams",
    )

    def __init__(  # noqa: PLR0917 - made for every request: positional arguments are cheaper
        self,
        application: Application,
        request: HTTPServerRequest,
        handler_class: type[RequestHandler],
        target_kwargs: Mapping[str, Any] | None = None,
        path_args: Sequence[bytes | None] = (),
        path_kwargs: Mapping[str, bytes | None] | None = None,
    ) -> None:
        self._application = application
        self._request = request
        self._handler_class = handler_class
        self._kwargs = target_kwargs
        self._path_args = path_args
        self._path_kwargs = path_kwargs
        self._chunks: list[bytes] | None = None
        self._handler: RequestHandler | None = None
        self._streams = handler_class._stream_request_body
        self._body_ended = False

    def headers_received(self, start_line: object, headers: object) -> Awaitable[None] | None:  # noqa: ARG002 - the request has both
        """Begin at once where the handler streams; its ``prepare`` may pause the body."""
        return self._start_streaming() if self._streams else None

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Keep a piece of the body, or hand it to a streaming handler."""
        if self._streams:
            return self._stream(chunk)
        if self._chunks is None:
            self._chunks = [chunk]
        else:
            self._chunks.append(chunk)
        return None

    def finish(self) -> None:
        """Run the handler with the whole request; a streaming one goes on to its verb."""
        if self._streams:
            self._body_ended = True
            self._end_streaming()
            return
        chunks = self._chunks
        if chunks is not None:
            self._request.body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
            self._chunks = None
        self.execute()

    def on_connection_close(self) -> None:
        """Tell the handler that the client left, and cancel its coroutine."""
        handler = self._handler
        if handler is None or handler._finished:
            return
        handler._client_gone = True
        try:
            handler.on_connection_close()
        except Exception as error:
            handler._handle_request_exception(error)
        if handler._task is not None:
            if handler.cancel_on_disconnect:
                handler._task.cancel()
        elif handler._auto_finish:
            # Its verb will never come: the body has broken off. (Who ends the response
            # elsewhere may still do so; it goes nowhere.)
            handler._abandon()

    def execute(self) -> None:
        """Make the handler and run it: to its end, or to its first wait."""
        handler = self._make_handler()
        if handler is None:
            return
        try:
            waiting = self._prepare(handler)
            if waiting is not None:
                self._spawn(handler, self._finish_after_prepare(handler, waiting))
            elif not handler._finished:
                self._run_verb(handler)
        except Exception as error:
            handler._handle_request_exception(error)

    def _make_handler(self) -> RequestHandler | None:
        try:
            handler = (
                self._handler_class(self._application, self._request, **self._kwargs)
                if self._kwargs
                else self._handler_class(self._application, self._request)
            )
        except Exception as error:
            self._application.answer_error(self._request, error)
            return None
        if self._application.guard_handler is not None:
            self._application.guard_handler(handler)
        self._handler = handler
        return handler

    def _prepare(self, handler: RequestHandler) -> Awaitable[None] | None:
        """Do what comes before the verb; give what there is to wait for."""
        handler.path_args = []
        handler.path_kwargs = {}
        if self._path_args or self._path_kwargs:
            self._decode_path(handler)
        method = self._request.method
        if method not in handler.SUPPORTED_METHODS:
            raise HTTPError(405)
        if method not in _SAFE_METHODS and self._application.settings.get("xsrf_cookies"):
            handler.check_xsrf_cookie()
        waiting = handler.prepare()
        return None if waiting is None else _awaitable(waiting, "prepare")

    def _decode_path(self, handler: RequestHandler) -> None:
        decode = handler.decode_argument
        for value in self._path_args:
            handler.path_args.append(None if value is None else decode(value))
        for name, value in (self._path_kwargs or {}).items():
            handler.path_kwargs[name] = None if value is None else decode(value, name)

    def _run_verb(self, handler: RequestHandler) -> None:
        """Call the method of the verb, and finish unless there is something to wait for."""
        waiting = self._call_verb(handler)
        if waiting is not None:
            self._spawn(handler, waiting, finishes=True)
        elif not handler._finished and handler._auto_finish:
            handler.finish()

    def _call_verb(self, handler: RequestHandler) -> Awaitable[None] | None:
        name = self._request.method.lower()  # type: ignore[union-attr]  # it has a start line
        method = getattr(handler, name)
        if handler.path_args or handler.path_kwargs:
            result = method(*handler.path_args, **handler.path_kwargs)
        else:
            result = method()  # to unpack nothing costs too
        return None if result is None else _awaitable(result, name)

    async def _finish_after_prepare(
        self, handler: RequestHandler, waiting: Awaitable[None]
    ) -> None:
        await waiting
        if handler._finished:
            return
        verb_waiting = self._call_verb(handler)
        if verb_waiting is not None:
            await verb_waiting
        if handler._auto_finish and not handler._finished:
            handler.finish()

    def _start_streaming(self) -> Awaitable[None] | None:
        handler = self._make_handler()
        if handler is None:
            return None
        try:
            waiting = self._prepare(handler)
        except Exception as error:
            handler._handle_request_exception(error)
            return None
        if waiting is None:
            return None
        ready = asyncio.get_running_loop().create_future()
        self._spawn(handler, self._go_on_streaming(waiting, ready))
        return ready

    async def _go_on_streaming(self, waiting: Awaitable[None], ready: asyncio.Future[None]) -> None:
        """Wait for ``prepare``; then let the body come, or go on where it has ended already."""
        try:
            await waiting
        finally:
            if self._handler is not None:
                self._handler._task = None
            if not ready.done():
                ready.set_result(None)
        if self._body_ended:
            self._end_streaming()

    def _stream(self, chunk: bytes) -> Awaitable[None] | None:
        handler = self._handler
        if handler is None or handler._finished:
            return None
        try:
            waiting = handler.data_received(chunk)
            if waiting is not None:
                _awaitable(waiting, "data_received")
        except Exception as error:
            handler._handle_request_exception(error)
            return None
        return (
            None if waiting is None else self._spawn(handler, _forget_task_after(handler, waiting))
        )

    def _end_streaming(self) -> None:
        handler = self._handler
        if handler is None or handler._finished or handler._task is not None:
            return
        try:
            self._run_verb(handler)
        except Exception as error:
            handler._handle_request_exception(error)

    def _spawn(
        self, handler: RequestHandler, waiting: Awaitable[None], *, finishes: bool = False
    ) -> asyncio.Task[None]:
        """Run the rest of a request in a Task; its first step now, where Python can."""
        guarded = _guard(handler, waiting, finishes)
        loop = asyncio.get_running_loop()
        if _HAS_EAGER_TASKS:
            task: asyncio.Task[None] = asyncio.Task(guarded, loop=loop, eager_start=True)  # type: ignore[call-arg]
        else:
            task = loop.create_task(guarded)
        if not task.done():
            handler._task = task
        return task


async def _guard(handler: RequestHandler, waiting: Awaitable[None], finishes: bool) -> None:
    """Wait, and finish the response where that is due; turn whatever fails into its end."""
    try:
        await waiting
        if finishes and handler._auto_finish and not handler._finished:
            handler.finish()
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or not task.cancelling():
            # Not this task was cancelled, but something that the handler waited for.
            handler._handle_request_exception(error)
            return
        if handler._client_gone:
            handler._abandon()
            return
        # Who is there still must not wait for what will never come.
        handler._cut_response()
        raise
    except Exception as error:
        handler._handle_request_exception(error)


async def _forget_task_after(handler: RequestHandler, waiting: Awaitable[None]) -> None:
    """Wait; the handler is between two tasks then, not at its end."""
    try:
        await waiting
    finally:
        handler._task = None


def _awaitable(result: object, method: str) -> Awaitable[None]:
    """Give what a method of a handler returned, or raise ``TypeError`` if that was a mistake."""
    # What an async def gives, as nearly always, is seen at once.
    if isinstance(result, CoroutineType) or inspect.isawaitable(result):
        return result
    raise TypeError(f"{method}() must return None or an awaitable, got {type(result).__name__}")
