"""What a fetch gives."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Self

from etesian.http_wire.client.response_head import ResponseHead
from etesian.http_wire.headers import HTTPHeaders
from etesian.http_wire.interface import HTTPClientError

if TYPE_CHECKING:
    from etesian.http_wire.client.fetch_parts import FetchHop
    from etesian.http_wire.client.request import HTTPRequest

__all__ = ["HTTPResponse"]

_PHASES = ("queue", "connect", "starttransfer", "total")


class HTTPResponse:
    """A response, or the failure to get one.

    ::

        response = await client.fetch(url, raise_error=False)
        if response.error is None:
            print(response.headers.get("Content-Type"), response.body)

    ``request``
        The request as it was given to ``fetch``, whatever redirects led to.
    ``code``, ``reason``, ``headers``, ``body``
        The response; ``code`` is 599 where there is none. ``reason`` is
        ``"Unknown"`` where the server gave none. ``body`` is bytes, decoded,
        and empty if a ``streaming_callback`` took it.
    ``buffer``
        The body as a file.
    ``effective_url``
        The URL that gave this response, after redirects.
    ``error``
        The exception that :meth:`rethrow` raises, or ``None`` for a 2xx.
    ``request_time``
        Seconds from the start of the fetch to its end, ``None`` for a response
        that no fetch gave.
    ``time_info``
        Seconds by phase: ``queue`` (waiting for a slot), ``connect`` (name
        resolution, TCP and TLS; 0 on a connection that was kept), ``starttransfer``
        and ``total``, all but ``queue`` counted from the start of the fetch. Other
        clients may tell more or fewer.
    """

    _buffer: BytesIO | None = None

    def __init__(  # noqa: PLR0917  # the documented signature
        self,
        request: HTTPRequest,
        code: int,
        headers: HTTPHeaders | None = None,
        buffer: BytesIO | None = None,
        effective_url: str | None = None,
        error: BaseException | None = None,
        request_time: float | None = None,
        time_info: dict[str, float] | None = None,
        reason: str | None = None,
        *,
        body: bytes | None = None,
    ) -> None:
        self.request = request
        self.code = code
        self.reason = reason or "Unknown"
        self._fields: HTTPHeaders | ResponseHead = HTTPHeaders() if headers is None else headers
        self.effective_url = effective_url or request.url
        self.request_time = request_time
        self._times: dict[str, float] | tuple[float, ...] = time_info or {}
        self._buffer = buffer
        if body is None:
            body = b"" if buffer is None else buffer.getvalue()
        self.body = body
        if error is None and not 200 <= code < 300:
            error = HTTPClientError(code, self.reason, self)
        self.error = error

    @classmethod
    def fetched(cls, request: HTTPRequest, hop: FetchHop, times: tuple[float, ...]) -> Self:
        """Give the outcome of a fetch, whose last hop was ``hop``.

        It is what the constructor would give, but headers and ``time_info`` are
        made when they are asked for. ``times`` are the values of the latter.
        """
        self = cls.__new__(cls)
        self.request = request
        self.code = code = hop.code
        self.reason = hop.reason or "Unknown"
        self._fields = hop.fields
        self.effective_url = hop.request.url
        self.request_time = times[-1]
        self._times = times
        self.body = hop.body
        self.error = None if 200 <= code < 300 else HTTPClientError(code, self.reason, self)
        return self

    @property
    def headers(self) -> HTTPHeaders:
        """The fields of the response; changes to them stay in it."""
        if isinstance(self._fields, ResponseHead):
            self._fields = self._fields.headers()
        return self._fields

    @headers.setter
    def headers(self, headers: HTTPHeaders) -> None:
        self._fields = headers

    @property
    def time_info(self) -> dict[str, float]:
        """Seconds by phase."""
        if isinstance(self._times, tuple):
            self._times = dict(zip(_PHASES, self._times, strict=True))
        return self._times

    @time_info.setter
    def time_info(self, time_info: dict[str, float]) -> None:
        self._times = time_info

    @property
    def buffer(self) -> BytesIO:
        """The body as a file, the same one at every access."""
        if self._buffer is None:
            self._buffer = BytesIO(self.body)
        return self._buffer

    def rethrow(self) -> None:
        """Raise ``error`` if there is one."""
        if self.error is not None:
            raise self.error

    def __repr__(self) -> str:
        # Not the error, which holds this response; not the URL, which may hold secrets.
        return f"<HTTPResponse {self.code} {self.reason!r}, {len(self.body)} bytes>"
