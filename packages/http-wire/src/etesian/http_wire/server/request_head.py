"""What the head of a request says to the connection that it came on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.http_wire.wire.grammar import list_members
from etesian.http_wire.wire.head import parse_request_head

if TYPE_CHECKING:
    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.interface import RequestStartLine
    from etesian.http_wire.wire.policy import WirePolicy


class RequestHead:
    """A request line and its fields, parsed.

    ``keep_alive`` says whether the client lets the connection outlive the response;
    ``announces`` whether a field frames a body or asks whether one is welcome, so that
    all others need not be looked at for that.
    """

    __slots__ = ("announces", "headers", "keep_alive", "start_line")

    def __init__(self, head: bytes, policy: WirePolicy) -> None:
        """Raise ``HTTPInputError`` where ``head`` is none, as ``parse_request_head`` does."""
        self.start_line: RequestStartLine
        self.headers: HTTPHeaders
        self.start_line, self.headers = parse_request_head(head, policy)
        fields = self.headers._fields
        self.keep_alive = _lets_persist(self.start_line.version, fields.get("Connection"))
        self.announces = (
            "Content-Length" in fields or "Transfer-Encoding" in fields or "Expect" in fields
        )


def _lets_persist(version: str, connection: str | list[str] | None) -> bool:
    """Tell what version and ``Connection`` say of persistence (RFC 9112, 9.3)."""
    if connection is None:
        return version == "HTTP/1.1"
    if connection == "keep-alive":  # as browsers and proxies say it
        return True
    text = connection if isinstance(connection, str) else ",".join(connection)
    options = list_members(text.lower())
    return "close" not in options and (version == "HTTP/1.1" or "keep-alive" in options)
