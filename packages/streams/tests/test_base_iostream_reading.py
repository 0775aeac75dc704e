from __future__ import annotations

import asyncio
import re
import signal
import time

import pytest

from etesian.streams import (
    StreamBufferFullError,
    StreamClosedError,
    UnsatisfiableReadError,
)


@pytest.mark.spec("B-STR-001")
async def test_read_bytes_gives_exactly_so_many_and_keeps_the_rest(connected):
    near, far = await connected()
    far.write(b"abcdef")
    assert await near.read_bytes(4) == b"abcd"
    assert await near.read_bytes(2) == b"ef"


@pytest.mark.spec("B-STR-002")
async def test_a_partial_read_gives_what_is_there_but_never_nothing(connected):
    near, far = await connected()
    pending = near.read_bytes(100, partial=True)
    await asyncio.sleep(0.01)
    assert not pending.done()
    far.write(b"abc")
    assert await pending == b"abc"
    far.write(b"defgh")
    assert await near.read_bytes(2, partial=True) == b"de"


@pytest.mark.spec("B-STR-003")
async def test_reading_no_bytes_is_done_at_once(connected):
    near, _ = await connected()
    read = near.read_bytes(0)
    assert read.done()
    assert await read == b""


@pytest.mark.spec("B-STR-004")
async def test_read_until_gives_the_bytes_through_the_delimiter(connected):
    near, far = await connected()
    far.write(b"one\r\ntwo\r\n")
    assert await near.read_until(b"\r\n") == b"one\r\n"
    assert await near.read_until(b"\r\n") == b"two\r\n"


async def test_a_delimiter_that_comes_in_pieces_is_found(connected):
    near, far = await connected()
    read = near.read_until(b"\r\n\r\n")
    for byte in b"head\r\n\rx\r\n\r\n":
        await far.write(bytes([byte]))
        await asyncio.sleep(0.001)
    assert await read == b"head\r\n\rx\r\n\r\n"


async def test_a_read_that_the_buffer_satisfies_is_finished_when_it_returns(connected):
    near, far = await connected()
    far.write(b"a\nb\n")
    await near.read_until(b"\n")
    read = near.read_until(b"\n")
    assert read.done()
    assert read.result() == b"b\n"


@pytest.mark.spec("B-STR-005")
async def test_read_until_regex_ends_with_the_match(connected):
    near, far = await connected()
    far.write(b"name: value\n\nrest")
    assert await near.read_until_regex(rb"\r?\n\r?\n") == b"name: value\n\n"
    assert await near.read_until_regex(re.compile(rb"s.")) == b"rest"


@pytest.mark.spec("B-STR-005")
async def test_a_match_that_is_put_off_is_still_found(connected):
    near, far = await connected()
    read = near.read_until_regex(rb"\d\d")
    far.write(b"x" * 20_000)
    await asyncio.sleep(0.02)
    far.write(b"12")
    assert (await asyncio.wait_for(read, 2))[-2:] == b"12"


@pytest.mark.spec("B-STR-006", "S089")
@pytest.mark.parametrize("sent", [b"0123456789", b"01234567890\n"], ids=["absent", "late"])
@pytest.mark.parametrize("method", ["read_until", "read_until_regex"])
async def test_max_bytes_closes_the_stream(connected, method, sent):
    near, far = await connected()
    far.write(sent)
    with pytest.raises(StreamClosedError) as caught:
        await getattr(near, method)(b"\n", max_bytes=10)
    assert isinstance(caught.value.real_error, UnsatisfiableReadError)
    assert near.error is caught.value.real_error
    assert near.closed()


@pytest.mark.spec("B-STR-006")
async def test_a_delimiter_within_max_bytes_is_taken(connected):
    near, far = await connected()
    far.write(b"012345678\nmore than ten")
    assert await near.read_until(b"\n", max_bytes=10) == b"012345678\n"


@pytest.mark.spec("S089", "B-STR-016")
@pytest.mark.parametrize("method", ["read_until", "read_until_regex"])
async def test_a_delimiter_that_never_comes_fills_no_more_than_the_buffer(connected, method):
    near, far = await connected(max_buffer_size=1000)
    far.write(b"x" * 100_000)
    with pytest.raises(StreamClosedError) as caught:
        await getattr(near, method)(b"\n")
    assert isinstance(caught.value.real_error, StreamBufferFullError)
    assert isinstance(near.error, StreamBufferFullError)


