"""One response as octets: its head, its framing, and the account of its body.

The framing fields belong to the writer: what a handler sets of them is obeyed
where it can be true and left out where RFC 9112, 6 gives the message no body.

====================================  ==========================================
response                              framing
====================================  ==========================================
interim (1xx), 204, 304               none; a body is dropped
to HEAD                               Content-Length as set; a body is dropped
Content-Length set                    that; more or fewer octets are an error
otherwise, to HTTP/1.1                chunked
otherwise, to HTTP/1.0                the end of the connection
====================================  ==========================================
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from etesian.http_wire.dates import DATE_LINE
from etesian.http_wire.interface import HTTPOutputError
from etesian.http_wire.wire.chunked import FORBIDDEN_TRAILERS
from etesian.http_wire.wire.framing import is_bodiless
from etesian.http_wire.wire.grammar import decimal, list_members
from etesian.http_wire.wire.head_writer import encode_lines, status_line

if TYPE_CHECKING:
    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.interface import ResponseStartLine

# What remains to be written where no number says so.
_CHUNKED: Final = -1
_UNTIL_CLOSE: Final = -2
_DROPPED: Final = -3

# The methods whose responses take the short way to their framing.
_USUAL_METHODS: Final = frozenset(("GET", "POST"))

_LAST_CHUNK: Final = b"0\r\n\r\n"


class Progress(Enum):
    """What a response still owes; it only moves down this list, but from FILE back to BODY."""

    HEAD = auto()
    BODY = auto()
    FILE = auto()  # a part of the body is being sent, and nothing else can be
    DONE = auto()


_HEAD: Final = Progress.HEAD
_BODY: Final = Progress.BODY
_DONE: Final = Progress.DONE


class ResponseWriter:
    """Turns one response into octets, in order: :meth:`head`, :meth:`data`, :meth:`end`.

    ``keep_alive`` says whether the connection outlives the response: at first
    what the request allows, after the head what it says. A breach of the order
    or of the announced length raises :class:`HTTPOutputError`.
    """

    __slots__ = ("_owed", "keep_alive", "progress", "request_method", "request_version")

    def __init__(self, request_method: str, request_version: str, keep_alive: bool) -> None:
        self.request_method = request_method
        self.request_version = request_version
        self.keep_alive = keep_alive
        self.progress = _HEAD
        self._owed = _DROPPED

    def head(self, start_line: ResponseStartLine, headers: HTTPHeaders) -> bytes:
        """Give the head; an interim one (1xx but 101) may be followed by another.

        To a client of HTTP/1.0 an interim one is nothing.
        Raises ``ValueError``, the writer as it was, where a part must not stand
        on the wire or Content-Length is no number.
        """
        if self.progress is not _HEAD:
            raise HTTPOutputError("the head of the response is already written")
        code = start_line.code
        if code < 200:
            return self._interim_head(start_line, headers)
        fields = headers._fields
        lines = [status_line(code, start_line.reason)]
        if "Connection" in fields or "Transfer-Encoding" in fields or code in (204, 304):
            headers = self._without_framing(lines, headers, code)
            fields = headers._fields
        for name, value in fields.items():
            if isinstance(value, str):
                lines.append(f"{name}: {value}")
            else:
                lines.extend([f"{name}: {one}" for one in value])
        if "Date" not in fields:
            lines.append(DATE_LINE.now())
        length = fields.get("Content-Length")
        if (
            code == 200
            and self.request_method in _USUAL_METHODS
            and isinstance(length, str)
            and self.keep_alive
            and self.request_version == "HTTP/1.1"
        ):
            owed = decimal(length)  # all that _frame does for such a response
        else:
            owed = self._frame(lines, length, code)
        head = encode_lines(lines)
        self._owed = owed
        self.progress = _BODY
        return head

    def data(self, chunk: bytes) -> bytes:
        """Give ``chunk`` as it goes on the wire, perhaps as nothing.

        Raises ``HTTPOutputError`` where the head is not written, the response
        has ended, or the announced length would be exceeded.
        """
        if self.progress is not _BODY:
            raise HTTPOutputError("body written before the head or after the end")
        owed = self._owed
        if owed >= 0:
            if len(chunk) > owed:
                raise HTTPOutputError(
                    f"{len(chunk) - owed} octets more than the announced Content-Length"
                )
            self._owed = owed - len(chunk)
            return chunk
        if owed == _CHUNKED:
            return b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunk else b""
        return b"" if owed == _DROPPED else chunk

    def begin_file(self, size: int) -> tuple[bytes, bytes] | None:
        """Account for ``size`` octets that somebody else sends; give what frames them.

        That is what goes before and after, or ``None`` where nothing is to be sent.
        Until :meth:`end_file` nothing else can be written. Raises as :meth:`data`.
        """
        if self.progress is not _BODY:
            raise HTTPOutputError("a file sent before the head, after the end, or with another")
        owed = self._owed
        if 0 <= owed < size:
            raise HTTPOutputError(f"{size - owed} octets more than the announced Content-Length")
        if owed == _DROPPED or size == 0:
            return None
        if owed >= 0:
            self._owed = owed - size
        self.progress = Progress.FILE
        return (b"%x\r\n" % size, b"\r\n") if owed == _CHUNKED else (b"", b"")

    def end_file(self) -> None:
        """Take the news that all octets of the file are sent."""
        self.progress = _BODY

    def end(self, trailers: HTTPHeaders | None = None) -> bytes:
        """Give what ends the response; trailers go only where chunks do.

        Raises ``HTTPOutputError`` where the head is not written, the response
        has ended, or octets of the announced length are missing, and ``ValueError``,
        the writer as it was, for trailers that must not stand on the wire.
        """
        if self.progress is not _BODY:
            raise HTTPOutputError("the response ended before its head or twice")
        if self._owed > 0:
            raise HTTPOutputError(f"{self._owed} octets fewer than the announced Content-Length")
        last = b""
        if self._owed == _CHUNKED:
            last = _LAST_CHUNK if trailers is None else _last_chunk_with(trailers)
        self.progress = _DONE
        return last

    def _frame(self, lines: list[str], length: str | list[str] | None, code: int) -> int:
        """Add the lines of framing and connection; give what will be owed."""
        keep_alive = self.keep_alive
        owed = _CHUNKED
        if length is not None:
            if not isinstance(length, str):
                raise ValueError("repeated Content-Length")
            owed = decimal(length)
        if is_bodiless(self.request_method, code):
            owed = _DROPPED
        elif length is None:
            if self.request_version == "HTTP/1.1":
                lines.append("Transfer-Encoding: chunked")
            else:
                owed = _UNTIL_CLOSE
                keep_alive = False
        if not keep_alive:
            lines.append("Connection: close")
        elif self.request_version != "HTTP/1.1":
            lines.append("Connection: keep-alive")
        self.keep_alive = keep_alive
        return owed

    def _without_framing(self, lines: list[str], headers: HTTPHeaders, code: int) -> HTTPHeaders:
        """Take the fields that are the writer's out of a copy, and what they ask into account."""
        headers = headers.copy()
        options = list_members(headers.pop("Connection", "").lower())
        if "close" in options:
            self.keep_alive = False
        others = [option for option in options if option not in ("", "close", "keep-alive")]
        if others:
            lines.append(f"Connection: {', '.join(others)}")
        headers.pop("Transfer-Encoding", None)
        if code in (204, 304):
            headers.pop("Content-Length", None)
        return headers

    def _interim_head(self, start_line: ResponseStartLine, headers: HTTPHeaders) -> bytes:
        code = start_line.code
        if code != 101 and self.request_version != "HTTP/1.1":
            return b""  # whom nobody taught to wait for another head (RFC 9110, 15.2)
        lines = [status_line(code, start_line.reason)]
        lines += [
            f"{name}: {value}"
            for name, value in headers.get_all()
            if name not in ("Content-Length", "Transfer-Encoding")
        ]
        head = encode_lines(lines)
        if code == 101:  # the last thing said in HTTP on this connection (RFC 9110, 15.2.2)
            self.keep_alive = False
            self.progress = _BODY
        return head


def _last_chunk_with(trailers: HTTPHeaders) -> bytes:
    for name in trailers:
        if name in FORBIDDEN_TRAILERS:
            raise ValueError(f"{name} must not be a trailer")
    return encode_lines(["0", *[f"{name}: {value}" for name, value in trailers.get_all()]])
