"""More connections than there is room for: who goes, who is served, and what the log says."""

from __future__ import annotations

import asyncio
import re
import ssl
import subprocess
import sys

import pytest
import trustme

from etesian.http_wire import WirePolicy

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
FEW = WirePolicy(max_connections=4)

# A server that may have few files open, a flood against it, and what became of that.
FLOOD = """
import asyncio, importlib, os, resource, socket, sys
from etesian.http_wire import HTTPHeaders, HTTPServer, ResponseStartLine

def answer(request):
    headers = HTTPHeaders({"Content-Length": "2"})
    request.connection.write_headers(ResponseStartLine("", 200, "OK"), headers, b"ok")
    request.connection.finish()

async def serve():
    resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[2]), int(sys.argv[2])))
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        listening.setblocking(False)
        server = HTTPServer(answer)
        server.add_socket(listening)
        print(listening.getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        times = os.times()
        print(times.user + times.system)
        server.stop()
        await server.close_all_connections()

uvloop = sys.argv[1] == "uvloop"
factory = importlib.import_module("uvloop").new_event_loop if uvloop else None
with asyncio.Runner(loop_factory=factory) as runner:
    runner.run(serve())
"""


@pytest.fixture
async def flooded(request):
    """The port of a server in a process of its own, which may open ``request.param`` files."""
    loop = type(asyncio.get_running_loop()).__module__.partition(".")[0]
    command = [sys.executable, "-c", FLOOD, loop, str(request.param)]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process = await asyncio.create_subprocess_exec(*command, **pipes)
    try:
        yield process, int(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.spec("S084")
async def test_the_connection_that_is_idle_longest_makes_room_for_a_new_one(
    serve, connect, recorder, caplog
):
    port = serve(recorder, policy=FEW)
    peers = []
    for _ in range(6):
        peers.append(await connect(port))
        await peers[-1].send(GET)
        await peers[-1].read_until(b"GET / ")
    for shed in peers[:2]:
        assert await shed.read_all() == b""
    for kept in peers[2:]:
        await kept.send(GET)
        await kept.read_until(b"GET / ")
    assert len(recorder.requests) == 10
    assert [record.name for record in caplog.records] == ["etesian.general"]
    assert "4 connections" in caplog.text


@pytest.mark.spec("S084")
async def test_no_request_in_progress_is_given_up_for_a_newcomer(
    serve, connect, make_recorder, eventually, caplog
):
    waiting = []
    recorder = make_recorder(waiting.append)
    port = serve(recorder, policy=FEW)
    peers = [await connect(port) for _ in range(4)]
    for peer in peers:
        await peer.send(GET)
    await eventually(lambda: len(waiting) == 4)
    for _ in range(3):
        newcomer = await connect(port)
        assert (await newcomer.read_all()).startswith(b"HTTP/1.1 503 ")
    for seen in waiting:
        recorder.echo(seen)
    for peer in peers:
        await peer.read_until(b"GET / ")
    assert len([record for record in caplog.records if "503" in record.getMessage()]) == 1


@pytest.mark.spec("S084")
async def test_silent_newcomers_push_out_each_other_and_half_a_request_outlives_them(
    serve, connect, recorder
):
    port = serve(recorder, policy=FEW)
    slow = await connect(port)
    await slow.send(GET[:-2])
    silent = [await connect(port) for _ in range(8)]
    for pushed_out in silent[:5]:
        assert await pushed_out.read_all() == b""
    await slow.send(GET[-2:])
    await slow.read_until(b"GET / ")


@pytest.mark.spec("S084")
async def test_over_tls_too_one_makes_room_and_one_is_told(serve, make_recorder, eventually):
    here, there = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority = trustme.CA()
    authority.issue_cert("localhost").configure_cert(here)
    authority.configure_trust(there)
    waiting = []
    recorder = make_recorder(waiting.append)
    port = serve(recorder, policy=WirePolicy(max_connections=1), ssl_options=here)

    def connect():
        return asyncio.open_connection("127.0.0.1", port, ssl=there, server_hostname="localhost")

    async with asyncio.timeout(5):
        idle, idle_writer = await connect()
        reader, writer = await connect()
        assert await idle.read() == b""
        writer.write(GET)
        await eventually(lambda: waiting)
        refused, refused_writer = await connect()
        assert (await refused.read()).startswith(b"HTTP/1.1 503 ")
        recorder.echo(waiting[0])
        await reader.readuntil(b"GET / ")
        for end in (idle_writer, writer, refused_writer):
            end.close()
            await end.wait_closed()


async def test_connections_that_left_http_count_until_they_close(
    serve, connect, make_recorder, eventually
):
    streams = []
    recorder = make_recorder(lambda seen: streams.append(seen.connection.detach()))
    port = serve(recorder, policy=FEW)
    left = [await connect(port) for _ in range(4)]
    for peer in left:
        await peer.send(GET)
    await eventually(lambda: len(streams) == 4)
    newcomer = await connect(port)
    assert (await newcomer.read_all()).startswith(b"HTTP/1.1 503 ")
    for stream in streams:
        stream.close()
    await asyncio.sleep(0.02)  # by now its clock has gone on: all are looked at again
    newcomer = await connect(port)
    await newcomer.send(GET)
    await eventually(lambda: len(streams) == 5)
    streams[-1].close()


@pytest.mark.spec("S085")
@pytest.mark.parametrize("flooded", [640], indirect=True)
async def test_a_flood_beyond_the_files_of_the_process_leaves_room_for_the_next(flooded, connect):
    process, port = flooded
    for _ in range(6):
        await asyncio.gather(*[connect(port) for _ in range(100)])
    last = await connect(port)
    await last.send(GET)
    await last.read_until(b"ok")
    output, errors = await process.communicate(b"")
    assert float(output) < 5  # seconds of the processor, for 600 connections and the start
    lines = errors.decode().splitlines()
    assert 1 <= len(lines) <= 5
    assert all(re.search(r"480 connections, its limit, closes", line) for line in lines)


@pytest.mark.spec("S085")
@pytest.mark.parametrize("flooded", [64], indirect=True)
async def test_without_a_descriptor_the_server_waits_and_then_serves_again(flooded, connect):
    process, port = flooded
    peers = [await connect(port) for _ in range(120)]
    await asyncio.sleep(0.5)
    for peer in peers:
        await peer.close()
    answered = b""
    async with asyncio.timeout(5):
        while not answered.endswith(b"ok"):
            # Until those before have ended there, it may be closed unheard.
            last = await connect(port)
            await last.send(GET[:-2] + b"Connection: close\r\n\r\n")
            answered = await last.read_all()
    output, _ = await process.communicate(b"")
    assert float(output) < 2  # a server that tried again and again would have needed all


@pytest.mark.spec("S084")
async def test_who_does_not_read_has_no_time_when_room_is_needed(serve, connect, deaf, eventually):
    recorder, tell, peers = deaf
    port = serve(recorder, policy=WirePolicy(max_connections=2, header_timeout=2))
    for _ in range(2):
        peers.append(await tell(port))
    newcomers = [await connect(port) for _ in range(2)]
    await eventually(lambda: len(recorder.closed_connections) >= 2)
    assert not any(newcomer.reader.at_eof() for newcomer in newcomers)
