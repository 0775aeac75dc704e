from __future__ import annotations

import asyncio
import errno
import socket
import struct

import pytest

from etesian.streams import BaseIOStream, IOStream, StreamClosedError


@pytest.mark.spec("B-STR-031")
async def test_the_close_callback_runs_once_after_the_reads_that_were_satisfied(
    connected, eventually
):
    near, far = await connected()
    order = []
    near.set_close_callback(lambda: order.append("closed"))
    read = near.read_bytes(3)
    read.add_done_callback(lambda _: order.append("read"))
    far.write(b"abc")
    far.close()
    await eventually(lambda: "closed" in order)
    near.close()
    await asyncio.sleep(0.01)
    assert order == ["read", "closed"]


@pytest.mark.spec("B-STR-014")
async def test_unread_bytes_delay_the_close_callback(connected, eventually):
    near, far = await connected()
    closed = asyncio.Event()
    near.set_close_callback(closed.set)
    far.write(b"abc")
    far.close()
    await asyncio.sleep(0.03)
    assert not closed.is_set()
    assert not near.closed()
    assert await near.read_bytes(3) == b"abc"
    await asyncio.wait_for(closed.wait(), 2)
    assert near.closed()


@pytest.mark.spec("B-STR-032", "B-STR-036")
async def test_a_pending_read_fails_and_the_close_callback_runs(connected):
    near, far = await connected()
    closed = asyncio.Event()
    read = near.read_until(b"\n")
    near.set_close_callback(closed.set)
    far.close()
    with pytest.raises(StreamClosedError):
        await read
    await asyncio.wait_for(closed.wait(), 2)


@pytest.mark.spec("B-STR-036")
async def test_closing_fails_the_pending_read(connected):
    near, _ = await connected()
    read = near.read_until(b"\n")
    near.close()
    with pytest.raises(StreamClosedError):
        await read


async def test_closing_ends_read_until_close_with_what_came(connected, eventually):
    near, far = await connected()
    read = near.read_until_close()
    await far.write(b"abc")
    await eventually(lambda: near._reader.buffer.size == 3)
    near.close()
    assert await read == b"abc"


@pytest.mark.spec("B-STR-033")
@pytest.mark.parametrize("how", ["true", "triple", "exception"])
async def test_close_keeps_the_reason(connected, how):
    near, _ = await connected()
    read = near.read_bytes(1)
    reason = ValueError("the reason")
    try:
        raise reason
    except ValueError as error:
        triple = (ValueError, error, None)
        near.close(exc_info={"true": True, "triple": triple, "exception": error}[how])
    assert near.error is reason
    with pytest.raises(StreamClosedError) as caught:
        await read
    assert caught.value.real_error is reason


@pytest.mark.spec("B-STR-034", "B-STR-035")
async def test_an_orderly_close_has_no_reason(connected, eventually):
    near, far = await connected()
    read = near.read_bytes(1)
    far.close()
    with pytest.raises(StreamClosedError) as caught:
        await read
    assert caught.value.real_error is None
    assert near.error is None
    near.close(exc_info=True)
    assert near.error is None


@pytest.mark.spec("B-STR-035", "B-STR-037")
async def test_a_reset_connection_closes_quietly_and_says_why(connected, caplog):
    near, far = await connected()
    read = near.read_bytes(1)
    far.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    far._transport.abort()
    with pytest.raises(StreamClosedError) as caught:
        await read
    assert caught.value.real_error is near.error
    assert isinstance(near.error, ConnectionResetError)
    assert caplog.records == []


@pytest.mark.spec("B-STR-038")
async def test_closed_tells_of_both_ways_to_be_closed(connected):
    near, far = await connected()
    assert not near.closed()
    far.close()
    assert far.closed()
    with pytest.raises(StreamClosedError):
        await near.read_bytes(1)
    assert near.closed()


@pytest.mark.spec("B-STR-032")
async def test_a_close_callback_notices_the_end_without_a_read(connected, eventually):
    near, far = await connected()
    far.close()
    await asyncio.sleep(0.01)
    assert not near.closed()
    closed = asyncio.Event()
    near.set_close_callback(closed.set)
    await asyncio.wait_for(closed.wait(), 2)
    assert near.closed()


