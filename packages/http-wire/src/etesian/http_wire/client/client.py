"""The client that programs name, whatever implementation stands behind it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from etesian.core_loop.interface import IOLoop
from etesian.http_wire.client.errors import as_outcome
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.client.stream import ResponseStream
from etesian.streams.interface import deliver

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from etesian.http_wire.client.options import RequestOptions
    from etesian.http_wire.client.response import HTTPResponse

__all__ = ["AsyncHTTPClient"]


class AsyncHTTPClient:
    """Fetches URLs, any number at once.

    ::

        client = AsyncHTTPClient()
        response = await client.fetch(url, request_timeout=5)
        print(response.code, response.headers["Content-Type"], response.body)

    The constructor gives an instance of the configured implementation, by
    default :class:`~etesian.http_wire.client.simple_client.SimpleAsyncHTTPClient`,
    and the same one each time on one event loop, so that its limits and its
    pool serve the whole program; it is closed with the loop.
    ``force_instance=True`` gives a new one, which takes the options of the
    implementation and is the caller's to close. The client belongs to the loop
    that runs when it is made, or else to the current ``IOLoop``; no method may
    be called from another thread.
    """

    _configured_class: ClassVar[type[AsyncHTTPClient] | str | None] = None
    _configured_options: ClassVar[dict[str, Any]] = {}
    _shared: ClassVar[dict[tuple[asyncio.AbstractEventLoop, type], AsyncHTTPClient]] = {}

    # Whether the callback of ``fetch_impl`` is the last that is done in its call stack, so that the
    # task that awaits the fetch may run within it, and do anything to the client.
    _calls_back_last = False

    asyncio_loop: asyncio.AbstractEventLoop
    defaults: RequestOptions

    def __new__(cls, force_instance: bool = False, **options: Any) -> Self:
        """Give the loop's instance, or a new one with ``force_instance``.

        ``options`` are those of the implementation. They have no effect on an
        instance that exists already: prefer :meth:`configure`.
        """
        loop = _current_loop()
        implementation: type[AsyncHTTPClient] = cls
        if cls is AsyncHTTPClient:
            implementation = cls.configured_class()
            options = {**AsyncHTTPClient._configured_options, **options}
        if not force_instance and (shared := cls._shared.get((loop, implementation))):
            return cast("Self", shared)
        client = object.__new__(implementation)
        client.asyncio_loop = loop
        client.initialize(**options)
        if not force_instance:
            client._share()
        return cast("Self", client)

    def __init__(self, force_instance: bool = False, **options: Any) -> None:
        """See the class; a new instance is set up by :meth:`initialize`."""

    @classmethod
    def configure(cls, impl: type[AsyncHTTPClient] | str | None, **options: Any) -> None:
        """Choose the implementation for instances to come, and its options.

        ``impl`` is a class, its dotted name, or ``None`` for the default. The
        options do not apply to a subclass that is instantiated by its own name.
        """
        AsyncHTTPClient._configured_class = impl
        AsyncHTTPClient._configured_options = options

    @classmethod
    def configured_class(cls) -> type[AsyncHTTPClient]:
        """Give the implementation that :meth:`configure` chose."""
        impl = AsyncHTTPClient._configured_class
        if impl is None:
            return cls.configurable_default()
        if isinstance(impl, str):
            module, _, name = impl.rpartition(".")
            impl = cast("type[AsyncHTTPClient]", getattr(import_module(module), name))
        return impl

    @classmethod
    def configurable_base(cls) -> type[AsyncHTTPClient]:
        """Give the class that :meth:`configure` speaks for."""
        return AsyncHTTPClient

    @classmethod
    def configurable_default(cls) -> type[AsyncHTTPClient]:
        """Give the implementation that is used unless another is configured."""
        from etesian.http_wire.client.simple_client import (  # noqa: PLC0415  # it subclasses us
            SimpleAsyncHTTPClient,
        )

        return SimpleAsyncHTTPClient

    def initialize(self, *, defaults: RequestOptions | None = None) -> None:
        """Set a new instance up; implementations extend this."""
        # HTTPRequest checks the names once, here, and not in every fetch.
        options: dict[str, Any] = dict(defaults or {})
        HTTPRequest("", **options)
        # As with a request, None is what is not set: it must not read as False, and trust anybody.
        set_ = {name: value for name, value in options.items() if value is not None}
        self.defaults = cast("RequestOptions", set_)
        self._closed = False

    def fetch(
        self, request: str | HTTPRequest, raise_error: bool = True, **options: Any
    ) -> asyncio.Future[HTTPResponse]:
        """Start a fetch, and give its :class:`HTTPResponse` when awaited.

        ``options`` are the arguments of :class:`HTTPRequest`, for a URL only.
        The fetch runs whether it is awaited or not; cancelling the future
        abandons it and closes its connection.

        The future fails with ``HTTPClientError`` for a status other than 2xx
        (with ``raise_error=False`` the response is given), and whatever
        ``raise_error`` says where there is no response: ``HTTPTimeoutError``,
        ``HTTPStreamClosedError``, ``HTTPProtocolError``, ``OSError`` where the
        server cannot be reached or trusted; ``ValueError``, ``KeyError`` or
        ``NotImplementedError`` for a request that cannot be made; and with what
        a callback or body producer of the request raised.

        Raises at once ``RuntimeError`` on a closed client, ``TypeError`` for
        what is neither a URL nor an ``HTTPRequest``, for options beside an
        ``HTTPRequest`` and for unknown ones, and whatever else
        :class:`HTTPRequest` raises.
        """
        if self._closed:
            raise RuntimeError("fetch on a closed HTTP client")
        if isinstance(request, str):
            request = HTTPRequest(request, **options)
        else:
            _check_request(request, options)
        future = _FetchFuture(loop=self.asyncio_loop)
        future.abandon = None
        future.raise_error = raise_error
        future.is_called_last = self._calls_back_last
        abandon = self.fetch_impl(request, future.take)
        if not future.done():
            future.abandon = abandon
        return future

    def stream(
        self, request: str | HTTPRequest, raise_error: bool = True, **options: Any
    ) -> ResponseStream:
        """Give a response to be entered by ``async with`` and read by ``async for``.

        Arguments and exceptions are those of :meth:`fetch`, raised when the
        block is entered or the body is read. ``request_timeout`` holds for the
        whole body; a status other than 2xx is raised without its body. The
        request's own callbacks are not called.
        """
        if isinstance(request, str):
            request = HTTPRequest(request, **options)
        else:
            _check_request(request, options)
        return ResponseStream(
            lambda final: self.fetch(final, raise_error=False), request, raise_error=raise_error
        )

    def fetch_impl(
        self, request: HTTPRequest, callback: Callable[[HTTPResponse], None]
    ) -> Callable[[], None] | None:
        """Fetch for :meth:`fetch`; what an implementation overrides.

        ``callback`` is to be called once with the outcome, an ``error`` in it
        where there is no success, and code 599 where there is no response. Give
        a function that abandons the fetch, after which ``callback`` is not
        called, or ``None`` where that is not possible.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Free all that the client holds; it is of no use afterwards.

        Fetches under way fail with ``HTTPStreamClosedError``.
        """
        self._closed = True
        key = (self.asyncio_loop, type(self))
        if self._shared.get(key) is self:
            del self._shared[key]

    def _share(self) -> None:
        """Become the instance of the loop, until the loop shuts down."""
        for key in [key for key in self._shared if key[0].is_closed()]:
            del self._shared[key]
        self._shared[self.asyncio_loop, type(self)] = self
        self.asyncio_loop.call_soon(self._follow_loop)

    def _follow_loop(self) -> None:
        # Nobody is expected to close the shared client. What a loop offers to be told of its
        # shutdown is the finalization of asynchronous generators that were started on it.
        self._lifetime = _closing(self)
        with suppress(StopIteration):
            self._lifetime.__anext__().send(None)


class _FetchFuture(asyncio.Future["HTTPResponse"]):
    """A future that abandons the fetch when it is cancelled, at once."""

    # Set by who makes one, which spares a call of Python's.
    __slots__ = ("abandon", "is_called_last", "raise_error")

    abandon: Callable[[], None] | None
    is_called_last: bool
    raise_error: bool

    def take(self, response: HTTPResponse) -> None:
        """End with the outcome of the fetch."""
        self.abandon = None  # the fetch knows this future: a cycle that would live until collected
        if self.done():
            return
        error = response.error
        if error is None or (not self.raise_error and getattr(error, "response", None) is response):
            if self.is_called_last and asyncio.current_task(self.get_loop()) is None:
                deliver(response, self)  # within the call that brought the last octet
            else:
                self.set_result(response)
        else:
            self.set_exception(as_outcome(error))

    def cancel(self, msg: Any | None = None) -> bool:
        cancelled = super().cancel(msg)
        if cancelled and self.abandon is not None:
            self.abandon()
        return cancelled


async def _closing(client: AsyncHTTPClient) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        client.close()


def _check_request(request: object, options: dict[str, Any]) -> None:
    """Refuse what is no request, and options beside one."""
    if not isinstance(request, HTTPRequest):
        raise TypeError(f"a URL as str or an HTTPRequest is fetched, not {type(request).__name__}")
    if options:
        raise TypeError(f"options {', '.join(options)} beside an HTTPRequest")


def _current_loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return IOLoop.current().asyncio_loop
