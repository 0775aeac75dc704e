"""A transport over any descriptor that can be polled."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable


class Descriptor(Protocol):
    """What reads and writes the descriptor without waiting."""

    def fileno(self) -> int:
        """Give the descriptor."""
        ...

    def read_from_fd(self, buf: memoryview) -> int | None:
        """Read into ``buf``: how many bytes, 0 at the end, ``None`` when there are none now."""
        ...

    def write_to_fd(self, data: memoryview) -> int:
        """Write some of ``data``: how many bytes, 0 when none can be taken now."""
        ...

    def close_fd(self) -> None:
        """Close the descriptor."""
        ...

    def get_fd_error(self) -> Exception | None:
        """Give the error that the descriptor holds, if it holds one."""
        ...


class FdTransport(asyncio.Transport):
    """Feeds a protocol from a descriptor and sends what the protocol writes.

    ``chunk_size`` is how many bytes are read at once. A transport that is not
    ``readable`` never polls for input. It behaves as asyncio's own transports:
    ``close`` sends what waits first, and ``connection_lost`` comes last, once.
    An error of the descriptor or of the protocol ends it; the loop logs those
    that are none of the system's.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        descriptor: Descriptor,
        protocol: asyncio.Protocol,
        *,
        chunk_size: int,
        readable: bool = True,
    ) -> None:
        super().__init__()
        self._loop = loop
        self._descriptor = descriptor
        self._protocol = protocol
        self._chunk_size = chunk_size
        self._unsent = bytearray()
        self._high = self._low = 0
        self._protocol_paused = False
        self._reading = False
        self._readable = readable
        self._closing = False
        self._lost = False
        self.resume_reading()

    # Reading

    def is_reading(self) -> bool:
        """Tell whether input is polled for."""
        return self._reading

    def pause_reading(self) -> None:
        """Leave input where it is; pausing twice is allowed."""
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._descriptor.fileno())

    def resume_reading(self) -> None:
        """Take input again."""
        if self._readable and not self._reading and not self._closing:
            self._reading = True
            self._loop.add_reader(self._descriptor.fileno(), self._read_ready)

    def _read_ready(self) -> None:
        chunk = bytearray(self._chunk_size)
        try:
            with memoryview(chunk) as view:
                size = self._descriptor.read_from_fd(view)
        except InterruptedError:
            return
        except OSError as error:
            self._fail(error)
            return
        except Exception as error:
            # The descriptor stays readable: the loop would come back at once and for ever.
            self._fail(error)
            raise
        if size is None:
            return
        if size:
            self._feed(bytes(memoryview(chunk)[:size]))
            return
        self.pause_reading()
        self._readable = False
        if not self._protocol.eof_received():
            self.close()

    def _feed(self, data: bytes) -> None:
        try:
            self._protocol.data_received(data)
        except Exception as error:
            # What waited for these bytes never learns of them.
            self._fail(error)
            raise

    # Writing

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Say at how many unsent bytes the protocol is paused and resumed."""
        self._high = 64 * 1024 if high is None else high
        self._low = self._high // 4 if low is None else low
        self._pause_if_high()

    def get_write_buffer_size(self) -> int:
        """Give how many bytes wait to be sent."""
        return len(self._unsent)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send ``data``, now as far as the descriptor takes it."""
        if self._closing or not data:
            return
        if self._unsent:
            self._unsent += data
        else:
            sent = self._send(memoryview(data))
            if sent < len(data):
                self._unsent += memoryview(data)[sent:]
                self._loop.add_writer(self._descriptor.fileno(), self._write_ready)
        self._pause_if_high()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Send several pieces in order."""
        self.write(b"".join(list_of_data))

    def _send(self, data: memoryview) -> int:
        """Give how much was sent; on an error all is, and the transport is lost."""
        try:
            return self._descriptor.write_to_fd(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            self._fail(error)
            return len(data)
        except Exception as error:
            self._fail(error)
            raise

    def _write_ready(self) -> None:
        with memoryview(self._unsent) as view:
            sent = self._send(view)
        if self._lost:
            return
        del self._unsent[:sent]
        if not self._unsent:
            self._loop.remove_writer(self._descriptor.fileno())
        if self._protocol_paused and len(self._unsent) <= self._low:
            self._protocol_paused = False
            self._protocol.resume_writing()
        if self._closing and not self._unsent:
            self._loop.call_soon(self._end, None)

    def _pause_if_high(self) -> None:
        if len(self._unsent) > self._high and not self._protocol_paused:
            self._protocol_paused = True
            self._protocol.pause_writing()

    # The end

    def is_closing(self) -> bool:
        """Tell whether nothing more is taken for sending."""
        return self._closing

    def close(self) -> None:
        """Stop reading, send what waits, then close the descriptor."""
        if self._closing:
            return
        self.pause_reading()
        self._closing = True
        if not self._unsent:
            self._loop.call_soon(self._end, None)

    def abort(self) -> None:
        """Close the descriptor without sending what waits."""
        self._fail(None)

    def _fail(self, error: Exception | None) -> None:
        self.pause_reading()
        if self._unsent:
            # Not cleared: a view of it may be on its way into the failed call.
            self._unsent = bytearray()
            self._loop.remove_writer(self._descriptor.fileno())
        self._closing = self._lost = True
        self._loop.call_soon(self._end, error)

    def _end(self, error: Exception | None) -> None:
        protocol, self._protocol = self._protocol, _NOBODY
        if protocol is _NOBODY:
            return
        cause = None if error is None else self._descriptor.get_fd_error() or error
        self._descriptor.close_fd()
        protocol.connection_lost(cause)

    # The rest of an asyncio transport

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Feed another protocol from now on."""
        assert isinstance(protocol, asyncio.Protocol)  # noqa: S101 - it is fed by data_received
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Give the protocol that is fed."""
        return self._protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ARG002 - asyncio's signature
        """Give ``default``: a descriptor has no addresses and no TLS."""
        return default


_NOBODY = asyncio.Protocol()
