"""Section D of the attack cases: peers that take their time, and peers that take too much."""

from __future__ import annotations

import asyncio
import logging
import ssl

import pytest
import trustme

from etesian.http_wire import HTTPHeaders, ResponseStartLine, WirePolicy
from etesian.http_wire.server.drain import DONE
from etesian.streams.interface import StreamClosedError

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
OK = ResponseStartLine("", 200, "OK")


@pytest.mark.spec("S081")
async def test_a_head_that_drips_is_ended_by_an_absolute_deadline(
    serve, connect, recorder, quick_policy
):
    peer = await connect(serve(recorder, policy=quick_policy))

    async def drip():
        for byte in GET * 10:
            peer.writer.write(bytes([byte]).replace(b"\n", b""))
            await asyncio.sleep(0.02)

    dripping = asyncio.ensure_future(drip())
    try:
        assert (await peer.read_all(2)).startswith(b"HTTP/1.1 408 ")
    finally:
        dripping.cancel()
    assert recorder.requests == []


@pytest.mark.spec("S081")
async def test_a_connection_that_says_nothing_is_closed_in_silence(
    serve, connect, recorder, quick_policy, caplog
):
    caplog.set_level(logging.INFO)
    peer = await connect(serve(recorder, policy=quick_policy))
    assert await peer.read_all(2) == b""
    assert [r for r in caplog.records if r.name.startswith("etesian")] == []


@pytest.mark.spec("S082")
async def test_a_body_below_the_least_rate_is_answered_408(serve, connect, recorder):
    peer = await connect(serve(recorder, policy=WirePolicy(body_grace=0.1)))
    await peer.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")

    async def drip():
        while True:
            peer.writer.write(b"x")
            await asyncio.sleep(0.02)

    dripping = asyncio.ensure_future(drip())
    try:
        assert (await peer.read_all(2)).startswith(b"HTTP/1.1 408 ")
    finally:
        dripping.cancel()
    assert recorder.requests[0].closed


@pytest.mark.spec("S046", "S082")
async def test_a_fast_beginning_buys_no_long_silence(serve, connect, recorder):
    # By its average this body would have two minutes.
    peer = await connect(serve(recorder, policy=WirePolicy(body_grace=0.1)))
    await peer.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n")
    await peer.send(b"x" * 60_000)
    assert (await peer.read_all(3)).startswith(b"HTTP/1.1 408 ")
    assert recorder.requests[0].closed


async def test_a_body_that_keeps_the_pace_may_take_its_time(serve, connect, recorder):
    policy = WirePolicy(body_grace=0.5, min_body_rate=100)
    peer = await connect(serve(recorder, policy=policy))
    await peer.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200\r\n\r\n")
    for _ in range(10):
        await asyncio.sleep(0.08)
        await peer.send(b"x" * 20)
    await peer.read_until(b"POST / " + b"x" * 200)


@pytest.mark.spec("S082")
@pytest.mark.spec("B-HTTP-011")
async def test_body_timeout_is_absolute(serve, connect, recorder):
    peer = await connect(serve(recorder, body_timeout=0.1))
    await peer.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + b"x" * 900)
    assert (await peer.read_all(2)).startswith(b"HTTP/1.1 408 ")
    assert recorder.lines == []


async def test_a_delegate_that_waits_is_not_the_peers_fault(serve, connect, make_recorder):
    recorder = make_recorder()
    make = recorder.start_request
    go_on = asyncio.Event()

    def start_request(server_conn, request_conn):
        delegate = make(server_conn, request_conn)
        take = delegate.headers_received

        async def headers_received(start_line, headers):
            take(start_line, headers)

        async def data_received(chunk):
            recorder.requests[-1].body += chunk
            await go_on.wait()

        delegate.headers_received = headers_received
        delegate.data_received = data_received
        return delegate

    recorder.start_request = start_request
    peer = await connect(serve(recorder, policy=WirePolicy(body_grace=0.1)))
    await peer.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe")
    await asyncio.sleep(0.2)
    await peer.send(b"llo")
    await asyncio.sleep(0.1)
    go_on.set()
    await peer.read_until(b"POST / hello")


