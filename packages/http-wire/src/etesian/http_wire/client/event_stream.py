"""The format of server-sent events, bytes in and events out (WHATWG HTML, 9.2.6).

No socket, no loop, no clock. However the bytes are cut, the events are the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from etesian.http_wire.interface import HTTPInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_EVENT_SIZE", "MAX_LINE_SIZE", "EventStreamParser", "ServerSentEvent"]

# Octets. The standard has no limits; these hold the largest messages that servers are known to send
# as one line (whole documents in JSON), and keep a server from filling the memory.
MAX_LINE_SIZE = 1024 * 1024
MAX_EVENT_SIZE = 4 * 1024 * 1024

_LINE_END = re.compile(rb"[\r\n]")
_DIGITS = re.compile(r"[0-9]{1,10}", re.ASCII)  # milliseconds: more digits would be months
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerSentEvent:
    """One event. Text is UTF-8, with U+FFFD in place of what is none."""

    event: str = "message"
    data: str = ""
    """The ``data`` lines, a line feed between each two."""
    id: str = ""
    """The last identifier that the stream named, with this event or before."""
    retry: float | None = None
    """Seconds to wait before a reconnection, where this event says so."""


class EventStreamParser:
    """Takes an event stream in pieces; one parser serves one response."""

    def __init__(
        self,
        *,
        last_event_id: str = "",
        max_line_size: int = MAX_LINE_SIZE,
        max_event_size: int = MAX_EVENT_SIZE,
    ) -> None:
        """``last_event_id`` is what the stream before this one ended with."""
        self.last_event_id = last_event_id
        self.retry: float | None = None
        """Seconds, as the stream said last, also outside of any event."""
        self._max_line_size = max_line_size
        self._max_event_size = max_event_size
        self._line = bytearray()
        self._begun = False
        self._after_cr = False
        self._data: list[str] = []
        self._size = 0
        self._type = ""
        self._next_id = last_event_id
        self._retry: float | None = None

    def feed(self, piece: bytes) -> Iterator[ServerSentEvent]:
        """Give the events that end in this piece, which must be gone through.

        Raises ``HTTPInputError`` for a line or an event beyond its limit; the
        parser is then of no further use. An event that the stream leaves
        unfinished is none.
        """
        start = 0
        for match in _LINE_END.finditer(piece):
            at = match.start()
            is_second = self._after_cr and piece[at] == 0x0A and at == start and not self._line
            self._after_cr = piece[at] == 0x0D
            if not is_second:
                self._extend(piece[start:at])
                line = bytes(self._line)
                self._line.clear()
                event = self._line_ended(line)
                if event is not None:
                    yield event
            start = at + 1
        if start < len(piece):
            self._after_cr = False
            self._extend(piece[start:])

    def _extend(self, part: bytes) -> None:
        size = len(self._line) + len(part)
        if size > self._max_line_size:
            raise HTTPInputError(
                f"event stream with a line of {size} octets or more, "
                f"expected no more than {self._max_line_size}"
            )
        self._line += part

    def _line_ended(self, line: bytes) -> ServerSentEvent | None:
        if not self._begun:
            self._begun = True
            line = line.removeprefix(_BOM)
        if not line:
            return self._event_ended()
        name, _, value = line.partition(b":")
        if name:
            self._take(name, value.removeprefix(b" ").decode("utf-8", "replace"))
            self._size += len(line)
        if self._size > self._max_event_size:
            raise HTTPInputError(
                f"event of {self._size} octets or more, expected no more than "
                f"{self._max_event_size}"
            )
        return None

    def _take(self, name: bytes, value: str) -> None:
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._type = value
        elif name == b"id" and "\0" not in value:
            self._next_id = value
        elif name == b"retry" and _DIGITS.fullmatch(value):
            self.retry = self._retry = int(value) / 1000

    def _event_ended(self) -> ServerSentEvent | None:
        self.last_event_id = self._next_id
        data, kind, retry = self._data, self._type, self._retry
        self._data, self._type, self._retry, self._size = [], "", None, 0
        if not data:
            return None
        return ServerSentEvent(
            event=kind or "message", data="\n".join(data), id=self.last_event_id, retry=retry
        )
