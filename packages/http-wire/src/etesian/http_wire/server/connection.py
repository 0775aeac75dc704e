"""One connection of the server: bytes in, calls of a delegate, bytes out, in one call stack.

The layers, each in the module of its name: :class:`Channel` writes and closes,
:class:`EndableConnection` knows every end, :class:`RequestCycle` goes from request to
request, and here is what the transport and the clock say to all of them.
"""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from typing import TYPE_CHECKING, Final, cast

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.server.context import transport_context
from etesian.http_wire.server.phase import Phase
from etesian.http_wire.server.read_ahead import ReadAhead
from etesian.http_wire.server.request_cycle import RequestCycle
from etesian.http_wire.wire.grammar import HEAD_END

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.http_wire.interface import HTTPServerConnectionDelegate
    from etesian.http_wire.server.deadlines import Deadlines
    from etesian.http_wire.server.endable_connection import EndableConnection
    from etesian.http_wire.server.settings import ConnectionSettings

# How long, in seconds, an answer is still sent to a peer that has ended its side.
_HALF_CLOSED_TIME: Final = 10.0

# Octets. What transports hold back before they pause writers; those of asyncio over TLS hold
# eight times this, for each peer that reads slowly.
_USUAL_HIGH_WATER: Final = 64 * 1024

_HEAD: Final = Phase.HEAD
_BODY: Final = Phase.BODY
_RESPONSE: Final = Phase.RESPONSE
_NOTHING: Final = Phase.NOTHING


class ServerConnection(RequestCycle):
    """Serves the requests of one transport, in order (``asyncio.Protocol``).

    ``on_begin`` is called once, when there is a transport: after a TLS handshake that
    fails there never is one. ``on_end`` is called once after that, when the connection
    has closed or left HTTP; ``has_left_http`` tells which.
    """

    __slots__ = ("_on_begin",)

    def __init__(
        self,
        delegate: HTTPServerConnectionDelegate,
        settings: ConnectionSettings,
        deadlines: Deadlines,
        on_end: Callable[[EndableConnection], None] | None = None,
        on_begin: Callable[[EndableConnection], None] | None = None,
    ) -> None:
        super().__init__(delegate, settings, deadlines, on_end)
        self._on_begin = on_begin

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve."""
        self.transport = cast("asyncio.Transport", transport)
        self._buffer = ReadAhead(self.transport, self._policy.max_pipelined_size)
        self._loop = asyncio.get_running_loop()
        self._contextvars = copy_context()
        tls = self.is_tls
        if tls or self._policy.write_high_water != _USUAL_HIGH_WATER:
            self.transport.set_write_buffer_limits(high=self._policy.write_high_water)
        self.context = transport_context(transport.get_extra_info("peername"), tls, self.settings)
        self._deadlines.add(self, self._loop)
        self._deadline = self._deadlines.after(self._policy.header_timeout)
        if self._on_begin is not None:
            self._on_begin(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes, and serve what they complete."""
        if self._phase is _HEAD and not self._buffer and self._gate is None:
            known = self._last_head
            if known is not None and data.startswith(known.octets):
                known.is_repeated = True
                if len(data) > len(known.octets):
                    self._buffer += data[len(known.octets) :]
                self._advance(known=known)
                return
            policy = self._policy
            end = data.find(HEAD_END, 0, policy.max_header_size + 4)
            # The common case: a whole head, with no empty line before it.
            if end > 0 and data[0] != 13 and not policy.accept_bare_lf:
                if len(data) > end + 4:
                    self._buffer += data[end + 4 :]
                self._advance(data[:end])
                return
        if self.lingering:
            self._linger_on(len(data))
        elif self._phase is not _NOTHING:
            self._buffer += data
            self._advance()

    def eof_received(self) -> bool:
        """Take the end of the peer's side; true while an answer is due."""
        self.peer_ended = True
        if self.lingering:
            return False
        self._advance()
        if self._exchange is None or self.gone or self.is_tls:
            return False
        # Most peers that end their side have left for good, and whoever waits on their behalf
        # should know; the few that only ended the request get an answer that comes soon.
        self._deadline = self._deadlines.after(_HALF_CLOSED_TIME)
        if self._phase is _RESPONSE:
            self._tell_delegate_of_close()
        return True

    def resume_writing(self) -> None:
        """Let writers go on, and serve what waited for that."""
        super().resume_writing()
        self._advance()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever is concerned that the peer has left."""
        if not self.gone:
            self._stop_parsing()
            self._fail_writers(exc)
            self._end()

    def check_deadlines(self, now: float) -> None:
        """Cut or answer a peer that takes too long."""
        self._last_head = None
        if self.lingering or self._gate is not None:
            super().check_deadlines(now)
        elif self._phase is _HEAD:
            if now >= self._deadline:
                self._end_waiting_for_head()
            elif self.transport.get_write_buffer_size():  # the end of the response before
                self._cut_if_stalled(now)
        elif self._phase is _RESPONSE:
            if self.peer_ended and now >= self._deadline:
                self.abort()
        elif self._phase is _BODY and self._waiting_for is None:
            intake = self.intake
            if intake is not None and intake.started and intake.is_late(now):
                came = f"body comes too slowly, with {intake.received} octets so far"
                self._refuse(HTTPInputError(came, 408))

    def _end_waiting_for_head(self) -> None:
        if self._buffer:
            came = f"head comes too slowly, with {len(self._buffer)} octets so far"
            self._refuse(HTTPInputError(came, 408))
        else:
            self._close()
