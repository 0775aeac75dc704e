"""Every limit of the wire, and the four documented leniencies, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB


@dataclass(frozen=True, slots=True, kw_only=True)
class WirePolicy:
    """What a connection accepts before it refuses, and how long it waits.

    Sizes are octets, times are seconds. A limit is the largest value that is
    still accepted. The defaults are the strict ones.

    Heads:
        max_request_line_size: 8 KiB, the size every deployed server grants a
            URL; beyond it 414.
        max_header_size: 64 KiB for the whole head; beyond it 431.
        max_header_count: 100 fields; beyond it 431.
    Bodies:
        max_body_size: 100 MiB, for the decoded body too; beyond it 413.
        chunk_size: 64 KiB, the most that a delegate is handed at once.
        max_chunk_overhead: 64 KiB of chunk-size lines with extensions beyond
            what an honest sender needs; beyond it 413.
        max_trailer_count, max_trailer_size: 16 fields, 8 KiB; beyond them 431.
        max_content_codings: 1 layer of compression; beyond it 415.
        max_drain_size: 64 KiB of a body that nobody wants any more are read
            off to keep the connection; a larger rest closes it.
    Connections:
        max_connections: of one server at once; ``None`` is three quarters of
            the files that the process may open. Beyond it those that wait for
            a request are closed, longest first; where none does, a new
            connection is answered 503.
    Time:
        header_timeout: 10 s from a connection to its first octet, and from the
            first octet of a head to its end, however steadily more drip in;
            then 408, or silence where nothing has come.
        idle_timeout: 3600 s between requests; then the connection is closed.
        body_grace, min_body_rate: a body may be 30 s behind a pace of 500
            octets/s, so that no silence in it is longer; else 408. A rate of 0
            is no demand.
        body_timeout: the most a whole body may take, ``None`` for no limit.
        write_stall_timeout: 60 s in which the peer takes no octet of what
            waits to be sent; then the connection is cut.
    Waiting:
        max_pipelined_size: 64 KiB read ahead while a response is due; then
            reading pauses.
        write_high_water: 64 KiB waiting to be sent; then writers wait.
        max_informational: 16 interim responses before the final one, for a
            client; beyond it the response is refused.

    The leniencies, each one reading of the documents that is softer than the
    attack cases allow; each is off unless asked for:
        silent_header_overflow: a head beyond its limit is answered by closing
            alone, instead of 431.
        body_overflow_is_400: a body beyond its limit is answered 400, instead
            of 413.
        accept_bare_lf: LF alone ends a line of a head, instead of 400.
        accept_equal_content_lengths: repeated Content-Length fields of one
            value count once, instead of 400.
    """

    max_request_line_size: int = 8 * KIB
    max_header_size: int = 64 * KIB
    max_header_count: int = 100
    max_body_size: int = 100 * MIB
    chunk_size: int = 64 * KIB
    max_chunk_overhead: int = 64 * KIB
    max_trailer_count: int = 16
    max_trailer_size: int = 8 * KIB
    max_content_codings: int = 1
    max_drain_size: int = 64 * KIB
    max_connections: int | None = None
    header_timeout: float = 10.0
    idle_timeout: float = 3600.0
    body_grace: float = 30.0
    min_body_rate: int = 500
    body_timeout: float | None = None
    write_stall_timeout: float = 60.0
    max_pipelined_size: int = 64 * KIB
    write_high_water: int = 64 * KIB
    max_informational: int = 16
    silent_header_overflow: bool = False
    body_overflow_is_400: bool = False
    accept_bare_lf: bool = False
    accept_equal_content_lengths: bool = False

    @property
    def body_overflow_status(self) -> int:
        """The status that answers a body beyond its limit."""
        return 400 if self.body_overflow_is_400 else 413

    @property
    def shortest_timeout(self) -> float:
        """The shortest of all times, in seconds."""
        times = (self.header_timeout, self.idle_timeout, self.body_grace, self.write_stall_timeout)
        return min(*times, self.body_timeout or self.body_grace)


STRICT: Final = WirePolicy()
