"""What a fetch gives."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from etesian.http_wire.headers import HTTPHeaders
from etesian.http_wire.interface import HTTPClientError

if TYPE_CHECKING:
    from etesian.http_wire.client.request import HTTPRequest

__all__ = ["HTTPResponse"]


class HTTPResponse:
    """A response, or the failure to get one.

    ``request``
        The request as it was given to ``fetch``, whatever redirects led to.
    ``code``, ``reason``, ``headers``, ``body``
        The response; ``code`` is 599 where there is none. ``body`` is empty if
        a ``streaming_callback`` took it.
    ``effective_url``
        The URL that gave this response, after redirects.
    ``error``
        The exception that :meth:`rethrow` raises, or ``None`` for a 2xx.
    ``request_time``
        Seconds from the start of the fetch to its end.
    ``time_info``
        Seconds by phase: ``queue`` (waiting for a slot), ``connect`` (name
        resolution, TCP and TLS; 0 on a connection that was kept), ``starttransfer``
        and ``total``, all but ``queue`` counted from the start of the fetch. Other
        clients may tell more or fewer.
    """

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
        self.headers = HTTPHeaders() if headers is None else headers
        self.effective_url = effective_url or request.url
        self.request_time = request_time
        self.time_info = time_info or {}
        self._buffer = buffer
        self._body = body
        if error is None and not 200 <= code < 300:
            error = HTTPClientError(code, self.reason, self)
        self.error = error

    @property
    def body(self) -> bytes:
        """The whole body."""
        if self._body is None:
            self._body = b"" if self._buffer is None else self._buffer.getvalue()
        return self._body

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