@pytest.mark.spec("B-STR-040")
@pytest.mark.parametrize("kind", ["plain", "coroutine"])
async def test_an_error_of_the_close_callback_is_logged(connected, eventually, caplog, kind):
    near, _ = await connected()

    def plain():
        raise ValueError("in the callback")

    async def coroutine():
        await asyncio.sleep(0)
        plain()

    near.set_close_callback({"plain": plain, "coroutine": coroutine}[kind])
    near.close()
    await eventually(lambda: caplog.records)
    (record,) = caplog.records
    assert record.name == "etesian.application"
    assert "in the callback" in str(record.exc_info[1])
    caplog.clear()


async def test_a_close_callback_set_too_late_still_runs(connected):
    near, _ = await connected()
    near.close()
    closed = asyncio.Event()
    near.set_close_callback(closed.set)
    assert not closed.is_set()
    await asyncio.wait_for(closed.wait(), 2)


@pytest.mark.spec("B-STR-039")
async def test_the_close_callback_runs_after_a_read_that_could_not_be_satisfied(connected):
    near, far = await connected()
    closed = asyncio.Event()
    near.set_close_callback(closed.set)
    await far.write(b"x" * 100)
    await asyncio.sleep(0.01)
    with pytest.raises(StreamClosedError):
        await near.read_until(b"\n", max_bytes=10)
    await asyncio.wait_for(closed.wait(), 2)


async def test_a_live_transport_is_taken_over_with_what_was_read_from_it(connected):
    near, far = await connected()
    written = near.write(b"x" * 20_000_000)
    transport = near._transport
    second = IOStream.from_transport(transport, b"first\n", max_buffer_size=1000)
    assert second.max_buffer_size == 1000
    far.write(b"second\n")
    assert await second.read_until(b"\n") == b"first\n"
    assert await second.read_until(b"\n") == b"second\n"
    drained = second.write(b"end")
    assert not drained.done()
    assert len(await far.read_bytes(20_000_003)) == 20_000_003
    await asyncio.wait_for(drained, 2)
    assert not written.done()
    second.close()


async def test_a_transport_that_was_paused_goes_on_when_taken_over(connected):
    near, far = await connected()
    near._transport.pause_reading()
    second = BaseIOStream.from_transport(near._transport)
    far.write(b"line\n")
    assert await asyncio.wait_for(second.read_until(b"\n"), 2) == b"line\n"
    second.close()


class _Descriptor(BaseIOStream):
    """A stream over a socket that reads and writes it itself."""

    def __init__(self, sock, **sizes):
        super().__init__(**sizes)
        self.sock = sock
        self.sock.setblocking(False)
        self.failure = None
        self.better_reason = None

    def fileno(self):
        return self.sock.fileno()

    def read_from_fd(self, buf):
        if self.failure is not None:
            raise self.failure
        try:
            return self.sock.recv_into(buf)
        except BlockingIOError:
            return None

    def write_to_fd(self, data):
        try:
            return self.sock.send(data[:1000])
        except BlockingIOError:
            return 0

    def close_fd(self):
        self.sock.close()

    def get_fd_error(self):
        return self.better_reason


@pytest.mark.spec("B-STR-065")
async def test_a_subclass_reads_and_writes_its_own_descriptor():
    here, there = socket.socketpair()
    near, far = _Descriptor(here), _Descriptor(there)
    written = near.write(b"x" * 1_000_000)
    near.close()
    assert await far.read_until_close() == b"x" * 1_000_000
    await written
    await asyncio.sleep(0)
    assert here.fileno() == -1
    far.close()
    await asyncio.sleep(0)


@pytest.mark.spec("B-STR-064")
@pytest.mark.parametrize("better", [None, OSError(errno.EHOSTUNREACH, "unreachable")])
async def test_an_error_of_the_descriptor_closes_the_stream(better):
    here, there = socket.socketpair()
    with there:
        near = _Descriptor(here)
        near.failure = OSError("without a number")
        near.better_reason = better
        there.send(b"x")
        with pytest.raises(StreamClosedError) as caught:
            await near.read_bytes(1)
        assert caught.value.real_error is (better or near.failure)
