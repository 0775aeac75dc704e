"""Bodies whose end is a count or the end of the connection, and the choice among all three."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from etesian.http_wire.headers import HTTPHeaders
from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.chunked import ChunkedBody
from etesian.http_wire.wire.framing import CHUNKED, UNTIL_CLOSE

if TYPE_CHECKING:
    from etesian.http_wire.wire.policy import WirePolicy


class Body(Protocol):
    """Takes one body off a buffer, piece by piece."""

    complete: bool
    trailers: HTTPHeaders

    def take(self, buffer: bytearray, max_size: int) -> bytes:
        """Remove body octets from the front of ``buffer`` and give at most ``max_size`` of data."""
        ...


class CountedBody:
    """A body of ``length`` octets; raises ``ValueError`` for fewer than none."""

    __slots__ = ("_remaining", "complete", "trailers")

    def __init__(self, length: int) -> None:
        if length < 0:  # a slice would take it for "all but the last"
            raise ValueError(f"body of {length} octets")
        self._remaining = length
        self.complete = not length
        self.trailers = HTTPHeaders()

    def take(self, buffer: bytearray, max_size: int) -> bytes:
        """Remove at most ``max_size`` octets and give them; empty when complete or starved."""
        data = bytes(buffer[: min(max_size, self._remaining)])
        del buffer[: len(data)]
        self._remaining -= len(data)
        self.complete = not self._remaining
        return data


class UnboundedBody:
    """A response body that the end of the connection ends; the owner sets ``complete`` then."""

    __slots__ = ("_limit", "_room", "_status", "complete", "trailers")

    def __init__(self, policy: WirePolicy, max_body_size: int | None = None) -> None:
        self._limit = policy.max_body_size if max_body_size is None else max_body_size
        self._room = self._limit
        self._status = policy.body_overflow_status
        self.complete = False
        self.trailers = HTTPHeaders()

    def take(self, buffer: bytearray, max_size: int) -> bytes:
        """Remove at most ``max_size`` octets and give them.

        Raises ``HTTPInputError`` when the body exceeds its limit.
        """
        data = bytes(buffer[:max_size])
        del buffer[: len(data)]
        self._room -= len(data)
        if self._room < 0:
            raise HTTPInputError(f"body of more than {self._limit} octets", self._status)
        return data


def body_of_length(length: int, policy: WirePolicy, max_body_size: int | None = None) -> Body:
    """Give the reader for what ``framing`` decided.

    ``max_body_size`` overrides the limit of the policy. Raises
    ``HTTPInputError`` with ``policy.body_overflow_status`` for an announced
    length beyond it; the other readers count as they go. A negative length that
    is none of ``framing`` is a ``ValueError``.
    """
    if length == CHUNKED:
        return ChunkedBody(policy, max_body_size)
    if length == UNTIL_CLOSE:
        return UnboundedBody(policy, max_body_size)
    limit = policy.max_body_size if max_body_size is None else max_body_size
    if length > limit:
        raise HTTPInputError(
            f"body of {length} octets, expected no more than {limit}", policy.body_overflow_status
        )
    return CountedBody(length)
