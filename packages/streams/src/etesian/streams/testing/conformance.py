"""Checks that anything which claims to be a :class:`Stream` can run."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, TypeAlias

from etesian.streams.interface import StreamClosedError, UnsatisfiableReadError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from etesian.streams.interface import Stream

MakePair: TypeAlias = "Callable[[], Awaitable[tuple[Stream, Stream]]]"

# Seconds. What hangs longer has failed; what works needs milliseconds.
_PATIENCE = 5.0

# Bytes. More than the buffers of a connection within one machine hold.
_MUCH = 8_000_000


async def check_stream(make_pair: MakePair) -> None:
    """Check every promise of :class:`Stream` on pairs of connected streams.

    ``make_pair`` gives the two ends of a new connection; both are checked and
    closed. Raises ``AssertionError`` that names the broken promise.
    """
    for check in _CHECKS:
        for turned in (False, True):
            near, far = await make_pair()
            if turned:
                near, far = far, near
            try:
                await asyncio.wait_for(check(near, far), _PATIENCE)
            except TimeoutError:
                raise AssertionError(f"{check.__name__}: nothing happens") from None
            except AssertionError:
                raise
            except Exception as error:
                raise AssertionError(f"{check.__name__}: {error!r}") from error
            finally:
                near.close()
                far.close()


def _require(condition: object, promise: str) -> None:
    if not condition:
        raise AssertionError(promise)


async def _fails_closed(operation: Callable[[], Awaitable[object]]) -> StreamClosedError:
    """Give the error with which ``operation`` fails, at its call or when it is awaited."""
    try:
        await operation()
    except StreamClosedError as error:
        return error
    raise AssertionError("an operation on a closed stream fails with StreamClosedError")


async def _reads_are_exact(near: Stream, far: Stream) -> None:
    await far.write(b"abcdef\r\nrest")
    _require(await near.read_bytes(2) == b"ab", "read_bytes gives exactly so many bytes")
    _require(
        await near.read_until(b"\r\n") == b"cdef\r\n",
        "read_until gives all up to the delimiter",
    )
    _require(await near.read_bytes(4) == b"rest", "what was not asked for stays for the next read")
    _require(await near.read_bytes(0) == b"", "reading no bytes gives none")


async def _partial_reads_give_something(near: Stream, far: Stream) -> None:
    read = asyncio.ensure_future(near.read_bytes(100, partial=True))
    await asyncio.sleep(0.01)
    _require(not read.done(), "a partial read waits for one byte at least")
    await far.write(b"a")
    _require(await read == b"a", "a partial read gives what is there")
    await far.write(b"bcdef")
    await asyncio.sleep(0.01)
    rest = b""
    while len(rest) < 5:
        piece = await near.read_bytes(2, partial=True)
        _require(0 < len(piece) <= 2, "a partial read gives no more than was asked for")
        rest += piece
    _require(rest == b"bcdef", "partial reads lose nothing")


async def _delimiters_may_come_in_pieces(near: Stream, far: Stream) -> None:
    read = asyncio.ensure_future(near.read_until(b"\r\n"))
    for byte in b"\rab\r\r\n":
        await far.write(bytes([byte]))
        await asyncio.sleep(0)
    _require(await read == b"\rab\r\r\n", "read_until finds a delimiter that came in pieces")


async def _the_limit_of_a_read_closes(near: Stream, far: Stream) -> None:
    await far.write(b"x" * 11)
    error = await _fails_closed(lambda: near.read_until(b"\n", max_bytes=10))
    _require(
        isinstance(error.real_error, UnsatisfiableReadError),
        "real_error tells that the delimiter did not come in max_bytes",
    )
    await _fails_closed(lambda: near.write(b"x"))


async def _the_limit_of_a_read_counts_the_delimiter(near: Stream, far: Stream) -> None:
    await far.write(b"123456789\n")
    _require(
        await near.read_until(b"\n", max_bytes=10) == b"123456789\n",
        "a delimiter that ends with max_bytes is in time",
    )
    await far.write(b"1234567890\n")
    await asyncio.sleep(0.01)
    error = await _fails_closed(lambda: near.read_until(b"\n", max_bytes=10))
    _require(
        isinstance(error.real_error, UnsatisfiableReadError),
        "a delimiter behind max_bytes is too late, even where it is there",
    )


def _reads_of(stream: Stream) -> tuple[Callable[[], Awaitable[bytes]], ...]:
    """Give one read of each kind, which two bytes do not satisfy."""
    return (
        lambda: stream.read_bytes(4),
        lambda: stream.read_until(b"d"),
        stream.read_until_close,
    )


async def _only_one_read_is_pending(near: Stream, far: Stream) -> None:
    first = asyncio.ensure_future(near.read_bytes(1))
    await asyncio.sleep(0)
    for read in _reads_of(near):
        refused = False
        try:
            await read()
        except AssertionError:
            refused = True
        _require(refused, "a second read raises AssertionError")
    await far.write(b"x")
    _require(await first == b"x", "the first read goes on")


async def _cancelled_reads_lose_nothing(near: Stream, far: Stream) -> None:
    for begin in _reads_of(near):
        read = asyncio.ensure_future(begin())
        await far.write(b"ab")
        await asyncio.sleep(0.01)
        read.cancel()
        await asyncio.sleep(0)
        await far.write(b"cd")
        _require(await near.read_bytes(4) == b"abcd", "a cancelled read leaves its bytes")


async def _writes_keep_their_order(near: Stream, far: Stream) -> None:
    expected = b"".join(b"%d," % number for number in range(1000))
    for number in range(1000):
        near.write(memoryview(b"%d," % number))
    _require(await far.read_bytes(len(expected)) == expected, "writes are sent in their order")
    nothing: object = await near.write(b"")  # type: ignore[func-returns-value]  # to be shown
    _require(nothing is None, "a write gives None")


async def _writes_wait_for_the_reader(near: Stream, far: Stream) -> None:
    written = asyncio.ensure_future(near.write(b"x" * _MUCH))
    await asyncio.sleep(0.05)
    _require(not written.done(), "a write that was not taken has not drained")
    _require(len(await far.read_bytes(_MUCH)) == _MUCH, "all that was written arrives")
    await written


async def _the_end_is_seen(near: Stream, far: Stream) -> None:
    await near.write(b"abc")
    _require(await far.read_bytes(1) == b"a", "what is written arrives")
    near.write(b"x" * _MUCH)
    near.close()
    _require(
        await far.read_until_close() == b"bc" + b"x" * _MUCH,
        "read_until_close gives all that was written and not read before",
    )
    await _fails_closed(lambda: far.read_bytes(1))
    await _fails_closed(lambda: near.write(b"x"))


async def _pending_reads_end_with_the_stream(near: Stream, far: Stream) -> None:
    ours = asyncio.ensure_future(near.read_bytes(1))
    theirs = asyncio.ensure_future(far.read_until(b"\n"))
    await asyncio.sleep(0)
    near.close()
    near.close()
    for read in (ours, theirs):
        error = await _fails_closed(lambda read=read: read)  # type: ignore[misc]
        _require(error.real_error is None, "an orderly close has no real_error")


async def _pending_writes_end_with_the_stream(near: Stream, far: Stream) -> None:
    written = asyncio.ensure_future(near.write(b"x" * _MUCH))
    await asyncio.sleep(0.01)
    far.close()
    # Whoever closes may take the rest to throw it away.
    with contextlib.suppress(StreamClosedError):
        await written


_CHECKS = (
    _reads_are_exact,
    _partial_reads_give_something,
    _delimiters_may_come_in_pieces,
    _the_limit_of_a_read_closes,
    _the_limit_of_a_read_counts_the_delimiter,
    _only_one_read_is_pending,
    _cancelled_reads_lose_nothing,
    _writes_keep_their_order,
    _writes_wait_for_the_reader,
    _the_end_is_seen,
    _pending_reads_end_with_the_stream,
    _pending_writes_end_with_the_stream,
)
