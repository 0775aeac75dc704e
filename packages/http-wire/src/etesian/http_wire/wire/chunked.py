"""The chunked coding, decoded strictly and resumably (RFC 9112, 7.1)."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from etesian.http_wire.headers import HTTPHeaders, normalized_name
from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.grammar import (
    CRLF,
    FIELD_BYTES,
    control_place,
    escaped,
    escaped_around,
)

if TYPE_CHECKING:
    from etesian.http_wire.wire.policy import WirePolicy

# chunk-size [chunk-ext]: 16 hex digits are 64 bits; more could only be a test of our integers.
# BWS around ";" and "=" is not taken: nobody sends it, and proxies differ about it.
_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED: Final = rb'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"'
_SIZE_LINE: Final = re.compile(
    rb"([0-9A-Fa-f]{1,16})(?:;" + _TOKEN + rb"(?:=(?:" + _TOKEN + rb"|" + _QUOTED + rb"))?)*"
)

# One size line with its extensions; longer ones carry nothing that anybody reads.
_MAX_SIZE_LINE: Final = 4096

# What an honest chunk costs beside its data: "10000" CR LF before and CR LF behind, rounded up.
# Only what exceeds it counts as overhead, so that a long stream of small chunks stays possible.
_FREE_OVERHEAD: Final = 16

# Fields that frame, route or authenticate have been acted on before a trailer comes; a trailer
# that holds one tries to change the past (RFC 9110, 6.5.1). We neither take nor send them.
FORBIDDEN_TRAILERS: Final = frozenset(
    (
        "Authorization",
        "Connection",
        "Content-Encoding",
        "Content-Length",
        "Content-Range",
        "Cookie",
        "Expect",
        "Host",
        "Proxy-Authorization",
        "Set-Cookie",
        "Transfer-Encoding",
    )
)


class _State(Enum):
    """What is due next; a size of zero leads from SIZE to TRAILER."""

    SIZE = auto()
    DATA = auto()
    DATA_END = auto()
    TRAILER = auto()


_DATA: Final = _State.DATA


class ChunkedBody:
    """Takes a chunked body off a buffer.

    ``complete`` turns true with the last octet of the trailer section, and
    ``trailers`` are kept apart from the header fields. The sum of the data is
    bounded by ``max_body_size``, what surrounds it by ``max_chunk_overhead``,
    and trailers by their own two limits of the policy. Same result at every
    cut of the bytes.
    """

    __slots__ = (
        "_max_body_size",
        "_overhead",
        "_policy",
        "_remaining",
        "_scanned",
        "_size",
        "_state",
        "_trailer_count",
        "_trailer_size",
        "complete",
        "trailers",
    )

    def __init__(self, policy: WirePolicy, max_body_size: int | None = None) -> None:
        self._policy = policy
        self._max_body_size = policy.max_body_size if max_body_size is None else max_body_size
        self._state = _State.SIZE
        self._remaining = 0
        self._size = 0
        self._overhead = 0
        self._scanned = 0
        self._trailer_count = 0
        self._trailer_size = 0
        self.complete = False
        self.trailers = HTTPHeaders()

    def take(self, buffer: bytearray, max_size: int) -> bytes:
        """Remove what can be decoded from the front of ``buffer`` and give its data.

        Gives at most ``max_size`` octets, joined from as many chunks as are
        there; empty when more bytes are needed or the body is complete. Raises
        ``HTTPInputError``: 400 for a breach of the grammar, 413 and 431 for
        sizes.
        """
        pieces: list[bytes] = []
        room = max_size
        while room and not self.complete:
            if self._state is _DATA:
                piece = bytes(buffer[: min(room, self._remaining)])
                if not piece:
                    break
                del buffer[: len(piece)]
                pieces.append(piece)
                room -= len(piece)
                self._remaining -= len(piece)
                if not self._remaining:
                    self._state = _State.DATA_END
            elif not self._take_line(buffer):
                break
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _take_line(self, buffer: bytearray) -> bool:
        """Act on the line at the front of ``buffer``; tell whether there was a whole one."""
        if self._state is _State.DATA_END:
            return self._take_data_end(buffer)
        if self._state is _State.SIZE:
            return self._take_size(buffer)
        return self._take_trailer(buffer)

    def _take_data_end(self, buffer: bytearray) -> bool:
        if not CRLF.startswith(buffer[:2]):
            raise HTTPInputError(f"{escaped(bytes(buffer[:2]))} after chunk data, expected CRLF")
        if len(buffer) < 2:
            return False
        del buffer[:2]
        self._state = _State.SIZE
        return True

    def _take_size(self, buffer: bytearray) -> bool:
        line = self._next_line(buffer, _MAX_SIZE_LINE, 413)
        if line is None:
            return False
        match = _SIZE_LINE.fullmatch(line)
        if match is None:
            raise HTTPInputError(f"malformed chunk size or extension {escaped(line)}")
        self._count_overhead(len(line))
        self._remaining = int(match[1], 16)  # hexadecimal digits alone, by the expression above
        self._size += self._remaining
        if self._size > self._max_body_size:
            raise HTTPInputError(
                f"chunked body of {self._size} octets or more, expected no more than "
                f"{self._max_body_size}",
                self._policy.body_overflow_status,
            )
        self._state = _DATA if self._remaining else _State.TRAILER
        return True

    def _count_overhead(self, line_length: int) -> None:
        self._overhead += max(line_length - _FREE_OVERHEAD, 0)
        if self._overhead > self._policy.max_chunk_overhead:
            raise HTTPInputError(
                f"more than {self._policy.max_chunk_overhead} octets of chunk extensions", 413
            )

    def _take_trailer(self, buffer: bytearray) -> bool:
        policy = self._policy
        room = policy.max_trailer_size - self._trailer_size
        line = self._next_line(buffer, room, 431)
        if line is None:
            return False
        if not line:
            self.complete = True
            return True
        # Read byte by byte these would have been met first, before any count.
        if line.translate(None, FIELD_BYTES):
            shown = escaped_around(line, control_place(line))
            raise HTTPInputError(f"control character in trailer: {shown}")
        self._trailer_size += len(line)
        self._trailer_count += 1
        if self._trailer_count > policy.max_trailer_count:
            raise HTTPInputError(f"more than {policy.max_trailer_count} trailers", 431)
        if line[:1] in b" \t":
            raise HTTPInputError(f"folded trailer {escaped(line)}")
        name = line.partition(b":")[0].decode("latin-1")
        self.trailers.parse_line(line.decode("latin-1"))
        if normalized_name(name) in FORBIDDEN_TRAILERS:
            raise HTTPInputError(f"forbidden trailer {escaped(name)}")
        return True

    def _next_line(self, buffer: bytearray, limit: int, overflow_status: int) -> bytes | None:
        """Remove a line from the front of ``buffer`` and give it without its CRLF."""
        end = buffer.find(CRLF, self._scanned, limit + 2)
        if end >= 0:
            line = bytes(buffer[:end])
            del buffer[: end + 2]
            self._scanned = 0
            return line
        fresh = buffer[self._scanned : limit + 2]
        # Only a CR that ends what is there may still become a line end.
        if fresh.removesuffix(b"\r").translate(None, FIELD_BYTES):
            shown = escaped_around(fresh, control_place(fresh.removesuffix(b"\r")))
            raise HTTPInputError(f"control character or bare line end in chunked body: {shown}")
        if len(buffer) >= limit + 2:
            what = "trailer" if self._state is _State.TRAILER else "chunk size"
            raise HTTPInputError(f"{what} of more than {limit} octets", overflow_status)
        self._scanned = len(buffer) - buffer.endswith(b"\r")
        return None
