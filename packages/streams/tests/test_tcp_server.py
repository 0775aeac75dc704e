from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import time

import pytest

from etesian.streams import IOStream, StreamClosedError, TCPClient, TCPServer, bind_sockets


@pytest.fixture
def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class _Echo(TCPServer):
    def __init__(self, **options):
        super().__init__(**options)
        self.streams = []

    async def handle_stream(self, stream, address):
        self.streams.append(stream)
        with contextlib.suppress(StreamClosedError):
            while True:
                await stream.write(await stream.read_until(b"\n"))


async def _echoes(port):
    stream = await TCPClient().connect("127.0.0.1", port)
    await stream.write(b"line\n")
    answer = await stream.read_until(b"\n")
    stream.close()
    return answer == b"line\n"


@pytest.mark.spec("B-STR-094")
async def test_listen_may_be_called_for_several_ports(free_port):
    server = _Echo()
    (other,) = bind_sockets(0, "127.0.0.1")
    other_port = other.getsockname()[1]
    other.close()
    server.listen(free_port, "127.0.0.1")
    server.listen(other_port, "127.0.0.1")
    assert await _echoes(free_port)
    assert await _echoes(other_port)
    server.stop()
    await asyncio.sleep(0.01)


async def test_what_was_accepted_can_be_waited_for_after_the_stop(free_port, held_up):
    accepted, go_on = held_up()
    server = _Echo()
    server.listen(free_port, "127.0.0.1")
    stream = await TCPClient().connect("127.0.0.1", free_port)
    await accepted.wait()
    server.stop()
    finishing = asyncio.ensure_future(server.finish_accepting())
    await asyncio.sleep(0.01)
    assert not finishing.done()
    go_on.set()
    await finishing
    assert len(server.streams) == 1
    await server.finish_accepting()
    stream.close()
    server.streams[0].close()


@pytest.mark.spec("B-STR-095", "B-STR-096")
async def test_bind_may_be_repeated_and_start_may_not(free_port):
    server = _Echo()
    server.bind(free_port, "127.0.0.1")
    server.bind(0, "127.0.0.1")
    second = server._bound[1][0].getsockname()[1]
    server.start()
    assert await _echoes(free_port)
    assert await _echoes(second)
    with pytest.raises(RuntimeError):
        server.start()
    server.stop()
    await asyncio.sleep(0.01)


@pytest.mark.spec("B-STR-097")
async def test_stop_ends_listening_and_leaves_connections(serving):
    server = _Echo()
    async with serving(server) as port:
        stream = await TCPClient().connect("127.0.0.1", port)
        await stream.write(b"a\n")
        assert await stream.read_until(b"\n") == b"a\n"
        server.stop()
        server.stop()
        await asyncio.sleep(0.01)
        with pytest.raises(ConnectionRefusedError):
            await TCPClient().connect("127.0.0.1", port)
        await stream.write(b"b\n")
        assert await stream.read_until(b"\n") == b"b\n"
        stream.close()


@pytest.mark.skipif(not hasattr(socket, "TCP_INFO"), reason="told by Linux only")
@pytest.mark.parametrize("backlog", [7, 300])
async def test_as_many_connections_may_wait_as_was_said(eventually, backlog):
    server = _Echo()
    (sock,) = bind_sockets(0, "127.0.0.1")
    with sock.dup() as twin:
        server.add_sockets([sock], backlog=backlog)
        # Of a socket that listens, the field of segments selectively acknowledged.
        await eventually(lambda: _tcp_info(twin)[5] == backlog)
        server.stop()


def _tcp_info(sock):
    return struct.unpack("8x6I", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32))


@pytest.mark.spec("B-STR-097")
async def test_stop_works_before_the_loop_ran(free_port):
    server = _Echo()
    server.listen(free_port, "127.0.0.1")
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", free_port))
    again = _Echo()
    again.listen(free_port, "127.0.0.1")
    await asyncio.sleep(0)
    again.stop()
    await asyncio.sleep(0.02)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", free_port))


async def test_stop_closes_what_was_bound_and_never_started(free_port):
    server = _Echo()
    server.bind(free_port, "127.0.0.1")
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", free_port))


