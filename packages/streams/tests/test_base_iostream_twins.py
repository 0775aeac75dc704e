"""The fast paths of ``read_until`` and ``write`` do what the general ones, their twins, do."""

from __future__ import annotations

import asyncio
import contextlib
import sys

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from etesian.streams import IOStream, read_side, write_side
from etesian.streams.read_plan import ReadUntil


class Twin(IOStream):
    """Reads and writes by the general paths alone."""

    def read_until(self, delimiter, max_bytes=None):
        return self._read(ReadUntil(delimiter, max_bytes, self.max_buffer_size))

    def write(self, data):
        # A limit that is never met: with one, all writes take the general path.
        self.max_write_buffer_size = 1_000_000
        return super().write(data)


class Recorder(asyncio.Transport):
    """Notes what a stream sends and asks for."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def write(self, data):
        self.calls.append(data)

    def pause_reading(self):
        self.calls.append("pause")

    def resume_reading(self):
        self.calls.append("resume")

    def close(self):
        self.calls.append("close")

    def is_closing(self):
        return "close" in self.calls

    def get_write_buffer_size(self):
        return 0

    def set_write_buffer_limits(self, high=None, low=None):
        """Have none: the test says when the stream is paused."""


class Observed:
    """A stream that is moved by steps; what each step gave is in ``outcomes``."""

    def __init__(self, kind, sizes):
        self.transport = Recorder()
        self.stream = kind(None, **sizes)
        self.stream.connection_made(self.transport)
        self.read = None
        self.tasks = []
        self.outcomes = []

    def step(self, name, *arguments):
        try:
            self.outcomes.append(getattr(self, name)(*arguments))
        except (OSError, ValueError, AssertionError) as error:
            self.outcomes.append((type(error), str(error)))

    def state(self):
        """Give all that can be told of the stream."""
        stream, reader, writer = self.stream, self.stream._reader, self.stream._writer
        buffer = reader.buffer
        return (
            (self.outcomes, self.transport.calls),
            (stream.closed(), repr(stream.error), stream.reading()),
            (buffer.data, buffer.start, buffer.size, reader.reads_left, reader.ended),
            (repr(writer.held), writer.held_size, writer.drained),
        )

    def arrive(self, data):
        self.stream.data_received(data)

    # Whatever runs "now" does so within a task, where no other task can go on.
    arrive_now = arrive

    def read_until(self, delimiter, max_bytes=None):
        self.read = self.stream.read_until(delimiter, max_bytes)
        return outcome(self.read)

    def read_bytes(self, size):
        self.read = self.stream.read_bytes(size)
        return outcome(self.read)

    def look(self):
        return self.read and outcome(self.read)

    def cancel(self):
        return self.read and self.read.cancel()

    def write(self, data):
        return outcome(self.stream.write(data))

    def pause(self):
        self.stream.pause_writing()

    def resume(self):
        self.stream.resume_writing()

    def end(self):
        self.stream.eof_received()

    def close(self):
        self.stream.close()

    def echo(self, delimiter, count):
        """Have a task answer so many messages."""

        async def answer():
            with contextlib.suppress(OSError, AssertionError):
                for _ in range(count):
                    await self.stream.write(await self.stream.read_until(delimiter))

        self.tasks.append(asyncio.create_task(answer()))


def outcome(future):
    assert isinstance(future, asyncio.Future)
    assert future.get_loop() is asyncio.get_running_loop()
    if not future.done():
        return "pending"
    if future.cancelled():
        return "cancelled"
    result = future.exception() or future.result()
    return type(result), repr(result)


async def move_both(steps, sizes):
    """Move a stream and its twin by the same steps; ``AssertionError`` where they differ."""
    loop = asyncio.get_running_loop()
    pair = Observed(IOStream, sizes), Observed(Twin, sizes)
    for name, *arguments in [*steps, ("resume",), ("turn",), ("close",), ("turn",), ("turn",)]:
        for each in pair if name != "turn" else ():
            if name == "arrive":
                # As from a transport, in a callback: there a waiting reader goes on at once.
                loop.call_soon(each.step, name, *arguments)
            else:
                each.step(name, *arguments)
        if name in ("turn", "arrive"):
            await asyncio.sleep(0)
        assert pair[0].state() == pair[1].state()
    assert all(task.done() for each in pair for task in each.tasks)


DATA = st.text("ab\r\n", max_size=12).map(str.encode)
DELIMITERS = st.sampled_from([b"\n", b"\r\n", b"ab"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("arrive"), DATA),
        st.tuples(st.just("read_until"), DELIMITERS, st.sampled_from([None, 2, 20])),
        st.sampled_from([("read_until", b"", None), ("read_until", b"\n", 0), ("read_bytes", 2)]),
        st.tuples(st.just("write"), DATA | DATA.map(bytearray)),
        st.tuples(st.just("echo"), DELIMITERS, st.integers(1, 9)),
        st.sampled_from(["look", "cancel", "turn", "pause", "resume"]).map(lambda name: (name,)),
    ),
    max_size=25,
)
ENDS = st.sampled_from([[], [("end",)], [("close",)]])
SIZES = st.fixed_dictionaries(
    {"max_buffer_size": st.sampled_from([10, 1000]), "read_chunk_size": st.sampled_from([6, 1000])}
)


@pytest.fixture(
    scope="module",
    params=[asyncio.new_event_loop, uvloop.new_event_loop],
    ids=["asyncio", "uvloop"],
)
def run(request):
    """``run(coroutine)``, on a loop of its own and with bounds that a few steps reach."""

    def run_new(coroutine):
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(coroutine)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read_side, "MAX_READS_PER_TURN", 3)
        for module in (write_side, sys.modules[IOStream.write.__module__]):
            patch.setattr(module, "HIGH_WATER", 8)
        yield run_new


@settings(deadline=None)
@given(STEPS, ENDS, STEPS, SIZES)
def test_the_twins_do_the_same(run, before, end, after, sizes):
    run(move_both([*before, *end, *after], sizes))


LINES = ("arrive", b"1\n2\n3\n4\n")
READ = ("read_until", b"\n")


@pytest.mark.parametrize(
    "steps",
    [
        [("arrive", b"long\n"), ("read_until", b"\n", 2)],
        [("arrive", b"long\n"), ("read_until", b"\n", 5)],
        [LINES, ("read_until", b"")],
        [LINES, READ, READ, READ, READ, ("look",), ("turn",), ("look",)],
        [READ, ("arrive", b"1\n"), ("read_until", b"\r\n"), LINES, ("look",)],
        [READ, ("arrive", b"1\n"), ("read_until", b"\n", 2), ("arrive", b"long\n"), ("look",)],
        [READ, *[("arrive_now", piece) for piece in (b"12", b"\n")], READ, ("arrive_now", b"\n3")],
        [READ, ("cancel",), LINES, READ],
        [LINES, READ, ("write", b"1"), READ, ("write", bytearray(b"2"))],
        [LINES, READ, ("write", b"1"), READ, ("write", b"2"), ("turn",), READ, ("write", b"3")],
        [LINES, READ, ("write", b"1"), ("pause",), READ, ("write", b"2")],
        [LINES, READ, ("write", b"1"), ("write", b"12345678"), ("write", b"9")],
        [LINES, READ, ("write", b"1"), ("close",), ("write", b"2"), READ],
        [("echo", b"\n", 9), LINES, LINES, ("turn",), ("turn",), ("turn",)],
    ],
    ids=lambda steps: "-".join(step[0] for step in steps),
)
def test_the_twins_do_the_same_where_a_path_ends(run, steps):
    run(move_both(steps, {}))
