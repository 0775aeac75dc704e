from __future__ import annotations

import asyncio
import resource
import socket
import ssl

import pytest

from etesian.streams import (
    IOStream,
    SSLIOStream,
    StreamClosedError,
    TCPClient,
    TCPServer,
    ssl_wrap_socket,
)


class _Echo(TCPServer):
    def __init__(self, **options):
        super().__init__(**options)
        self.streams = []

    async def handle_stream(self, stream, address):
        self.streams.append(stream)
        try:
            while True:
                await stream.write(await stream.read_until(b"\n"))
        except StreamClosedError:
            stream.close()


@pytest.fixture
async def echo_port(serving, server_context):
    async with serving(_Echo(ssl_options=server_context)) as port:
        yield port


@pytest.mark.spec("B-STR-045", "B-STR-052", "B-STR-058")
async def test_connect_resolves_after_the_handshake(echo_port, client_context):
    stream = SSLIOStream(socket.socket(), ssl_options=client_context)
    early = stream.write(b"early\n")
    assert await stream.connect(("127.0.0.1", echo_port), server_hostname="localhost") is stream
    assert stream.get_ssl_certificate()["subjectAltName"]
    await early
    assert await stream.read_until(b"\n") == b"early\n"
    stream.close()


@pytest.mark.spec("B-STR-045", "B-STR-059", "S242")
async def test_another_name_in_the_certificate_fails_the_connect(echo_port, client_context):
    stream = SSLIOStream(socket.socket(), ssl_options=client_context)
    with pytest.raises(StreamClosedError) as caught:
        await stream.connect(("127.0.0.1", echo_port), server_hostname="other.example")
    assert isinstance(caught.value.real_error, ssl.SSLCertVerificationError)
    assert stream.error is caught.value.real_error


@pytest.mark.spec("B-STR-045", "B-STR-049", "S242")
async def test_a_client_that_knows_no_name_to_check_fails(echo_port, client_context, serving):
    stream = SSLIOStream(socket.socket(), ssl_options=client_context)
    with pytest.raises(StreamClosedError) as caught:
        await stream.connect(("127.0.0.1", echo_port))
    assert "server_hostname" in str(caught.value.real_error)
    async with serving(_Echo()) as port:
        plain = await TCPClient().connect("127.0.0.1", port)
        with pytest.raises(ValueError, match="server_hostname"):
            plain.start_tls(False, client_context)
        # Refused before anything was done.
        await plain.write(b"plain\n")
        assert await plain.read_until(b"\n") == b"plain\n"
        plain.close()


@pytest.mark.spec("B-STR-051", "S242")
async def test_an_unknown_authority_is_refused_unless_asked_not_to(echo_port):
    stream = SSLIOStream(socket.socket())
    with pytest.raises(StreamClosedError) as caught:
        await stream.connect(("127.0.0.1", echo_port), server_hostname="localhost")
    assert isinstance(caught.value.real_error, ssl.SSLCertVerificationError)

    stream = SSLIOStream(socket.socket(), ssl_options={"cert_reqs": ssl.CERT_NONE})
    await stream.connect(("127.0.0.1", echo_port))
    await stream.write(b"x\n")
    assert await stream.read_until(b"\n") == b"x\n"
    stream.close()


@pytest.mark.spec("B-STR-053")
async def test_wait_for_handshake_gives_the_stream_and_refuses_a_second(echo_port, client_context):
    sock = socket.create_connection(("127.0.0.1", echo_port))
    wrapped = ssl_wrap_socket(
        sock, client_context, server_hostname="localhost", do_handshake_on_connect=False
    )
    stream = SSLIOStream(wrapped)
    handshake = stream.wait_for_handshake()
    with pytest.raises(RuntimeError):
        stream.wait_for_handshake()
    assert await handshake is stream
    assert await stream.wait_for_handshake() is stream
    await stream.write(b"x\n")
    assert await stream.read_until(b"\n") == b"x\n"
    stream.close()


