"""What the head of a request says to the connection that it came on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etesian.http_wire.headers import HTTPHeaders
from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.framing import request_body_length
from etesian.http_wire.wire.grammar import HEAD_END, escaped, list_members
from etesian.http_wire.wire.head import parse_request_head

if TYPE_CHECKING:
    from etesian.http_wire.interface import RequestStartLine
    from etesian.http_wire.server.repetition import Answer
    from etesian.http_wire.wire.policy import WirePolicy

# Octets. Ten times what a browser sends; thousands of connections remember one each.
_MAX_REPEATED_SIZE: Final = 8 * 1024

_from_valid: Final = HTTPHeaders.from_valid


class RequestHead:
    """A request line and its fields, parsed; it serves every request that repeats it.

    ``octets`` are the whole head, its empty line included. ``keep_alive`` says whether
    the client lets the connection outlive the response, ``body_length`` what ``framing``
    decided, and ``expects_continue`` whether the client waits to be told to send its body.
    ``is_repeated`` and ``answer`` belong to those who know of repetitions.
    """

    __slots__ = (
        "_fields",
        "answer",
        "body_length",
        "expects_continue",
        "is_repeated",
        "keep_alive",
        "octets",
        "start_line",
    )

    def __init__(self, head: bytes, policy: WirePolicy) -> None:
        """Take a head without its empty line.

        Raises ``HTTPInputError`` as ``parse_request_head`` and ``request_body_length`` do,
        and for an expectation that nobody can meet.
        """
        self.start_line: RequestStartLine
        self.start_line, headers = parse_request_head(head, policy)
        fields = self._fields = headers._fields
        self.octets = head + HEAD_END
        version = self.start_line.version
        self.keep_alive = _lets_persist(version, fields.get("Connection"))
        self.body_length = 0
        if "Content-Length" in fields or "Transfer-Encoding" in fields:
            self.body_length = request_body_length(version, headers, policy)
        self.expects_continue = (
            "Expect" in fields and _expects_continue(version, headers) and self.body_length != 0
        )
        self.is_repeated = False
        self.answer: Answer | None = None

    def headers(self) -> HTTPHeaders:
        """Give the fields, to be changed at will."""
        return _from_valid(self._fields.copy())

    @property
    def is_repeatable(self) -> bool:
        """Whether it is small, and copies of its fields share nothing that could be changed."""
        return len(self.octets) <= _MAX_REPEATED_SIZE and list not in map(
            type, self._fields.values()
        )


def _expects_continue(version: str, headers: HTTPHeaders) -> bool:
    """Tell whether ``Expect`` asks for 100; it means nothing in HTTP/1.0 (RFC 9110, 10.1.1)."""
    if version != "HTTP/1.1":
        return False
    expectation = headers["Expect"]
    if expectation.lower() != "100-continue":
        raise HTTPInputError(f"unknown expectation {escaped(expectation)}", 417)
    return True


def _lets_persist(version: str, connection: str | list[str] | None) -> bool:
    """Tell what version and ``Connection`` say of persistence (RFC 9112, 9.3)."""
    if connection is None:
        return version == "HTTP/1.1"
    if connection == "keep-alive":  # as browsers and proxies say it
        return True
    text = connection if isinstance(connection, str) else ",".join(connection)
    options = list_members(text.lower())
    return "close" not in options and (version == "HTTP/1.1" or "keep-alive" in options)
