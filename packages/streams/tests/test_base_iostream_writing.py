from __future__ import annotations

import asyncio
import gc
import socket
import sys

import pytest

from etesian.streams import IOStream, StreamBufferFullError, StreamClosedError


@pytest.mark.spec("B-STR-020")
@pytest.mark.parametrize(
    "data",
    [
        b"data",
        bytearray(b"data"),
        memoryview(b"data"),
        memoryview(bytearray(b"data")),
        memoryview(b"_d_a_t_a")[1::2],
        memoryview(b"data").cast("H"),
    ],
    ids=["bytes", "bytearray", "view", "view of bytearray", "view with gaps", "view of shorts"],
)
async def test_all_kinds_of_bytes_can_be_written(connected, data):
    near, far = await connected()
    await near.write(data)
    assert await far.read_bytes(4) == b"data"


@pytest.mark.spec("B-STR-020")
@pytest.mark.parametrize("data", [5, "text", None, [1, 2]])
async def test_what_is_no_bytes_is_refused(connected, data):
    near, _ = await connected()
    with pytest.raises(TypeError):
        near.write(data)
    assert not near.writing()


@pytest.mark.spec("B-STR-021")
async def test_what_was_written_may_change_and_grow_at_once(connected):
    near, far = await connected()
    data = bytearray(b"x" * 5_000_000)
    written = near.write(memoryview(data))
    data[:] = b"y" * 5_000_000
    data += b"more"
    assert await far.read_bytes(5_000_000) == b"x" * 5_000_000
    await written


@pytest.mark.spec("B-STR-022")
async def test_writing_nothing_is_done_at_once(connected):
    near, _ = await connected()
    assert await near.write(b"") is None
    assert not near.writing()


@pytest.mark.spec("B-STR-023")
async def test_a_write_ends_with_none_when_all_was_sent(connected):
    near, far = await connected()
    written = near.write(b"x" * 20_000_000)
    assert not written.done()
    assert near.writing()
    await far.read_bytes(20_000_000)
    assert await written is None
    assert not near.writing()


@pytest.mark.spec("B-STR-024")
async def test_writes_end_in_their_order(connected):
    near, far = await connected()
    order = []
    for number in range(4):
        written = near.write(b"%d" % number * 4_000_000)
        written.add_done_callback(lambda _, number=number: order.append(number))
    received = await far.read_bytes(16_000_000)
    await near.write(b"")
    await asyncio.sleep(0)
    assert order == [0, 1, 2, 3]
    assert received[::4_000_000] == b"0123"


@pytest.mark.spec("B-STR-025", "S083")
async def test_more_than_the_limit_is_refused_and_not_queued(connected):
    near, far = await connected(max_write_buffer_size=10_000_000)
    near.write(b"x" * 10_000_000)
    waiting = near._writer.waiting
    with pytest.raises(StreamBufferFullError):
        near.write(b"y" * 10_000_000)
    assert near._writer.waiting == waiting
    assert await far.read_bytes(10_000_000) == b"x" * 10_000_000
    await near.write(b"z")
    assert await far.read_bytes(1) == b"z"


@pytest.mark.spec("B-STR-026")
async def test_a_very_large_write_arrives(connected):
    near, far = await connected()
    data = bytes(range(256)) * 200_000
    near.write(data)
    assert await far.read_bytes(len(data)) == data


@pytest.mark.spec("B-STR-027")
async def test_a_write_on_a_closed_stream_is_refused(connected):
    near, far = await connected()
    far.close()
    with pytest.raises(StreamClosedError):
        far.write(b"x")
    with pytest.raises(StreamClosedError):
        await near.read_bytes(1)
    with pytest.raises(StreamClosedError):
        near.write(b"x")


@pytest.mark.spec("B-STR-030")
async def test_a_lost_connection_frees_what_was_to_be_written(connected):
    near, far = await connected()
    data = b"".join([b"x" * 20_000_000])
    written = near.write(memoryview(data))
    far._transport.abort()
    with pytest.raises(StreamClosedError):
        await written
    assert near._writer.waiting == 0
    await asyncio.sleep(0)
    # This name, the argument of getrefcount, and nobody else.
    assert sys.getrefcount(data) == 2


@pytest.mark.spec("B-STR-030")
async def test_closing_before_the_connection_frees_what_was_to_be_written():
    stream = IOStream(socket.socket())
    written = stream.write(b"x" * 1000)
    assert stream.writing()
    stream.close()
    assert not stream.writing()
    with pytest.raises(StreamClosedError):
        await written


@pytest.mark.spec("S083")
async def test_a_peer_that_does_not_read_is_given_up_after_the_close(
    connected, eventually, monkeypatch
):
    monkeypatch.setattr("etesian.streams.stream_parts.closing.LINGER_TIMEOUT", 0.05)
    near, _ = await connected()
    written = near.write(b"x" * 20_000_000)
    near.close()
    with pytest.raises(StreamClosedError):
        await asyncio.wait_for(written, 2)


async def test_what_was_written_before_the_close_still_arrives(connected):
    near, far = await connected()
    near.write(b"x" * 5_000_000)
    near.close()
    assert len(await far.read_until_close()) == 5_000_000


async def test_a_write_that_is_not_awaited_says_nothing_when_it_fails(
    connected, eventually, caplog
):
    near, far = await connected()
    near.write(b"x" * 20_000_000)
    far._transport.abort()
    await eventually(near.closed)
    gc.collect()
    assert caplog.records == []


async def test_answers_to_a_burst_go_out_together_and_in_order(connected):
    near, far = await connected()
    far.write(b"1\n2\n3\n4")
    for _ in range(3):
        near.write(await near.read_until(b"\n"))
    assert near._writer.held, "nothing was held back"
    assert await far.read_bytes(6) == b"1\n2\n3\n"
    assert not near._writer.held


async def test_answers_that_wait_for_others_do_not_count_against_the_limit(connected):
    if type(asyncio.get_running_loop()).__module__.startswith("uvloop"):
        pytest.skip("uvloop itself holds what it is given until the turn ends")
    near, far = await connected(max_write_buffer_size=10)
    far.write(b"one\ntwo\nthree\nrest")
    for _ in range(3):
        near.write(await near.read_until(b"\n"))
    assert not near.writing()
    assert await far.read_bytes(14) == b"one\ntwo\nthree\n"