@pytest.mark.spec("B-STR-054")
async def test_a_server_shakes_hands_without_being_read(server_context, client_context):
    here, there = socket.socketpair()
    server = SSLIOStream(
        ssl_wrap_socket(there, server_context, server_side=True, do_handshake_on_connect=False)
    )
    client = SSLIOStream(
        ssl_wrap_socket(
            here, client_context, server_hostname="localhost", do_handshake_on_connect=False
        )
    )
    assert await asyncio.wait_for(client.wait_for_handshake(), 2) is client
    await server.wait_for_handshake()
    client.close()
    server.close()
    await asyncio.sleep(0.02)


async def test_a_socket_whose_handshake_is_done_is_refused(server_context, client_context):
    here, there = socket.socketpair()
    wrap = asyncio.to_thread(server_context.wrap_socket, there, server_side=True)
    server_side = asyncio.ensure_future(wrap)
    await asyncio.sleep(0)
    client_side = await asyncio.to_thread(
        client_context.wrap_socket, here, server_hostname="localhost"
    )
    with client_side, await server_side, pytest.raises(ValueError, match="handshake"):
        SSLIOStream(client_side)


@pytest.mark.spec("B-STR-055", "B-STR-057")
@pytest.mark.parametrize("greeting", [b"", b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x02\x00\x01"])
async def test_clients_that_leave_or_talk_nonsense_are_survived_quietly(
    echo_port, client_context, caplog, greeting
):
    began = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", echo_port)) as sock:
            if greeting:
                sock.send(greeting)
            await asyncio.sleep(0.01)
    stream = await TCPClient().connect("localhost", echo_port, ssl_options=client_context)
    await stream.write(b"x\n")
    assert await stream.read_until(b"\n") == b"x\n"
    await asyncio.sleep(0.2)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - began < 0.3
    assert caplog.records == []
    stream.close()


@pytest.mark.spec("S086")
async def test_a_handshake_that_stalls_is_ended(serving, server_context, caplog):
    server = _Echo(ssl_options=server_context, handshake_timeout=0.1)
    async with serving(server) as port:
        silent = IOStream(socket.socket())
        await silent.connect(("127.0.0.1", port))
        # Half a ClientHello.
        await silent.write(b"\x16\x03\x01\x02\x00\x01\x00")
        await asyncio.wait_for(silent.read_until_close(), 2)
        assert server.streams == []
        assert caplog.records == []


@pytest.mark.spec("B-STR-060", "S087")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_old_versions_are_not_spoken(echo_port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    stream = SSLIOStream(socket.socket(), ssl_options=context)
    with pytest.raises(StreamClosedError) as caught:
        await stream.connect(("127.0.0.1", echo_port))
    assert isinstance(caught.value.real_error, (ssl.SSLError, ConnectionError))


@pytest.mark.spec("B-STR-056")
async def test_an_error_of_tls_is_the_reason_of_the_failed_read(serving, server_context):
    received = asyncio.Queue()

    class Catching(TCPServer):
        def handle_stream(self, stream, address):
            received.put_nowait(stream)

    async with serving(Catching(ssl_options=server_context)) as port:
        sock = socket.create_connection(("127.0.0.1", port))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        wrapped = await asyncio.to_thread(context.wrap_socket, sock)
        far = await received.get()
        read = far.read_bytes(1)
        with socket.socket(fileno=wrapped.detach()) as bare:
            # A record of application data that was encrypted with no key at all.
            bare.send(b"\x17\x03\x03\x00\x20" + b"\0" * 32)
            with pytest.raises(StreamClosedError) as caught:
                await asyncio.wait_for(read, 2)
            assert isinstance(caught.value.real_error, ssl.SSLError)
        far.close()
        await asyncio.sleep(0.01)


async def test_the_descriptor_of_a_cancelled_connect_can_be_used_again(echo_port, client_context):
    loop = asyncio.get_running_loop()
    for turns in range(60):
        connecting = asyncio.create_task(
            TCPClient().connect("127.0.0.1", echo_port, ssl_options=client_context)
        )
        for _ in range(turns):
            await asyncio.sleep(0)
        if not connecting.cancel():
            (await connecting).close()
            continue
        with pytest.raises(asyncio.CancelledError):
            await connecting
        # It gets the number that is free, which the loop must not watch for another one.
        with socket.socket() as again:
            again.setblocking(False)
            await loop.sock_connect(again, ("127.0.0.1", echo_port))
    await asyncio.sleep(0.05)