@pytest.mark.spec("B-STR-098")
@pytest.mark.parametrize("kind", ["plain", "coroutine"])
async def test_an_error_of_the_handler_is_logged_and_the_server_goes_on(
    serving, eventually, caplog, kind
):
    class Plain(_Echo):
        def handle_stream(self, stream, address):
            self.streams.append(stream)
            raise ValueError("in the handler")

    class Coroutine(_Echo):
        async def handle_stream(self, stream, address):
            self.streams.append(stream)
            raise ValueError("in the handler")

    async with serving({"plain": Plain, "coroutine": Coroutine}[kind]()) as port:
        for count in (1, 2):
            stream = await TCPClient().connect("127.0.0.1", port)
            await eventually(lambda count=count: len(caplog.records) == count)
            stream.close()
    assert {record.name for record in caplog.records} == {"etesian.application"}
    assert all("in the handler" in str(record.exc_info[1]) for record in caplog.records)
    caplog.clear()


@pytest.mark.spec("B-STR-099")
async def test_a_slow_handler_does_not_keep_others_out(serving):
    class Slow(_Echo):
        async def handle_stream(self, stream, address):
            if not self.streams:
                self.streams.append(stream)
                await asyncio.sleep(3600)
            await super().handle_stream(stream, address)

    async with serving(Slow()) as port:
        slow = await TCPClient().connect("127.0.0.1", port)
        await asyncio.sleep(0.01)
        assert await _echoes(port)
        slow.close()


@pytest.mark.spec("B-STR-100")
async def test_the_sizes_reach_the_streams(serving, eventually, server_context, client_context):
    for tls in (False, True):
        server = _Echo(
            ssl_options=server_context if tls else None,
            max_buffer_size=50_000,
            read_chunk_size=1_000,
        )
        async with serving(server) as port:
            stream = await TCPClient().connect(
                "localhost", port, ssl_options=client_context if tls else None
            )
            await eventually(lambda server=server: server.streams)
            assert server.streams[0].max_buffer_size == 50_000
            assert server.streams[0].read_chunk_size == 1_000
            stream.close()


@pytest.mark.spec("B-STR-101")
def test_options_for_tls_must_name_files_that_exist(certificate_files):
    with pytest.raises(ValueError, match="certfile"):
        TCPServer(ssl_options={})
    with pytest.raises(ValueError, match=r"no-such\.pem"):
        TCPServer(ssl_options={"certfile": "no-such.pem"})
    certificate = str(certificate_files / "cert.pem")
    with pytest.raises(ValueError, match=r"no-such\.key"):
        TCPServer(ssl_options={"certfile": certificate, "keyfile": "no-such.key"})


@pytest.mark.spec("B-STR-101", "B-STR-102")
async def test_options_for_tls_may_be_a_dict(serving, certificate_files):
    options = {
        "certfile": str(certificate_files / "cert.pem"),
        "keyfile": str(certificate_files / "key.pem"),
    }
    async with serving(_Echo(ssl_options=options)) as port:
        stream = await TCPClient().connect(
            "localhost", port, ssl_options={"ca_certs": str(certificate_files / "ca.pem")}
        )
        await stream.write(b"line\n")
        assert await stream.read_until(b"\n") == b"line\n"
        stream.close()


