"""What is known of a request head that comes a second time, and of its answer.

Clients that keep a connection alive often ask the same again: pollers, health checks,
programs that call one function of a service. Octet for octet the same head means the
same request line and the same fields, so that it need not be parsed; and where the
handler sets the same fields, the head of the response need not be composed.

Nothing of this outlives a tick of the server's clock, a second at most: an idle
connection holds nothing, and the ``Date`` of a response is not older.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.interface import ResponseStartLine


class Answer:
    """The head of a response as it was written, and what led to it."""

    __slots__ = ("_fields", "_start_line", "head", "length")

    def __init__(
        self, start_line: ResponseStartLine, headers: HTTPHeaders, head: bytes, length: int
    ) -> None:
        """``length`` is that of the body, in octets."""
        self._start_line = start_line
        self._fields = headers._fields.copy()
        self.head = head
        self.length = length

    @classmethod
    def of(
        cls, start_line: ResponseStartLine, headers: HTTPHeaders, head: bytes, length: int
    ) -> Answer | None:
        """Give the answer, or ``None`` where a copy of its fields would share their values."""
        if list in map(type, headers._fields.values()):
            return None
        return cls(start_line, headers, head, length)

    def has(self, start_line: ResponseStartLine, headers: HTTPHeaders) -> bool:
        """Tell whether to compose a head from these would give this one."""
        return self._fields == headers._fields and self._start_line == start_line
