"""A transport as the server uses it: writers that wait, and an end that the peer can read."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import TYPE_CHECKING, Final

from etesian.http_wire.interface import HTTPOutputError
from etesian.http_wire.server.deadlines import NEVER
from etesian.http_wire.server.drain import DONE, WriteGate
from etesian.http_wire.server.file_sender import (
    FileSender,
    SendfileUnavailableError,
    can_send,
)
from etesian.streams.interface import StreamClosedError

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import BinaryIO

    from etesian.http_wire.server.context import RequestContext
    from etesian.http_wire.server.deadlines import Deadlines
    from etesian.http_wire.wire.policy import WirePolicy

_log = logging.getLogger("etesian.general")

# How long, in seconds, and for how many octets a refused peer may go on sending before it is
# cut: closing while its bytes come in would make the kernel reset the connection, and the
# answer with it (RFC 9112, 9.6).
_LINGER_TIME: Final = 2.0
_LINGER_SIZE: Final = 256 * 1024
# Octets of a file that are read at once where the kernel cannot send it: memory per slow peer.
_PIECE_SIZE: Final = 64 * 1024
# More octets than wait anywhere: the first look at what is unsent finds fewer.
_NOT_LOOKED_YET: Final = sys.maxsize


class Channel(asyncio.Protocol):
    """The write side of a connection, and its end.

    ``lingering`` means that the last octet is written and what still comes in
    is thrown away; ``gone`` that the transport is closed or somebody else's.
    """

    __slots__ = (
        "_deadline",
        "_deadlines",
        "_discarded",
        "_gate",
        "_loop",
        "_policy",
        "_sender",
        "_stalled_at",
        "_unsent",
        "context",
        "gone",
        "lingering",
        "peer_ended",
        "transport",
    )

    transport: asyncio.Transport
    context: RequestContext
    _loop: asyncio.AbstractEventLoop

    def __init__(self, policy: WirePolicy, deadlines: Deadlines) -> None:
        self._policy = policy
        self._deadlines = deadlines
        self._deadline = NEVER
        self._gate: WriteGate | None = None  # there while the transport has too much to send
        self._sender: FileSender | None = None  # there while the kernel sends a file
        self._unsent = 0
        self._stalled_at = NEVER
        self._discarded = 0
        self.lingering = False
        self.gone = False
        self.peer_ended = False

    @property
    def is_tls(self) -> bool:
        """Whether the transport is encrypted, and so cannot be closed on one side."""
        return self.transport.get_extra_info("ssl_object") is not None

    def send(self, data: bytes) -> Awaitable[None]:
        """Write to the transport; the awaitable ends when the peer keeps up."""
        self.transport.write(data)
        gate = self._gate
        return DONE if gate is None else gate.wait()

    async def send_file(self, file: BinaryIO, offset: int, count: int) -> None:
        """Send a part of a file behind what was written; nothing else may be written meanwhile.

        Raises ``StreamClosedError`` where the peer leaves and ``HTTPOutputError`` where
        the file ends too soon. After a failure or a cancel nobody knows how much was sent.
        """
        if can_send(file, self.transport):
            await self._flush()
            try:
                await self._send_by_kernel(file, offset, count)
            except SendfileUnavailableError:
                pass
            except StreamClosedError:
                raise
            except OSError as error:
                raise StreamClosedError(error) from error
            else:
                return
        file.seek(offset)
        while count:
            piece = file.read(min(_PIECE_SIZE, count))
            if not piece:
                raise HTTPOutputError(f"the file ended {count} octets before its length")
            count -= len(piece)
            await self.send(piece)

    async def _flush(self) -> None:
        """Wait until the socket has all that was written."""
        # uvloop gathers the writes of a turn, and counts them when it has sent them.
        await asyncio.sleep(0)
        if self.gone or self.transport.is_closing():
            raise StreamClosedError
        if self.transport.get_write_buffer_size():
            self.transport.set_write_buffer_limits(high=0)
            try:
                while self._gate is not None:
                    await self._gate.wait()
            finally:
                if not self.transport.is_closing():
                    self.transport.set_write_buffer_limits(high=self._policy.write_high_water)

    async def _send_by_kernel(self, file: BinaryIO, offset: int, count: int) -> None:
        sender = FileSender(self.transport, file, offset, count, self._loop)
        self._sender = sender
        self.pause_writing()
        try:
            await sender.done
        finally:
            sender.close()
            self._sender = None
            self.resume_writing()

    def _unsent_size(self) -> int:
        sender = self._sender
        return self.transport.get_write_buffer_size() if sender is None else sender.left

    def pause_writing(self) -> None:
        """Make writers wait: the peer reads slower than we write (asyncio.Protocol)."""
        self._gate = WriteGate(self._loop)
        self._unsent = self._unsent_size()
        self._stalled_at = self._deadlines.after(self._policy.write_stall_timeout)

    def resume_writing(self) -> None:
        """Let writers go on (asyncio.Protocol)."""
        gate, self._gate = self._gate, None
        self._stalled_at = NEVER
        if gate is not None:
            gate.open()

    def _fail_writers(self, error: Exception | None) -> None:
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.close(error)
        if self._sender is not None:
            self._sender.fail(StreamClosedError(error))

    def check_deadlines(self, now: float) -> None:
        """Cut a peer that does not take what is left for it."""
        if self.lingering:
            self._end_lingering(now)
        elif self._gate is not None:
            self._cut_if_stalled(now)

    def _cut_if_stalled(self, now: float) -> None:
        """Cut a connection whose peer takes nothing of what waits for it."""
        unsent = self._unsent_size()
        if unsent < self._unsent or self._stalled_at == NEVER:
            self._unsent = unsent
            self._stalled_at = self._deadlines.after(self._policy.write_stall_timeout)
        elif now >= self._stalled_at:
            _log.warning("%s stopped reading the response", self.context.remote_ip)
            self.transport.abort()

    def close_gracefully(self) -> None:
        """End our side after what is queued, and read on a little so that the peer gets it."""
        if self.lingering or self.gone:
            return
        self.lingering = True
        self._unsent = _NOT_LOOKED_YET
        self._deadline = self._deadlines.after(_LINGER_TIME)
        # TLS has no half-close to tell the peer, which might wait for the end as long as we do.
        if self.peer_ended or not self.transport.can_write_eof():
            self.transport.close()
        else:
            self.transport.write_eof()
            self.transport.resume_reading()

    def _linger_on(self, size: int) -> None:
        self._discarded += size
        if self._discarded > _LINGER_SIZE:
            self.transport.close()

    def _end_lingering(self, now: float) -> None:
        """Close what has lingered enough, or whose peer does not take the rest."""
        if now < self._deadline:
            return
        unsent = self.transport.get_write_buffer_size()
        if unsent and unsent < self._unsent:
            self._unsent = unsent
            self._deadline = self._deadlines.after(self._policy.write_stall_timeout)
        else:
            self.transport.abort()
