from __future__ import annotations

import asyncio
import datetime as dt
import errno
import gc
import socket
import ssl
import warnings
from pathlib import Path

import pytest

from etesian.streams import (
    IOStream,
    OverrideResolver,
    Resolver,
    SSLIOStream,
    StreamClosedError,
    TCPClient,
    TCPServer,
    bind_sockets,
)
from etesian.streams.heap_reserve import keep_heap_reserve


class _Fixed(Resolver):
    """Answers every question with the same addresses."""

    def initialize(self, addresses=()):
        self.addresses = list(addresses)
        self.closed = False

    async def resolve(self, host, port, family=socket.AF_UNSPEC):
        return [(family, (address, port)) for family, address in self.addresses]

    def close(self):
        self.closed = True


@pytest.mark.spec("B-STR-088", "B-STR-093")
async def test_the_first_address_that_answers_is_taken(catching):
    # Nothing listens on IPv6, and the machine may not have it at all.
    addresses = [(socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1")]
    stream = await TCPClient(_Fixed(addresses)).connect("both.example", catching.port)
    assert stream.socket.family == socket.AF_INET
    assert type(stream) is IOStream
    stream.close()


@pytest.mark.spec("B-STR-088")
async def test_ipv6_is_connected_to_where_the_machine_has_it(catching):
    try:
        (sock,) = bind_sockets(0, "::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    catching.add_socket(sock)
    stream = await TCPClient().connect("::1", sock.getsockname()[1])
    assert stream.socket.family == socket.AF_INET6
    stream.close()


async def test_no_answer_from_any_address_is_the_error_of_the_first(catching):
    catching.stop()
    await asyncio.sleep(0.01)
    with pytest.raises(ConnectionRefusedError):
        await TCPClient().connect("127.0.0.1", catching.port)


@pytest.mark.spec("B-STR-089")
async def test_with_tls_the_stream_has_shaken_hands(serving, server_context, client_context):
    class Hello(TCPServer):
        async def handle_stream(self, stream, address):
            await stream.write(b"hello")
            stream.close()

    async with serving(Hello(ssl_options=server_context)) as port:
        stream = await TCPClient().connect("localhost", port, ssl_options=client_context)
        assert type(stream) is SSLIOStream
        assert stream.get_ssl_certificate(binary_form=True)
        assert await stream.read_until_close() == b"hello"


@pytest.mark.spec("S242")
@pytest.mark.parametrize("fault", ["name", "address", "authority", "expired"])
async def test_a_certificate_that_is_not_good_is_refused(
    serving, authority, client_context, fault, caplog
):
    host = {"name": "other.example", "address": "127.0.0.2"}.get(fault, "localhost")
    options = client_context if fault != "authority" else {}
    until = dt.datetime.now(dt.UTC) + dt.timedelta(days=-1 if fault == "expired" else 1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", not_after=until).configure_cert(context)
    async with serving(TCPServer(ssl_options=context)) as port:
        client = TCPClient(_Fixed([(socket.AF_INET, "127.0.0.1")]))
        with pytest.raises(ssl.SSLCertVerificationError):
            await client.connect(host, port, ssl_options=options)
    assert caplog.records == []


@pytest.mark.spec("S242")
async def test_an_address_in_the_certificate_is_good(serving, server_context, client_context):
    async with serving(_Silent(ssl_options=server_context)) as port:
        stream = await TCPClient().connect("127.0.0.1", port, ssl_options=client_context)
        stream.close()


class _Silent(TCPServer):
    def __init__(self, **options):
        super().__init__(**options)
        self.streams = []

    def handle_stream(self, stream, address):
        self.streams.append(stream)


@pytest.mark.spec("B-STR-090")
async def test_the_local_end_can_be_chosen(catching):
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    stream = await TCPClient().connect(
        "127.0.0.1", catching.port, source_ip="127.0.0.1", source_port=port
    )
    _, address = await catching.caught.get()
    assert address == ("127.0.0.1", port)
    stream.close()


@pytest.mark.spec("B-STR-090")
async def test_the_source_decides_the_family(catching):
    addresses = [(socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1")]
    stream = await TCPClient(_Fixed(addresses)).connect(
        "both.example", catching.port, source_ip="127.0.0.1"
    )
    assert stream.socket.getsockname()[0] == "127.0.0.1"
    stream.close()


@pytest.mark.spec("B-STR-091")
@pytest.mark.parametrize("source", [{"source_ip": "8.8.8.8"}, {"source_port": 1}])
async def test_a_local_end_that_cannot_be_is_an_error(catching, source):
    if source == {"source_port": 1}:
        with socket.socket() as probe:
            try:
                probe.bind(("", 1))
            except PermissionError:
                pass
            else:
                # This process may bind it, so take it away.
                probe.listen()
                with pytest.raises(OSError, match="in use"):
                    await TCPClient().connect("127.0.0.1", catching.port, **source)
                return
    with pytest.raises(OSError):
        await TCPClient().connect("127.0.0.1", catching.port, **source)


@pytest.mark.spec("B-STR-091")
async def test_a_source_of_another_family_than_all_addresses_is_an_error(catching):
    with pytest.raises(OSError, match="no address"):
        await TCPClient().connect("127.0.0.1", catching.port, source_ip="::1")


@pytest.mark.spec("B-STR-092")
async def test_a_timeout_covers_the_name_the_connection_and_the_handshake(catching, client_context):
    class Stuck(Resolver):
        async def resolve(self, host, port, family=socket.AF_UNSPEC):
            await asyncio.sleep(3600)

    with pytest.raises(TimeoutError, match=r"'stuck.example', port 80, in 0.02 s"):
        await TCPClient(Stuck()).connect("stuck.example", 80, timeout=0.02)
    # A server that accepts and says nothing.
    with pytest.raises(TimeoutError):
        await TCPClient().connect(
            "127.0.0.1", catching.port, ssl_options=client_context, timeout=0.05
        )


@pytest.mark.spec("B-STR-092")
async def test_a_timeout_of_the_system_is_not_taken_for_that_of_the_caller():
    class Unanswered(Resolver):
        async def resolve(self, host, port, family=socket.AF_UNSPEC):
            raise TimeoutError(errno.ETIMEDOUT, "the peer does not answer")

    with pytest.raises(TimeoutError, match="the peer does not answer"):
        await TCPClient(Unanswered()).connect("silent.example", 80, timeout=10)


@pytest.mark.spec("B-STR-092")
@pytest.mark.parametrize("seconds", [0, 1e-9, 0.0005, 0.001, 0.002])
async def test_an_ill_timed_timeout_raises_nothing_else(catching, caplog, seconds):
    for _ in range(10):
        try:
            stream = await TCPClient().connect("127.0.0.1", catching.port, timeout=seconds)
        except TimeoutError:
            continue
        stream.close()
    await asyncio.sleep(0.01)
    assert caplog.records == []


@pytest.mark.spec("S251")
async def test_an_address_that_is_not_allowed_is_never_dialled(catching):
    seen = []

    def allow(address):
        seen.append(address)
        return not address[1][0].startswith("127.")

    names = OverrideResolver(Resolver(), {"rebound.example": "127.0.0.1"})
    client = TCPClient(names, allow_address=allow)
    with pytest.raises(PermissionError, match=r"rebound\.example"):
        await client.connect("rebound.example", catching.port)
    assert seen == [(socket.AF_INET, ("127.0.0.1", catching.port))]
    await asyncio.sleep(0.02)
    assert catching.caught.empty()


async def test_a_protocol_of_ones_own_is_connected(catching, eventually):
    class Collect(asyncio.Protocol):
        received = b""

        def data_received(self, data):
            self.received += data

    transport, protocol = await TCPClient().connect_protocol(Collect, "127.0.0.1", catching.port)
    far, _ = await catching.caught.get()
    await far.write(b"hello")
    await eventually(lambda: protocol.received == b"hello")
    transport.close()


async def test_the_memory_of_each_read_is_kept_for_the_next(catching):
    keep_heap_reserve.cache_clear()
    transport, _ = await TCPClient().connect_protocol(asyncio.Protocol, "127.0.0.1", catching.port)
    assert keep_heap_reserve.cache_info().currsize == 1
    transport.close()


async def test_a_preamble_is_said_before_the_protocol_takes_over(catching):
    async def say(sock):
        await asyncio.get_running_loop().sock_sendall(sock, b"first, ")

    transport, _ = await TCPClient().connect_protocol(
        asyncio.Protocol, "127.0.0.1", catching.port, preamble=say
    )
    transport.write(b"second")
    far, _ = await catching.caught.get()
    assert await far.read_bytes(13) == b"first, second"
    transport.close()


async def test_a_preamble_that_fails_leaves_no_socket(catching):
    async def fail(sock):
        seen.append(sock)
        raise LookupError("no")

    seen = []
    with pytest.raises(LookupError):
        await TCPClient().connect_protocol(
            asyncio.Protocol, "127.0.0.1", catching.port, preamble=fail
        )
    assert seen[0].fileno() == -1


async def test_what_may_be_dialled_can_be_asked_for():
    names = OverrideResolver(Resolver(), {"two.example": "127.0.0.1"})
    assert await TCPClient(names).resolve("two.example", 7) == [(socket.AF_INET, ("127.0.0.1", 7))]
    with pytest.raises(PermissionError):
        await TCPClient(names, allow_address=lambda _: False).resolve("two.example", 7)


def test_only_its_own_resolver_is_closed(monkeypatch):
    given = _Fixed()
    TCPClient(given).close()
    assert not given.closed
    Resolver.configure(_Fixed)
    try:
        client = TCPClient()
        client.close()
        assert client.resolver.closed
    finally:
        Resolver.configure(None)


async def test_max_buffer_size_reaches_the_stream(catching):
    stream = await TCPClient().connect("127.0.0.1", catching.port, max_buffer_size=1000)
    far, _ = await catching.caught.get()
    far.write(b"x" * 1001)
    with pytest.raises(StreamClosedError):
        await stream.read_until(b"\n")


@pytest.mark.spec("S091")
async def test_a_cancelled_connect_leaves_no_descriptor_and_no_task(catching):
    loop = asyncio.get_running_loop()

    def held():
        return len(list(Path("/proc/self/fd").iterdir())), asyncio.all_tasks()

    before = held()
    for turns in range(12):
        connecting = asyncio.create_task(TCPClient().connect("localhost", catching.port))
        for _ in range(turns):
            await asyncio.sleep(0)
        if connecting.cancel():
            with pytest.raises(asyncio.CancelledError):
                await connecting
        else:
            (await connecting).close()
        while not catching.caught.empty():
            catching.caught.get_nowait()[0].close()
    deadline = loop.time() + 5
    while held() != before:
        assert loop.time() < deadline
        while not catching.caught.empty():
            catching.caught.get_nowait()[0].close()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("ending", ["abort", "close"])
async def test_a_socket_that_its_protocol_closes_at_once_is_not_closed_again_later(ending):
    class Leaving(asyncio.Protocol):
        def connection_made(self, transport):
            getattr(transport, ending)()

    gc.collect()
    client = TCPClient()
    with socket.create_server(("127.0.0.1", 0)) as listener, warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        unclosed = []
        warnings.showwarning = lambda message, *_: unclosed.append(str(message))
        for _ in range(3):
            await client.connect_protocol(Leaving, *listener.getsockname())
            await asyncio.sleep(0.01)
        gc.collect()
        assert unclosed == []
    client.close()
