"""A head that did not come in one piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.grammar import CRLF
from etesian.http_wire.wire.head import parse_request_line
from etesian.http_wire.wire.head_finder import HeadFinder

if TYPE_CHECKING:
    from etesian.http_wire.wire.policy import WirePolicy


class PartialHead:
    """Takes one head off the front of a buffer that grows between the calls."""

    __slots__ = ("_buffer", "_finder", "_policy", "_skipped_line")

    def __init__(self, buffer: bytearray, policy: WirePolicy) -> None:
        self._buffer = buffer
        self._policy = policy
        self._finder = HeadFinder(policy, parse_request_line)
        self._skipped_line = False

    def take(self, *, last: bool) -> bytes | None:
        """Remove the head and give it without its empty line; ``None`` while it is not whole.

        ``last`` says that no more bytes will come. Raises ``HTTPInputError``
        where the bytes cannot become a head, and where a head is cut short by
        their end; that nothing has begun is not an error.
        """
        buffer = self._buffer
        if not self._skipped_line:
            self._skip_empty_line()
        if not buffer or (buffer == b"\r" and not last):
            return None
        ends = self._finder.find(buffer)
        if ends is None:
            if last:
                raise HTTPInputError(f"connection ended after {len(buffer)} octets of a head")
            return None
        head = bytes(buffer[: ends[0]])
        del buffer[: ends[1]]
        return head

    def _skip_empty_line(self) -> None:
        """Skip the one empty line that may precede a request (RFC 9112, 2.2)."""
        buffer = self._buffer
        line_ends = (CRLF, b"\n") if self._policy.accept_bare_lf else (CRLF,)
        for line_end in line_ends:
            if buffer.startswith(line_end):
                del buffer[: len(line_end)]
                self._skipped_line = True
                return