@pytest.mark.spec("S084")
@pytest.mark.spec("B-HTTP-010")
async def test_an_idle_connection_is_closed(serve, connect, recorder):
    peer = await connect(serve(recorder, idle_connection_timeout=0.1))
    await peer.send(GET)
    assert (await peer.read_all(2)).endswith(b"GET / ")


@pytest.mark.spec("S084")
def test_idle_time_is_finite_by_default():
    assert WirePolicy().idle_timeout < 1e6


@pytest.mark.spec("S083")
async def test_a_reader_that_stalls_is_cut_and_its_writer_told(
    serve, connect, make_recorder, caplog
):
    outcome = asyncio.get_running_loop().create_future()

    async def write(connection):
        connection.write_headers(OK, HTTPHeaders())
        written = 0
        try:
            while True:
                await connection.write(b"x" * 65536)
                written += 65536
        except StreamClosedError:
            outcome.set_result(written)

    tasks = []
    recorder = make_recorder(
        lambda seen: tasks.append(asyncio.ensure_future(write(seen.connection)))
    )
    peer = await connect(serve(recorder, policy=WirePolicy(write_stall_timeout=0.2)))
    peer.writer.transport.pause_reading()
    await peer.send(GET)
    written = await asyncio.wait_for(outcome, 5)
    # What the kernel buffers, and little more: the writer waited for its reader.
    assert written < 64 * 2**20
    assert recorder.requests[0].closed
    assert len([r for r in caplog.records if r.name == "etesian.general"]) == 1


async def test_writers_wait_until_the_peer_reads(serve, connect, make_recorder, eventually):
    size = 64 * 2**20
    waited = []

    async def write(connection):
        connection.write_headers(OK, HTTPHeaders({"Content-Length": str(size)}))
        done = asyncio.ensure_future(_drained(connection.write(b"x" * size)))
        connection.finish()
        await asyncio.sleep(0.05)
        waited.append(not done.done())
        await done

    tasks = []
    recorder = make_recorder(
        lambda seen: tasks.append(asyncio.ensure_future(write(seen.connection)))
    )
    peer = await connect(serve(recorder))
    peer.writer.transport.pause_reading()
    await peer.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    await eventually(lambda: waited)
    peer.writer.transport.resume_reading()
    received = 0
    while data := await peer.reader.read(2**20):
        received += len(data)
    await asyncio.gather(*tasks)
    assert received > size
    assert waited == [True]


@pytest.mark.spec("S083")
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("high", [1000, 65536, 300_000])
async def test_no_more_waits_for_a_slow_reader_than_the_policy_says(
    serve, make_recorder, eventually, encrypted, high
):
    here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    there = ssl.create_default_context()
    authority = trustme.CA()
    authority.issue_cert("localhost").configure_cert(here)
    authority.configure_trust(there)
    waiting = []

    def write(seen):
        seen.connection.write_headers(OK, HTTPHeaders())
        while seen.connection.write(b"x" * 1000) is DONE:
            pass
        waiting.append(seen.server_connection.transport.get_write_buffer_size())

    options = {"ssl_options": here} if encrypted else {}
    policy = WirePolicy(write_high_water=high)
    port = serve(make_recorder(write), policy=policy, **options)
    options = {"ssl": there, "server_hostname": "localhost"} if encrypted else {}
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, "127.0.0.1", port, **options)
    transport.pause_reading()
    transport.write(GET)
    await eventually(lambda: waiting)
    # The last write went beyond it, and TLS adds to each.
    assert high <= waiting[0] < high + 2000
    transport.abort()


async def _drained(awaitable):
    await awaitable


@pytest.mark.spec("S093")
async def test_a_flood_of_bad_requests_logs_a_line_for_each_connection(attack):
    outcome = await attack(b"GET / HTTP/1.1\r\nbad\r\n\r\n" * 1000)
    assert len(outcome.log) == 1
    assert outcome.statuses == [400]


@pytest.mark.spec("S083")
async def test_a_reader_that_stalls_before_the_last_few_octets_is_cut_too(
    serve, deaf, eventually, caplog
):
    recorder, tell, peers = deaf
    peers.append(await tell(serve(recorder, policy=WirePolicy(write_stall_timeout=0.2))))
    await eventually(lambda: recorder.closed_connections)
    assert "stopped reading" in caplog.text
