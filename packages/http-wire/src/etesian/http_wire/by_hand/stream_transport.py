"""A stream in the shape of a transport, so that a push protocol can be fed by it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from etesian.streams.interface import StreamClosedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etesian.streams.interface import Stream

_READ_SIZE = 64 * 1024


class StreamTransport(asyncio.Transport):
    """Feeds its protocol from a stream while :meth:`pump` runs.

    ``info`` answers ``get_extra_info``: what the opener of the stream knows of
    its peer.
    """

    def __init__(self, stream: Stream, info: dict[str, object]) -> None:
        super().__init__(info)
        self._stream = stream
        self._protocol: asyncio.Protocol | None = None
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._closing = False
        self._unsent = 0

    async def pump(self, protocol: asyncio.Protocol) -> None:
        """Feed ``protocol``, and its successors, until the stream ends."""
        self._protocol = protocol
        protocol.connection_made(self)
        error: BaseException | None = None
        try:
            while not self._closing:
                await self._may_read.wait()
                data = await self._stream.read_bytes(_READ_SIZE, partial=True)
                self._protocol.data_received(data)
        except StreamClosedError as closed:
            error = closed.real_error
            self._protocol.eof_received()
        finally:
            self._closing = True
            self._stream.close()
            self._protocol.connection_lost(cast("Exception | None", error))

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Feed ``protocol`` from now on."""
        self._protocol = cast("asyncio.Protocol", protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Give the protocol that is fed."""
        return cast("asyncio.BaseProtocol", self._protocol)

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Queue ``data`` on the stream; the protocol is paused while the stream is full."""
        if self._closing:
            return
        queued = asyncio.ensure_future(self._stream.write(bytes(data)))
        if queued.done():
            return
        if not self._unsent and self._protocol is not None:
            self._protocol.pause_writing()
        self._unsent += len(data)
        queued.add_done_callback(lambda future: self._sent(future, len(data)))

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview[Any]]) -> None:
        """Queue all of ``list_of_data``."""
        self.write(b"".join(list_of_data))

    def _sent(self, future: asyncio.Future[None], size: int) -> None:
        failed = future.cancelled() or future.exception() is not None
        self._unsent -= size
        if not self._unsent and not failed and not self._closing and self._protocol is not None:
            self._protocol.resume_writing()

    def get_write_buffer_size(self) -> int:
        """Give how many octets wait to be sent, as far as is known."""
        return self._unsent

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Leave it to the stream how much it holds."""

    def can_write_eof(self) -> bool:
        """Tell that a stream closes both sides at once."""
        return False

    def pause_reading(self) -> None:
        """Read no more until :meth:`resume_reading`."""
        self._may_read.clear()

    def resume_reading(self) -> None:
        """Read on."""
        self._may_read.set()

    def is_reading(self) -> bool:
        """Tell whether the protocol is fed."""
        return self._may_read.is_set()

    def is_closing(self) -> bool:
        """Tell whether the end has begun."""
        return self._closing

    def close(self) -> None:
        """Close the stream, after what is queued."""
        self._closing = True
        self._may_read.set()
        self._stream.close()

    def abort(self) -> None:
        """Close the stream."""
        self.close()