@pytest.mark.spec("B-STR-007")
async def test_read_until_close_gives_all(connected):
    near, far = await connected()
    far.write(b"x" * 300_000)
    far.close()
    assert await near.read_until_close() == b"x" * 300_000
    assert near.closed()


@pytest.mark.spec("B-STR-008")
async def test_what_came_before_the_close_is_read_after_it(connected, eventually):
    near, far = await connected()
    far.write(b"line\nrest")
    far.close()
    assert await near.read_until(b"\n") == b"line\n"
    await asyncio.sleep(0.02)
    assert not near.closed()
    assert await near.read_until_close() == b"rest"
    assert near.closed()


@pytest.mark.spec("B-STR-012")
async def test_a_second_read_is_refused(connected):
    near, far = await connected()
    first = near.read_bytes(1)
    with pytest.raises(AssertionError, match="Already reading"):
        near.read_bytes(1)
    far.write(b"x")
    assert await first == b"x"


@pytest.mark.spec("B-STR-013")
async def test_a_peer_that_nobody_reads_is_made_to_wait(connected):
    near, far = await connected(read_chunk_size=10_000)
    written = far.write(b"x" * 30_000_000)
    await asyncio.sleep(0.1)
    assert not written.done()
    assert near._reader.buffer.size <= 10_000 + 256 * 1024
    assert await near.read_bytes(30_000_000) == b"x" * 30_000_000
    await written


@pytest.mark.spec("B-STR-015")
@pytest.mark.parametrize("method", ["read_until_close", "read_bytes", "read_until"])
async def test_a_read_on_a_closed_stream_fails(connected, method):
    near, _ = await connected()
    near.close()
    arguments = {"read_bytes": [1], "read_until": [b"\n"]}.get(method, [])
    if method == "read_until_close":
        assert await near.read_until_close() == b""
        return
    with pytest.raises(StreamClosedError) as caught:
        await getattr(near, method)(*arguments)
    assert caught.value.real_error is None


@pytest.mark.spec("B-STR-016")
async def test_more_than_the_buffer_until_the_close_is_refused(connected):
    near, far = await connected(max_buffer_size=1000)
    far.write(b"x" * 1001)
    with pytest.raises(StreamClosedError) as caught:
        await near.read_until_close()
    assert isinstance(caught.value.real_error, StreamBufferFullError)


@pytest.mark.spec("B-STR-016")
async def test_asking_for_more_than_the_buffer_is_refused(connected):
    near, far = await connected(max_buffer_size=1000)
    far.write(b"x" * 2000)
    with pytest.raises(StreamClosedError):
        await near.read_bytes(1001)
    assert isinstance(near.error, StreamBufferFullError)


@pytest.mark.spec("B-STR-017")
async def test_the_default_sizes_are_100_mb_and_64_kib(connected):
    near, _ = await connected()
    assert near.max_buffer_size == 104_857_600
    assert near.read_chunk_size == 65_536
    assert near.max_write_buffer_size is None


@pytest.mark.spec("B-STR-018", "S090")
async def test_a_search_over_many_small_arrivals_is_linear(connected):
    near, _ = await connected()

    def seconds(size):
        read = near.read_until(b"\r\n")
        began = time.process_time()
        for _ in range(size):
            near.data_received(b"\r")
        elapsed = time.process_time() - began
        near.data_received(b"\n")
        assert len(read.result()) == size + 1
        return elapsed

    small = min(seconds(10_000) for _ in range(3))
    large = min(seconds(80_000) for _ in range(3))
    assert large < 8 * small * 3


async def test_an_empty_delimiter_is_refused(connected):
    near, _ = await connected()
    with pytest.raises(ValueError, match="delimiter"):
        near.read_until(b"")


async def test_a_negative_number_of_bytes_is_refused(connected):
    near, far = await connected()
    far.write(b"abc")
    assert await near.read_bytes(1) == b"a"
    with pytest.raises(ValueError, match="-1 bytes"):
        near.read_bytes(-1)
    assert await near.read_bytes(2) == b"bc"


async def test_read_into_fills_the_memory_of_the_caller(connected):
    near, far = await connected()
    memory = bytearray(8)
    far.write(b"abc")
    read = near.read_into(memory)
    await asyncio.sleep(0.01)
    assert not read.done()
    far.write(b"defghij")
    assert await read == 8
    assert memory == b"abcdefgh"
    assert await near.read_into(memory, partial=True) == 2
    assert memory[:2] == b"ij"


