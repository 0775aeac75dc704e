from __future__ import annotations

import asyncio
import os

import pytest

from etesian.streams import PipeIOStream, StreamClosedError


@pytest.fixture
async def pipe():
    reading, writing = os.pipe()
    ends = PipeIOStream(reading), PipeIOStream(writing)
    yield ends
    for end in ends:
        end.close()
    await asyncio.sleep(0)


@pytest.mark.spec("B-STR-061")
async def test_what_goes_in_comes_out(pipe):
    reading, writing = pipe
    await writing.write(b"one\ntwo")
    assert await reading.read_until(b"\n") == b"one\n"
    assert await reading.read_bytes(3) == b"two"


@pytest.mark.spec("B-STR-062")
async def test_more_than_the_pipe_holds_goes_through(pipe):
    reading, writing = pipe
    written = writing.write(b"x" * 1_000_000)
    assert writing.writing()
    assert await reading.read_bytes(1_000_000) == b"x" * 1_000_000
    await written
    assert not writing.writing()


@pytest.mark.spec("B-STR-063")
async def test_closing_the_writing_end_ends_the_read(pipe):
    reading, writing = pipe
    writing.write(b"x" * 300_000)
    writing.close()
    assert await reading.read_until_close() == b"x" * 300_000
    assert reading.closed()
    await asyncio.sleep(0)
    assert writing.fileno() == -1


async def test_closing_the_reading_end_fails_the_write(pipe):
    reading, writing = pipe
    written = writing.write(b"x" * 1_000_000)
    await reading.read_bytes(1)
    reading.close()
    with pytest.raises(StreamClosedError) as caught:
        await written
    assert isinstance(caught.value.real_error, BrokenPipeError)


async def test_a_pipe_that_nobody_reads_is_not_read_ahead_without_bound():
    reading, writing = os.pipe()
    near, far = PipeIOStream(reading, read_chunk_size=1000), PipeIOStream(writing)
    written = far.write(b"x" * 500_000)
    assert await near.read_bytes(1) == b"x"
    await asyncio.sleep(0.02)
    assert near._reader.buffer.size <= 2000
    assert not written.done()
    near.close()
    far.close()
    await asyncio.sleep(0.01)
