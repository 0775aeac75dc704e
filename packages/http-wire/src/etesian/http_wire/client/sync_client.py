"""The client for programs without an event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self, TypeVar

from etesian.http_wire.client.client import AsyncHTTPClient

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.response import HTTPResponse

__all__ = ["HTTPClient"]

T = TypeVar("T")


class HTTPClient:
    """Fetches, blocking the thread until the response is there.

    ::

        with HTTPClient() as client:
            print(client.fetch(url).body)

    It has an event loop of its own and touches no other: it works where none
    runs and, since it then leaves the waiting to a thread, also where one does
    (which it blocks). Use it from one thread at a time, and close it; as a
    context manager it does that itself.
    """

    def __init__(
        self, async_client_class: type[AsyncHTTPClient] | None = None, **options: Any
    ) -> None:
        """Make a client on ``async_client_class``, by default the configured one.

        ``options`` are those of that class.
        """
        self._loop = asyncio.new_event_loop()
        self._closed = False
        self._task: asyncio.Task[Any] | None = None

        async def make_client() -> AsyncHTTPClient:
            return (async_client_class or AsyncHTTPClient)(force_instance=True, **options)

        try:
            self._client = self._run(make_client())
        except BaseException:
            self._loop.close()
            raise

    def fetch(self, request: str | HTTPRequest, **options: Any) -> HTTPResponse:
        """Give the response; arguments and exceptions are those of :meth:`AsyncHTTPClient.fetch`.

        ``raise_error`` is among them. Callbacks of the request run before this
        returns, outside of any loop of the caller's. An interruption
        (``KeyboardInterrupt``) abandons the fetch.
        """
        if self._closed:
            raise RuntimeError("fetch on a closed HTTP client")

        async def fetch() -> HTTPResponse:
            return await self._client.fetch(request, **options)

        return self._run(fetch())

    def close(self) -> None:
        """Close the connections and the loop; closing again does nothing."""
        if self._closed:
            return
        self._closed = True

        async def close() -> None:
            self._client.close()
            await self._loop.shutdown_asyncgens()
            await self._loop.shutdown_default_executor()

        self._run(close())
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self._run_here(coroutine)
        # asyncio runs one loop per thread at a time.
        with ThreadPoolExecutor(1) as executor:
            running = executor.submit(self._run_here, coroutine)
            try:
                return running.result()
            except BaseException:
                # Interruptions come to this thread, and the end of the block waits for the other.
                self._loop.call_soon_threadsafe(self._interrupt, coroutine)
                raise

    def _interrupt(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        # What had ended by itself has left this call to whatever runs next, which is not meant.
        if self._task is not None and self._task.get_coro() is coroutine:
            self._task.cancel()

    def _run_here(self, coroutine: Coroutine[Any, Any, T]) -> T:
        task = self._loop.create_task(coroutine)
        self._task = task
        try:
            return self._loop.run_until_complete(task)
        finally:
            # What interrupts the loop leaves the task where it was.
            if not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError):
                    self._loop.run_until_complete(task)
            self._task = None  # it holds the response
