"""What every part of a handler can rely on, and the hooks that an application overrides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from etesian.web.interface import HTTPError
from etesian.web.request_id import request_id_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

    from etesian.http_wire.interface import HTTPHeaders, HTTPServerRequest
    from etesian.web.application import Application

__all__ = ["HandlerBase"]


def _unimplemented(_self: HandlerBase, *_args: object, **_kwargs: object) -> None:
    """Answer 405: this handler does not have the method."""
    raise HTTPError(405)


def _accept_nothing(self: HandlerBase) -> None:
    """Take no arguments from the route."""


class HandlerBase:
    """One request, from its head to the end of its response.

    All methods belong to the thread of the event loop. An object serves a single
    request; what it is given by the route arrives in :attr:`initialize`.
    """

    SUPPORTED_METHODS: ClassVar[tuple[str, ...]] = (
        "GET",
        "HEAD",
        "POST",
        "DELETE",
        "PATCH",
        "PUT",
        "OPTIONS",
    )
    """The verbs that are handed to the method of their lower-case name; others are 405."""

    cancel_on_disconnect: ClassVar[bool] = True
    """Whether a coroutine of this handler is cancelled when the client leaves."""

    application: Application
    request: HTTPServerRequest
    path_args: list[str | None]
    """What unnamed groups of the route captured, decoded; there from ``prepare`` on."""
    path_kwargs: dict[str, str | None]
    """What named groups of the route captured, decoded; there from ``prepare`` on."""

    # State that most requests never change is a default of the class: it costs a request nothing.
    _status_code = 200
    _reason = "OK"
    _headers: HTTPHeaders
    _write_buffer: list[bytes]
    _headers_written = False
    _finished = False
    # Set by the dispatcher when the client has left: what fails then is nobody's fault.
    _client_gone = False
    _detached = False
    _auto_finish = True
    _stream_request_body: ClassVar[bool] = False
    _task: asyncio.Task[None] | None = None
    _request_id: str | None = None

    initialize: Callable[..., None] = _accept_nothing
    """Take the keyword arguments of the route; must not write.

    Override it as a plain method with those arguments as parameters.
    """

    get: Callable[..., Awaitable[None] | None] = _unimplemented
    head: Callable[..., Awaitable[None] | None] = _unimplemented
    post: Callable[..., Awaitable[None] | None] = _unimplemented
    delete: Callable[..., Awaitable[None] | None] = _unimplemented
    patch: Callable[..., Awaitable[None] | None] = _unimplemented
    put: Callable[..., Awaitable[None] | None] = _unimplemented
    options: Callable[..., Awaitable[None] | None] = _unimplemented

    def __init__(self, application: Application, request: HTTPServerRequest, **kwargs: Any) -> None:
        # The route's arguments are for initialize; bases that an application adds get none.
        super().__init__()
        self.application = application
        self.request = request
        self.clear()
        if kwargs:
            self.initialize(**kwargs)
        else:
            self.initialize()  # to unpack nothing costs too

    def clear(self) -> None:
        """Begin the response; said where the response is."""
        raise NotImplementedError

    @property
    def request_id(self) -> str:
        """What tells this request from all others in logs.

        It is that of the header ``X-Request-Id`` where a proxy set a sensible one (up to
        128 letters, digits, ``.``, ``_`` and ``-``), else it is made up when first
        asked for.
        """
        if self._request_id is None:
            self._request_id = request_id_of(self.request)
        return self._request_id

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the application."""
        return self.application.settings

    def require_setting(self, name: str, feature: str = "this feature") -> None:
        """Raise an exception that names the setting which ``feature`` needs, if it is missing."""
        if not self.application.settings.get(name):
            raise RuntimeError(
                f"{feature} needs the setting {name!r} of the application, which is missing"
            )

    def prepare(self) -> Awaitable[None] | None:
        """Do what comes before every verb; may be a coroutine. Override it.

        If it finishes the response, the verb is not called.
        """
        return None

    def on_finish(self) -> None:
        """Do what comes after the response was sent: log, clean up. Nothing can be written."""

    def on_connection_close(self) -> None:
        """Take the news that the client left before the response ended.

        It comes as soon as the operating system tells, which may be never. A
        coroutine of the handler is cancelled right after
        (:attr:`cancel_on_disconnect`).
        """

    @classmethod
    def _allowed_methods(cls) -> list[str]:
        """Give the verbs that this class answers."""
        return [
            verb
            for verb in cls.SUPPORTED_METHODS
            if getattr(cls, verb.lower(), _unimplemented) is not _unimplemented
        ]

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Take a piece of the request's body; for ``@stream_request_body`` handlers.

        An awaitable pauses reading until it ends.
        """
        raise NotImplementedError
