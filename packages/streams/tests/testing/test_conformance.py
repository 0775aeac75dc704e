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


@pytest.mark.parametrize(
    ("kind", "promise"),
    [(_LosesCancelledReads, "_cancelled_reads_lose"), (_SkipsALine, "_reads_are_exact: nothing")],
)
async def test_a_broken_stream_is_found(kind, promise, monkeypatch):
    monkeypatch.setattr("etesian.streams.testing.conformance._PATIENCE", 0.5)

    async def make_pair():
        near, far = stream_pair()
        return kind(near.socket), kind(far.socket)

    with pytest.raises(AssertionError, match=promise):
        await check_stream(make_pair)
