"""One request as octets: its head, its framing, and the account of its body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etesian.http_wire.interface import HTTPOutputError
from etesian.http_wire.wire.grammar import decimal
from etesian.http_wire.wire.head_writer import encode_lines, request_line

if TYPE_CHECKING:
    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.interface import RequestStartLine

# Methods whose request has a body unless it says otherwise (RFC 9110, 8.6).
_WITH_BODY: Final = frozenset(("POST", "PUT", "PATCH"))

_CHUNKED: Final = -1


class RequestWriter:
    """Turns one request into octets, in order: :meth:`head`, :meth:`data`, :meth:`end`.

    With a Content-Length exactly so many octets follow. Without one, POST, PUT
    and PATCH are chunked and all other methods have no body.
    """

    __slots__ = ("_owed", "_written")

    def __init__(self) -> None:
        self._owed = 0
        self._written = False

    def head(self, start_line: RequestStartLine, headers: HTTPHeaders) -> bytes:
        """Give the head.

        Raises ``ValueError`` where a part must not stand on the wire or
        Content-Length is no number, ``HTTPOutputError`` for a second head.
        """
        if self._written:
            raise HTTPOutputError("the head of the request is already written")
        lines = [request_line(start_line.method, start_line.path)]
        for name, value in headers.get_all():
            if name != "Transfer-Encoding":
                lines.append(f"{name}: {value}")
        length = headers.get("Content-Length")
        owed = 0
        if length is not None:
            owed = decimal(length)
        elif start_line.method in _WITH_BODY:
            owed = _CHUNKED
            lines.append("Transfer-Encoding: chunked")
        head = encode_lines(lines)
        self._owed = owed
        self._written = True
        return head

    def data(self, chunk: bytes) -> bytes:
        """Give ``chunk`` as it goes on the wire.

        Raises ``HTTPOutputError`` before the head and beyond the body.
        """
        if not self._written:
            raise HTTPOutputError("body written before the head")
        if self._owed == _CHUNKED:
            return b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunk else b""
        if len(chunk) > self._owed:
            raise HTTPOutputError(f"{len(chunk) - self._owed} octets more than announced")
        self._owed -= len(chunk)
        return chunk

    def end(self) -> bytes:
        """Give what ends the request, and be ready for the next.

        Raises ``HTTPOutputError`` before the head and where octets are missing.
        """
        if not self._written:
            raise HTTPOutputError("the request ended before its head")
        if self._owed > 0:
            raise HTTPOutputError(f"{self._owed} octets fewer than announced")
        self._written = False
        return b"0\r\n\r\n" if self._owed == _CHUNKED else b""
