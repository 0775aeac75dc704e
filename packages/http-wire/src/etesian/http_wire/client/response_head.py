"""The head of a response that came in one piece, which may come again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.http_wire.headers import HTTPHeaders

if TYPE_CHECKING:
    from etesian.http_wire.interface import ResponseStartLine

__all__ = ["ResponseHead"]

# Octets. Heads of the field are well below; more would be a lot to keep for an idle connection.
_MAX_REPEATED_SIZE = 2048


class ResponseHead:
    """A status line and its fields, as the answer to one method; and what they say of the body.

    Servers that are asked the same again often answer by the same head, its
    ``Date`` included while the second lasts. Octet for octet the same head means
    the same, so that it need not be read twice. One per connection is kept, as
    long as that.

    ``is_plain`` says that it is a success whose body is as it came, and
    ``persistent`` whether an exchange may follow.
    """

    __slots__ = (
        "_fields",
        "_size",
        "code",
        "is_plain",
        "method",
        "octets",
        "persistent",
        "reason",
        "start_line",
    )

    def __init__(  # noqa: PLR0917  # made in one place
        self,
        octets: bytes,
        method: str,
        start_line: ResponseStartLine,
        headers: HTTPHeaders,
        length: int,
        persistent: bool,
    ) -> None:
        """Take over ``headers``; ``octets`` hold the empty line too, ``length`` is the body's."""
        self.octets = octets
        self.method = method
        self._size = len(octets) + length
        self._fields = headers._fields
        self.start_line = start_line
        _, self.code, self.reason = start_line
        self.persistent = persistent
        self.is_plain = 200 <= self.code < 300 and "Content-Encoding" not in self._fields

    @property
    def is_repeatable(self) -> bool:
        """Whether it is small, and copies of its fields share nothing that could be changed."""
        return len(self.octets) <= _MAX_REPEATED_SIZE and list not in map(
            type, self._fields.values()
        )

    def body_in(self, data: bytes, method: str) -> bytes | None:
        """Give the body where ``data``, the answer to ``method``, are this head and its body.

        ``None`` where they are anything else, which must then be read.
        """
        octets = self.octets
        if len(data) == self._size and data.startswith(octets) and method == self.method:
            return data[len(octets) :]
        return None

    def headers(self) -> HTTPHeaders:
        """Give the fields, to be changed at will; once only where :attr:`is_repeatable` is not."""
        return HTTPHeaders.from_valid(self._fields.copy())