async def test_a_protocol_of_ones_own_is_fed_by_push(serving):
    class Upper(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport

        def data_received(self, data):
            self.transport.write(data.upper())

        def eof_received(self):
            pass

    class Server(TCPServer):
        def create_protocol(self):
            return Upper()

    async with serving(Server()) as port:
        stream = await TCPClient().connect("127.0.0.1", port)
        await stream.write(b"line\n")
        assert await stream.read_until(b"\n") == b"LINE\n"
        stream.close()


@pytest.mark.parametrize("trusted", [None, "127.0.0.1", "192.0.2.1"])
async def test_a_protocol_that_cannot_be_made_ends_only_its_connection(serving, caplog, trusted):
    class Server(_Echo):
        broken = True

        def create_protocol(self):
            if self.broken:
                raise RuntimeError("cannot")
            return super().create_protocol()

    options = {"proxy_protocol": "accept", "trusted_proxies": [trusted]} if trusted else {}
    server = Server(**options)
    async with serving(server) as port:
        for _ in range(2):
            with pytest.raises(StreamClosedError):
                # The end may come before the client notices that it is connected.
                await _answer_to(b"line\n", port)
        server.broken = False
        assert await _answer_to(b"line\n", port) == b"line\n"
    assert [record.getMessage() for record in caplog.records] == [
        "Cannot make the protocol of a connection"
    ] * 2
    caplog.clear()


async def _answer_to(line, port):
    stream = IOStream(socket.socket())
    try:
        await stream.connect(("127.0.0.1", port))
        await stream.write(line)
        return await asyncio.wait_for(stream.read_until(b"\n"), 2)
    finally:
        stream.close()


async def test_small_answers_are_sent_at_once_however_the_socket_was_made(serving, eventually):
    server = _Echo()
    async with serving(server):
        plain = socket.create_server(("127.0.0.1", 0))
        server.add_socket(plain)
        stream = await TCPClient().connect(*plain.getsockname())
        await eventually(lambda: server.streams)
        for end in (stream, server.streams[0]):
            assert end.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        stream.close()


@pytest.mark.parametrize("loop_name", ["asyncio", "uvloop"])
def test_a_server_may_be_made_before_its_loop_runs(loop_name):
    program = """if True:
        import asyncio, sys
        from etesian.core_loop.interface import IOLoop
        from etesian.streams import TCPClient, TCPServer, bind_sockets
        if sys.argv[1] == "uvloop":
            import uvloop
            asyncio.set_event_loop(uvloop.new_event_loop())
        class Hello(TCPServer):
            async def handle_stream(self, stream, address):
                await stream.write(b"hello")
                stream.close()
        server = Hello()
        (sock,) = bind_sockets(0, "127.0.0.1")
        port = sock.getsockname()[1]
        server.add_socket(sock)
        async def main():
            stream = await TCPClient().connect("127.0.0.1", port)
            print((await stream.read_until_close()).decode())
            server.stop()
            IOLoop.current().stop()
        IOLoop.current().add_callback(main)
        IOLoop.current().start()
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, loop_name],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.stdout == "hello\n", done.stderr


def test_start_with_several_processes_forks_workers(free_port):
    program = """if True:
        import os, sys
        from etesian.core_loop.interface import IOLoop
        from etesian.streams import TCPServer
        class Who(TCPServer):
            async def handle_stream(self, stream, address):
                await stream.write(b"%d" % os.getpid())
                stream.close()
        server = Who()
        server.bind(int(sys.argv[1]), "127.0.0.1")
        server.start(2)
        IOLoop.current().start()
    """
    with subprocess.Popen([sys.executable, "-c", program, str(free_port)]) as parent:
        try:
            workers = set()
            until = time.monotonic() + 10
            while len(workers) < 2 and time.monotonic() < until:
                try:
                    sock = socket.create_connection(("127.0.0.1", free_port))
                except ConnectionRefusedError:
                    time.sleep(0.02)
                else:
                    with sock, sock.makefile() as answer:
                        workers.add(answer.read())
            assert len(workers) == 2
            assert str(parent.pid) not in workers
        finally:
            os.kill(parent.pid, signal.SIGTERM)
            parent.wait(10)


async def test_the_address_is_that_of_the_client(catching):
    stream = IOStream(socket.socket())
    await stream.connect(("127.0.0.1", catching.port))
    _, address = await catching.caught.get()
    assert address == stream.socket.getsockname()
    stream.close()


# A server that may have few files open, and what it logs while none is left.
_FEW_FILES = """
import asyncio, resource, sys
from etesian.streams import TCPServer

class Echo(TCPServer):
    async def handle_stream(self, stream, address):
        await stream.write(await stream.read_bytes(1))
        stream.close()

async def serve():
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
    server = Echo()
    server.listen(0, "127.0.0.1")
    await asyncio.sleep(0)
    print(server._listeners[0]._socket.getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.stop()

asyncio.run(serve())
"""


@pytest.mark.spec("S085")
async def test_a_time_without_descriptors_is_one_line_in_the_log():
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), asyncio.subprocess.PIPE)
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", _FEW_FILES, **pipes)
    port = int(await server.stdout.readline())
    waiting = [await asyncio.open_connection("127.0.0.1", port) for _ in range(50)]
    await asyncio.sleep(1.2)  # long enough for a second attempt to accept
    for _, writer in waiting:
        writer.write(b"x")
    for reader, writer in waiting:  # those that were not accepted yet, too
        assert await reader.read() == b"x"
        writer.close()
    _, errors = await server.communicate(b"")
    assert errors.decode().splitlines() == ["cannot accept: [Errno 24] Too many open files"]
