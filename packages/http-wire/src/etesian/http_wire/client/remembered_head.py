"""A response head that may come again, and what it says about the octets behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.http_wire.headers import HTTPHeaders

if TYPE_CHECKING:
    from etesian.http_wire.interface import ResponseStartLine

__all__ = ["RememberedHead"]

# Octets. Heads of the field are well below; more would be a lot to keep for an idle connection.
_MAX_OCTETS = 2048


class RememberedHead:
    """The head of a whole response, as the answer to one method.

    Servers that are asked the same again often answer by the same head, its
    ``Date`` included while the second lasts. Octet for octet the same head means
    the same, so that it need not be read twice. One per connection is kept, as
    long as that.
    """

    __slots__ = ("_fields", "_method", "_octets", "length", "persistent", "start_line")

    def __init__(  # noqa: PLR0917  # made in one place
        self,
        octets: bytes,
        method: str,
        start_line: ResponseStartLine,
        headers: HTTPHeaders,
        length: int,
        persistent: bool,
    ) -> None:
        """``length`` is that of the body, ``persistent`` whether an exchange may follow."""
        self._octets = octets
        self._method = method
        self._fields = headers._fields.copy()
        self.start_line = start_line
        self.length = length
        self.persistent = persistent

    @staticmethod
    def is_worth_it(octets: bytes, headers: HTTPHeaders) -> bool:
        """Tell whether the head is small, and its fields can be copied by one step."""
        return len(octets) <= _MAX_OCTETS and list not in map(type, headers._fields.values())

    def is_meant_by(self, octets: bytes, method: str) -> bool:
        """Tell whether reading these octets would give this head."""
        return octets == self._octets and method == self._method

    def headers(self) -> HTTPHeaders:
        """Give the fields, for the caller to keep."""
        return HTTPHeaders.from_valid(self._fields.copy())
