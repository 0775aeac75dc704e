"""Writing the response: in one piece where it can be, in pieces where it must."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from etesian.http_wire.interface import ResponseStartLine
from etesian.web.escape import json_encode
from etesian.web.handler_parts.conditional import ConditionalRequests
from etesian.web.handler_parts.cookies import Cookies

if TYPE_CHECKING:
    from collections.abc import Awaitable, Generator

    from etesian.http_wire.interface import SwitchableConnection, TransportProtocol
    from etesian.streams.interface import Stream
    from etesian.web.compression import OutputTransform

__all__ = ["Response"]

_OK_LINE: Final = ResponseStartLine("", 200, "OK")
# What describes a body that a 304 does not have; RFC 9110, 15.4.5 names what it must keep.
_REPRESENTATION_HEADERS: Final = (
    "Allow",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Md5",
    "Content-Range",
    "Content-Type",
    "Last-Modified",
)


class _Done:
    """What is awaited where there is nothing to wait for."""

    __slots__ = ()

    def __await__(self) -> Generator[None, None, None]:
        return
        yield


_DONE: Final = _Done()


class Response(ConditionalRequests, Cookies):
    """The body, and the moment at which head and body are sent."""

    _transforms: list[OutputTransform] | None = None
    # Octets of a body that was flushed, so far.
    _streamed_size = 0

    def write(self, chunk: str | bytes | dict[str, Any]) -> None:
        """Append to the output; nothing is sent before :meth:`flush` or :meth:`finish`.

        Text is written as UTF-8; a dict as JSON, with its ``Content-Type``. A list is
        a ``TypeError``, because old browsers let other sites read a JSON array.
        Raises ``RuntimeError`` after :meth:`finish`.
        """
        if self._finished:
            raise RuntimeError("write() after the response was finished")
        if isinstance(chunk, str):
            self._write_buffer.append(chunk.encode())
        elif isinstance(chunk, bytes):
            self._write_buffer.append(chunk)
        elif isinstance(chunk, dict):
            self._write_buffer.append(json_encode(chunk).encode())
            self.set_header("Content-Type", "application/json; charset=UTF-8")
        else:
            raise TypeError(
                f"write() takes str, bytes and dict, got {type(chunk).__name__}; "
                "put a list into a dict"
            )

    def flush(self, include_footers: bool = False) -> Awaitable[None]:
        """Send what was written; the first time, the headers before it.

        Awaiting the result waits until the client took it (back-pressure).
        ``include_footers`` says that nothing more comes.
        """
        chunk = self._take_output()
        if not self._headers_written:
            return self._send_head(chunk, finishing=include_footers)
        if self._transforms:
            for transform in self._transforms:
                chunk = transform.transform_chunk(chunk, include_footers)
        if not chunk or self.request.method == "HEAD":
            return _DONE
        self._streamed_size += len(chunk)
        drained: Awaitable[None] = self.request.connection.write(chunk)
        return drained

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> Awaitable[None]:
        """End the response; ``chunk`` is written before.

        Where nothing was flushed, the response is complete now: it gets an Etag
        (and becomes a 304 where the client has it) and a ``Content-Length``.
        Awaiting the result waits until the client took it. Raises ``RuntimeError``
        the second time, and for a body where the status has none (1xx, 204, 304).
        """
        if self._finished:
            raise RuntimeError("finish() called twice")
        if chunk is not None:
            self.write(chunk)
        if not self._headers_written:
            self._complete_head()
            sent = self._send_head(self._take_output(), finishing=True)
        elif self._write_buffer or self._transforms:
            sent = self.flush(include_footers=True)
        else:
            sent = _DONE
        self.request.connection.finish()
        self._finished = True
        self.application.log_request(self)  # type: ignore[arg-type]  # every part is one of these
        self.on_finish()
        return sent

    def get_sent_size(self) -> int | None:
        """Give how many octets of the body were sent; ``None`` where the client left meanwhile."""
        if self._client_gone:
            return None
        if self.request.method == "HEAD" or self._status_code in (204, 304):
            return 0
        announced = self.get_content_length()
        return self._streamed_size if announced is None else announced

    def detach(self) -> Stream:
        """Take the connection as a stream; the handler writes nothing more to it.

        It is for protocols that begin where an HTTP head ends. Whatever the request
        brought after its head is the first that the stream gives.
        """
        self._leave_http()
        return cast("SwitchableConnection", self.request.connection).detach()

    def switch_protocol(self, protocol: TransportProtocol) -> None:
        """Send the head as it was set, and give the connection to ``protocol``.

        Set the status (101) and its headers first. The handler writes nothing more;
        ``protocol`` gets the bytes that came after the head of the request.
        """
        connection = cast("SwitchableConnection", self.request.connection)
        if "Content-Type" in self._headers:
            del self._headers["Content-Type"]
        self._add_cookies()
        self._headers_written = True
        connection.write_headers(
            ResponseStartLine("", self._status_code, self._reason), self._headers
        )
        self._leave_http()
        connection.switch_protocol(protocol)
        self._log()

    def _log(self) -> None:
        self.application.log_request(self)  # type: ignore[arg-type]  # every part is one of these

    def _leave_http(self) -> None:
        self._detached = True
        self._finished = True

    def _take_output(self) -> bytes:
        buffer = self._write_buffer
        if not buffer:
            return b""
        self._write_buffer = []
        return buffer[0] if len(buffer) == 1 else b"".join(buffer)

    def _complete_head(self) -> None:
        """Add what only the whole body tells."""
        status = self._status_code
        if status == 200 and self.request.method in ("GET", "HEAD"):
            self.set_etag_header()
            if self.check_etag_header():
                self._write_buffer = []
                self.set_status(304)
                status = 304
        if status < 200 or status in (204, 304):
            if self._write_buffer:
                raise RuntimeError(f"a response with status {status} has no body")
            self._clear_representation_headers()
        else:
            length = sum(map(len, self._write_buffer))
            self._headers.set_valid_default("Content-Length", str(length))

    def _clear_representation_headers(self) -> None:
        for name in _REPRESENTATION_HEADERS:
            if name in self._headers:
                del self._headers[name]

    def _send_head(self, chunk: bytes, *, finishing: bool) -> Awaitable[None]:
        headers = self._headers
        if self.application.transforms:
            chunk = self._transform_first(chunk, finishing)
            headers = self._headers
        if self._new_cookies:
            self._add_cookies()
        if self._status_code == 200 and self._reason == "OK":
            start_line = _OK_LINE
        else:
            start_line = ResponseStartLine("", self._status_code, self._reason)
        if self.request.method == "HEAD":
            chunk = b""
        if not finishing:
            self._streamed_size = len(chunk)
        # It raises with nothing sent; there can be an error page then.
        sent: Awaitable[None] = self.request.connection.write_headers(start_line, headers, chunk)
        self._headers_written = True
        return sent

    def _transform_first(self, chunk: bytes, finishing: bool) -> bytes:
        self._transforms = [make(self.request) for make in self.application.transforms]
        for transform in self._transforms:
            self._status_code, self._headers, chunk = transform.transform_first_chunk(
                self._status_code, self._headers, chunk, finishing
            )
        return chunk

    def _add_cookies(self) -> None:
        for cookie in (self._new_cookies or {}).values():
            self._headers.add("Set-Cookie", cookie)
        if self._new_cookies and "Cache-Control" not in self._headers:
            # A shared cache would else hand the cookie of one visitor to the next.
            self._headers["Cache-Control"] = "private"