async def test_read_into_is_not_bounded_by_the_buffer(connected):
    near, far = await connected(max_buffer_size=1000)
    memory = bytearray(50_000)
    far.write(b"x" * 50_000)
    assert await near.read_into(memoryview(memory)) == 50_000
    assert memory == b"x" * 50_000


async def test_a_cancelled_read_leaves_its_bytes(connected):
    near, far = await connected()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(near.read_bytes(4), 0.01)
    assert not near.reading()
    far.write(b"abcd")
    assert await near.read_bytes(4) == b"abcd"


async def test_a_cancelled_read_into_puts_its_bytes_back(connected):
    near, far = await connected()
    memory = bytearray(8)
    read = near.read_into(memory)
    far.write(b"abc")
    await asyncio.sleep(0.01)
    read.cancel()
    # The memory is the caller's again, to change and to resize.
    memory[:] = b"somewhat longer"
    assert await near.read_bytes(3) == b"abc"


@pytest.mark.parametrize("size", [4, 3])
async def test_a_timeout_that_comes_with_the_data_loses_nothing(connected, size):
    near, _ = await connected()

    async def read():
        return await near.read_bytes(size)

    task = asyncio.create_task(read())
    await asyncio.sleep(0)
    # The read is satisfied, and its task is cancelled before it runs again.
    near.data_received(b"abcd")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await near.read_bytes(4) == b"abcd"


@pytest.mark.spec("B-STR-038")
async def test_reading_tells_of_a_pending_read(connected):
    near, far = await connected()
    assert not near.reading()
    read = near.read_bytes(1)
    assert near.reading()
    far.write(b"x")
    await read
    assert not near.reading()


@pytest.mark.spec("B-STR-019")
async def test_signals_interrupt_no_read_or_write(connected):
    near, far = await connected()
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        for _ in range(20):
            written = far.write(b"x" * 1_000_000)
            assert await near.read_bytes(1_000_000) == b"x" * 1_000_000
            await written
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


async def test_a_peer_that_has_said_all_still_gets_its_answers(connected):
    near, far = await connected()
    far.write(b"one\ntwo\n")
    far._transport.write_eof()
    await asyncio.sleep(0.01)
    for line in (b"one\n", b"two\n"):
        assert await near.read_until(b"\n") == line
        await asyncio.sleep(0.01)
        await near.write(line.upper())
    assert not near.closed()
    with pytest.raises(StreamClosedError):
        await near.read_until(b"\n")
    assert near.closed()
    assert await far.read_until_close() == b"ONE\nTWO\n"


@pytest.mark.spec("S088")
async def test_a_half_closed_connection_costs_no_time(connected):
    near, far = await connected()
    far.write(b"unread\n")
    far._transport.write_eof()
    written = near.write(b"x" * 20_000_000)
    await asyncio.sleep(0.05)
    began = time.process_time()
    await asyncio.sleep(0.3)
    assert time.process_time() - began < 0.1
    assert not written.done()
    far._transport.abort()
    with pytest.raises(StreamClosedError):
        await written


async def test_a_burst_of_short_messages_does_not_hold_the_loop(connected):
    near, far = await connected()
    await far.write(b"\n" * 50_000)
    turns = 0

    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    for _ in range(50_000):
        assert await near.read_until(b"\n") == b"\n"
    counting.cancel()
    assert turns > 100


async def test_a_read_that_waits_its_turn_is_a_read_like_others(connected):
    near, far = await connected(read_chunk_size=1000)
    await far.write(b"\n" * 1000)
    assert await near.read_bytes(1) == b"\n"
    reads = (near.read_bytes(1) for _ in range(998))
    waiting = next(read for read in reads if not read.done())
    with pytest.raises(AssertionError):
        near.read_bytes(1)
    waiting.cancel()
    far.write(b"end")
    far.close()
    rest = await near.read_until_close()
    assert rest.endswith(b"\n\nend")
    assert 700 < len(rest) < 1000


async def test_a_turn_that_was_waited_for_does_not_read_further_ahead(connected):
    near, far = await connected(read_chunk_size=1000)
    sent = far.write(b"\n" * 8_000_000)
    for _ in range(10_000):
        await near.read_bytes(1)
        assert near._reader.buffer.size < 1000 + 256 * 1024
    assert not sent.done()
