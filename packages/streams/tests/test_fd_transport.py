from __future__ import annotations

import asyncio
import os

import pytest

from etesian.streams import PipeIOStream, StreamClosedError


@pytest.fixture
def pipe():
    """Both ends of a pipe, which the test closes."""
    ends = os.pipe()
    yield ends
    for fd in ends:
        with pytest.raises(OSError):
            os.fstat(fd)


@pytest.fixture
async def told():
    """What the loop is told of errors that nobody caught."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    errors = []
    loop.set_exception_handler(lambda _, context: errors.append(context["exception"]))
    yield errors
    loop.set_exception_handler(before)


class _Broken(PipeIOStream):
    """Has an error that is none of the system's."""

    def read_from_fd(self, buf):
        raise LookupError("broken")

    def write_to_fd(self, data):
        raise LookupError("broken")


async def _error_of(operation):
    with pytest.raises(StreamClosedError) as caught:
        await asyncio.wait_for(operation, 2)
    return caught.value.real_error


@pytest.mark.spec("B-STR-057", "B-STR-065")
async def test_an_error_in_reading_closes_and_is_told_once(pipe, told):
    reading, writing = pipe
    stream = _Broken(reading)
    os.write(writing, b"x")
    assert [await _error_of(stream.read_bytes(1))] == told
    await asyncio.sleep(0.01)
    assert len(told) == 1
    os.close(writing)


@pytest.mark.spec("B-STR-065")
async def test_an_error_in_writing_is_raised_and_closes(pipe):
    reading, writing = pipe
    stream = _Broken(writing)
    with pytest.raises(LookupError):
        stream.write(b"x")
    await asyncio.sleep(0)
    with pytest.raises(StreamClosedError):
        stream.write(b"x")
    os.close(reading)


@pytest.mark.spec("B-STR-065")
async def test_an_error_in_writing_the_rest_closes_and_is_told_once(pipe, told):
    reading, writing = pipe
    stream = PipeIOStream(writing)
    written = stream.write(b"x" * 1_000_000)
    stream.write_to_fd = _Broken.write_to_fd.__get__(stream)
    os.read(reading, 65536)
    assert [await _error_of(written)] == told
    os.close(reading)


async def test_an_error_of_the_protocol_closes_and_is_told_once(pipe, told):
    reading, writing = pipe
    stream = PipeIOStream(reading)
    read = stream.read_bytes(1)
    stream.data_received = None  # as broken as it gets
    os.write(writing, b"x")
    assert [await _error_of(read)] == told
    os.close(writing)
