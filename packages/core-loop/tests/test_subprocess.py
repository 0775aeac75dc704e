from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from etesian.core_loop import IOLoop, Subprocess
from etesian.core_loop.process import CalledProcessError
from etesian.core_loop.process.pipes import ReadPipe

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

STREAM = Subprocess.STREAM


def python(program: str, **options: object) -> Subprocess:
    return Subprocess([sys.executable, "-c", program], **options)


@pytest.fixture
async def pipe() -> AsyncIterator[tuple[ReadPipe, int]]:
    reading, writing = os.pipe()
    reader = ReadPipe(reading)
    yield reader, writing
    os.close(writing)
    reader.close()


@pytest.mark.spec("B-LOOP-172")
@pytest.mark.spec("B-LOOP-177")
async def test_pipes_are_read_and_written_on_the_loop() -> None:
    child = python(
        "import sys; text = sys.stdin.read(); print(len(text)); print('oops', file=sys.stderr)",
        stdin=STREAM,
        stdout=STREAM,
        stderr=STREAM,
    )
    await child.stdin.write(b"x" * 300_000)
    child.stdin.close()  # seen as the end, or the child would read for ever
    assert await child.stdout.read_until(b"\n") == b"300000\n"
    assert await child.stdout.read_until_close() == b""
    assert await child.stderr.read_until_close() == b"oops\n"
    assert await child.wait_for_exit() == 0
    assert child.returncode == 0
    child.stdout.close()
    child.stderr.close()


async def test_reads_by_number_and_their_errors() -> None:
    child = python("import sys; sys.stdout.write('0123456789'); sys.stdout.flush()", stdout=STREAM)
    out = child.stdout
    assert await out.read_bytes(4) == b"0123"
    assert await out.read_bytes(100, partial=True) == b"456789"
    waiting = out.read_until(b"!")
    with pytest.raises(RuntimeError, match="another read"):
        out.read_bytes(1)
    with pytest.raises(asyncio.IncompleteReadError):
        await waiting
    await child.wait_for_exit()
    out.close()
    assert out.fileno() == -1


async def test_a_line_that_never_ends_is_given_up() -> None:
    child = python("print('x' * 100000)", stdout=STREAM)
    with pytest.raises(asyncio.LimitOverrunError):
        await child.stdout.read_until(b"\n", max_bytes=1000)
    assert len(await child.stdout.read_until_close()) == 100_001
    await child.wait_for_exit()
    child.stdout.close()


async def test_a_cancelled_read_makes_room_for_the_next_and_loses_nothing() -> None:
    child = python("import time; time.sleep(0.05); print('late')", stdout=STREAM)
    for _ in range(3):
        child.stdout.read_until(b"\n").cancel()
        await asyncio.sleep(0)
    assert await child.stdout.read_until(b"\n") == b"late\n"
    await child.wait_for_exit()
    child.stdout.close()


async def test_a_read_cancelled_in_passing_is_no_read_that_waits(
    pipe: tuple[ReadPipe, int],
) -> None:
    reader, writer = pipe
    assert reader.read_bytes(1).cancel()
    waiting = reader.read_bytes(2)
    os.write(writer, b"ab")
    assert await waiting == b"ab"


@pytest.mark.parametrize("rounds", range(4))
async def test_bytes_that_come_as_their_reader_is_cancelled_stay(
    pipe: tuple[ReadPipe, int], rounds: int
) -> None:
    reader, writer = pipe
    got = []

    async def read() -> None:
        got.append(await reader.read_until(b"\n"))

    reading = asyncio.ensure_future(read())
    await asyncio.sleep(0)
    os.write(writer, b"one\ntwo\n")
    for _ in range(rounds):
        await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait([reading])
    while len(got) < 2:
        await read()
    assert got == [b"one\n", b"two\n"]


async def test_how_much_to_read_is_looked_at(pipe: tuple[ReadPipe, int]) -> None:
    reader, writer = pipe
    assert await reader.read_bytes(0) == b""
    assert await reader.read_bytes(0, partial=True) == b""
    with pytest.raises(ValueError, match="0 bytes or more to read, got -1"):
        reader.read_bytes(-1)
    os.write(writer, b"a")
    assert await reader.read_bytes(1) == b"a"
    reader.close()
    for read in (reader.read_until_close, lambda: reader.read_bytes(1)):
        with pytest.raises(ValueError, match="the pipe is closed"):
            read()


async def test_writing_to_a_child_that_is_gone_fails() -> None:
    child = python("pass", stdin=STREAM)
    await child.wait_for_exit()
    with pytest.raises(BrokenPipeError):
        await child.stdin.write(b"x" * 1_000_000)
    child.stdin.close()
    with pytest.raises(ValueError, match="closed"):
        child.stdin.write(b"x")


async def test_closing_cancels_what_waits() -> None:
    child = python("import time; time.sleep(60)", stdin=STREAM, stdout=STREAM)
    reading = child.stdout.read_bytes(1)
    writing = child.stdin.write(b"x" * 1_000_000)
    child.stdout.close()
    child.stdin.close()
    child.stdin.close()
    child.proc.kill()
    assert await child.wait_for_exit(raise_error=False) == -signal.SIGKILL
    assert reading.cancelled()
    assert writing.cancelled()


@pytest.mark.spec("B-LOOP-173")
@pytest.mark.spec("B-LOOP-178")
def test_the_exit_callback_runs_on_the_loop(ioloop: IOLoop) -> None:
    child = python("import sys; sys.exit(7)")
    seen = []

    def ended(code: int) -> None:
        seen.append((code, IOLoop.current()))
        ioloop.stop()

    child.set_exit_callback(ended)
    ioloop.start()
    assert seen == [(7, ioloop)]
    assert child.returncode == 7
    child.set_exit_callback(ended)  # it has ended: called all the same
    ioloop.start()
    assert len(seen) == 2


@pytest.mark.spec("B-LOOP-174")
@pytest.mark.spec("B-LOOP-175")
@pytest.mark.spec("B-LOOP-179")
async def test_waiting_for_the_exit_raises_for_a_bad_one() -> None:
    with pytest.raises(CalledProcessError) as raised:
        await python("import sys; sys.exit(3)").wait_for_exit()
    assert raised.value.returncode == 3
    assert await python("import sys; sys.exit(3)").wait_for_exit(raise_error=False) == 3
    child = python("import time; time.sleep(60)")
    os.kill(child.pid, signal.SIGTERM)
    assert await child.wait_for_exit(raise_error=False) == -signal.SIGTERM


async def test_an_end_is_noticed_without_descriptors_of_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    assert await python("pass").wait_for_exit() == 0


@pytest.mark.spec("B-LOOP-176")
def test_a_failing_start_leaks_no_descriptor(ioloop: IOLoop) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.exists():
        pytest.skip("this system does not list descriptors")
    before = len(list(descriptors.iterdir()))
    for _ in range(5):
        with pytest.raises(FileNotFoundError):
            Subprocess(["/no/such/program"], stdin=STREAM, stdout=STREAM, stderr=STREAM)
    assert len(list(descriptors.iterdir())) == before


async def test_a_subclass_may_bring_its_own_streams() -> None:
    opened = []

    class Mine(Subprocess):
        read_pipe = opened.append

    child = Mine([sys.executable, "-c", "pass"], stdout=STREAM)
    await child.wait_for_exit()
    assert len(opened) == 1
    os.close(opened[0])
    Mine.initialize()
    Mine.uninitialize()
