"""Where a head ends, in bytes that come in pieces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.grammar import (
    CRLF,
    FIELD_BYTES,
    HEAD_END,
    control_place,
    escaped_around,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.http_wire.wire.policy import WirePolicy

_LENIENT_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")


class HeadFinder:
    """Finds the end of a head in bytes that come in pieces, each octet looked at once.

    What no later byte can mend is refused at once: a control character, a bare
    CR or LF, a malformed start line, a line or a head beyond its limit. The
    verdict does not depend on how the bytes were cut.
    """

    __slots__ = ("_line_seen", "_parse_line", "_policy", "_scanned")

    def __init__(self, policy: WirePolicy, parse_line: Callable[[str], object]) -> None:
        """``parse_line`` raises for a bad start line; its value is not used."""
        self._policy = policy
        self._parse_line = parse_line
        self._scanned = 0
        self._line_seen = False

    def find(self, buffer: bytearray | bytes) -> tuple[int, int] | None:
        """Give the end of the head that ``buffer`` starts with, and where the body starts.

        ``None`` while the end has not come; then call again with the same
        bytes and more behind them. After a find the finder is ready for the
        next head.
        """
        limit = self._policy.max_header_size
        start = max(self._scanned - 3, 0)
        if self._policy.accept_bare_lf:
            match = _LENIENT_HEAD_END.search(buffer, start, limit + 4)
            ends = match.span() if match else None
        else:
            end = buffer.find(HEAD_END, start, limit + 4)
            ends = (end, end + 4) if end >= 0 else None
        if ends is None:
            self.check(buffer)
            return None
        self._scanned = 0
        self._line_seen = False
        return ends

    def check(self, buffer: bytearray | bytes) -> None:
        """Raise ``HTTPInputError`` where the head begun in ``buffer`` cannot become one."""
        if not self._line_seen:
            self._check_line(buffer)
        limit = self._policy.max_header_size
        self._check_octets(buffer[self._scanned : limit + 4])
        if len(buffer) >= limit + 4:
            raise HTTPInputError(f"head of more than {limit} octets", 431)
        # A CR at the end is only proven by the byte after it.
        self._scanned = len(buffer) - buffer.endswith(b"\r")

    def _check_line(self, buffer: bytearray | bytes) -> None:
        limit = self._policy.max_request_line_size
        line_end = b"\n" if self._policy.accept_bare_lf else CRLF
        end = buffer.find(line_end, 0, limit + 2)
        self._check_octets(buffer[: end + len(line_end) if end >= 0 else limit + 2])
        if end >= 0:
            self._parse_line(bytes(buffer[:end]).removesuffix(b"\r").decode("latin-1"))
            self._line_seen = True
        elif len(buffer) >= limit + 2:
            raise HTTPInputError(f"start line of more than {limit} octets", 414)

    def _check_octets(self, part: bytearray | bytes) -> None:
        if self._policy.accept_bare_lf:
            part = part.replace(CRLF, b"\n").replace(b"\n", CRLF)
        expected = CRLF * part.count(CRLF) + (b"\r" if part.endswith(b"\r") else b"")
        if part.translate(None, FIELD_BYTES) != expected:
            # A CR that ends what is there is none yet: the offence is before it.
            shown = escaped_around(part, control_place(part.removesuffix(b"\r")))
            raise HTTPInputError(f"control character or bare line end in head: {shown}")
