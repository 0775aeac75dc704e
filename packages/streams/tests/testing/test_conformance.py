from __future__ import annotations

import asyncio

import pytest

from etesian.streams import IOStream
from etesian.streams.testing import Faults, FaultyStream, check_stream, stream_pair


async def test_streams_over_tcp_conform(connected):
    await check_stream(connected)


async def test_streams_over_unix_sockets_conform():
    async def make_pair():
        return stream_pair()

    await check_stream(make_pair)


async def test_streams_over_tls_conform(server_context, client_context):
    async def make_pair():
        near, far = stream_pair()
        return await asyncio.gather(
            near.start_tls(False, client_context, server_hostname="localhost"),
            far.start_tls(True, server_context),
        )

    await check_stream(make_pair)
    await asyncio.sleep(0.05)


async def test_a_connection_that_cuts_everything_into_pieces_conforms():
    async def make_pair():
        near, far = stream_pair()
        pieces = {"incoming": Faults(chunk_size=100), "outgoing": Faults(chunk_size=1000)}
        return near, FaultyStream(far.socket, **pieces)

    await check_stream(make_pair)


class _LosesCancelledReads(IOStream):
    def read_bytes(self, num_bytes, partial=False):
        return asyncio.ensure_future(self._read_one_by_one(num_bytes, partial))

    async def _read_one_by_one(self, num_bytes, partial):
        result = b""
        while len(result) < num_bytes and not (partial and result):
            result += await IOStream.read_bytes(self, 1)
        return result


class _SkipsALine(IOStream):
    def read_until(self, delimiter, max_bytes=None):
        return self.read_until_regex(rb"\n.*\n", max_bytes)


class _LosesCancelledLines(IOStream):
    def read_until(self, delimiter, max_bytes=None):
        if max_bytes is not None:
            return super().read_until(delimiter, max_bytes)
        return asyncio.ensure_future(self._read_one_by_one(delimiter))

    async def _read_one_by_one(self, delimiter):
        result = b""
        while not result.endswith(delimiter):
            result += await self.read_bytes(1)
        return result


class _GivesTooMuch(IOStream):
    def read_bytes(self, num_bytes, partial=False):
        return super().read_bytes(max(num_bytes, 100) if partial else num_bytes, partial)


class _CountsFromNought(IOStream):
    def read_until(self, delimiter, max_bytes=None):
        return super().read_until(delimiter, None if max_bytes is None else max_bytes - 1)


class _SeesTooFar(IOStream):
    def read_until(self, delimiter, max_bytes=None):
        return super().read_until(delimiter, None if self._reader.buffer.size > 10 else max_bytes)


class _ForgetsWhatCameBeforeTheEnd(IOStream):
    def read_until_close(self):
        self._reader.buffer.take(self._reader.buffer.size)
        return super().read_until_close()


class _NeverTellsOfUnsentWrites(IOStream):
    def write(self, data):
        written = super().write(data)
        if written.done():
            return written
        told = asyncio.get_running_loop().create_future()
        written.add_done_callback(lambda done: done.exception() or told.set_result(None))
        return told


class _HasErrorsOfItsOwn(IOStream):
    def read_bytes(self, num_bytes, partial=False):
        if self.closed():
            raise LookupError("own")
        return super().read_bytes(num_bytes, partial)


@pytest.mark.parametrize(
    ("kind", "promise"),
    [
        (_LosesCancelledReads, "_cancelled_reads_lose"),
        (_LosesCancelledLines, "_cancelled_reads_lose"),
        (_SkipsALine, "_reads_are_exact: nothing"),
        (_GivesTooMuch, "no more than was asked for"),
        (_CountsFromNought, "_the_limit_of_a_read_counts"),
        (_SeesTooFar, "fails with StreamClosedError"),
        (_ForgetsWhatCameBeforeTheEnd, "not read before"),
        (_NeverTellsOfUnsentWrites, "_pending_writes_end"),
        (_HasErrorsOfItsOwn, "_the_end_is_seen: LookupError"),
    ],
)
async def test_a_broken_stream_is_found(kind, promise, monkeypatch):
    monkeypatch.setattr("etesian.streams.testing.conformance._PATIENCE", 0.5)

    async def make_pair():
        near, far = stream_pair()
        return kind(near.socket), kind(far.socket)

    with pytest.raises(AssertionError, match=promise):
        await check_stream(make_pair)
