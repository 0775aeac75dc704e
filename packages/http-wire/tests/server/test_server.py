"""HTTPServer: what it serves, where it listens, whom it believes, how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from ipaddress import ip_network

import pytest
import trustme

from etesian.http_wire import HTTPHeaders, HTTPServer, ResponseStartLine, WirePolicy, create_server
from etesian.http_wire.request import HTTPServerRequest
from etesian.http_wire.server.context import transport_context
from etesian.http_wire.server.settings import ConnectionSettings

OK = ResponseStartLine("", 200, "OK")
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def reply(request, text):
    headers = HTTPHeaders({"Content-Length": str(len(text))})
    request.connection.write_headers(OK, headers, text.encode())
    request.connection.finish()


@pytest.mark.spec("B-HTTP-043")
async def test_a_function_of_one_request_is_served(serve, connect):
    def callback(request):
        assert isinstance(request, HTTPServerRequest)
        reply(request, f"{request.method} {request.path} {request.query} {request.body!r}")

    peer = await connect(serve(callback))
    await peer.send(
        b"POST /a?b=c HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi"
    )
    assert (await peer.read_all()).endswith(b"POST /a b=c b'hi'")


@pytest.mark.spec("B-HTTP-043")
async def test_a_subclass_may_make_the_delegates(serve, connect, recorder):
    class Own(HTTPServer):
        def start_request(self, server_conn, request_conn):
            calls.append("start")
            return super().start_request(server_conn, request_conn)

        def on_close(self, server_conn):
            calls.append("close")
            super().on_close(server_conn)

    calls = []
    server = Own(recorder)
    server.listen(0, "127.0.0.1")
    peer = await connect(server._listeners[0]._socket.getsockname()[1])
    await peer.send(LAST)
    await peer.read_all()
    await peer.close()
    await server.drain(1)
    assert calls == ["start", "close"]


async def test_create_server_takes_the_options_of_the_class(recorder):
    server = create_server(recorder, xheaders=True, max_header_size=5)
    assert isinstance(server, HTTPServer)
    with pytest.raises(TypeError):
        create_server(recorder, no_such_option=1)
    with pytest.raises(ValueError, match="not-a-network"):
        create_server(recorder, trusted_downstream=["not-a-network"])


@pytest.fixture
def whoami(serve, connect):
    """``await whoami(headers, **options)`` gives the address and scheme that a handler sees."""

    async def ask(*headers, **options):
        port = serve(
            lambda request: reply(request, f"{request.remote_ip} {request.protocol}"), **options
        )
        peer = await connect(port)
        lines = b"".join(f"{line}\r\n".encode() for line in headers)
        await peer.send(b"GET / HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n" + LAST)
        first, second = (await peer.read_all()).split(b"\r\n\r\n")[1:]
        assert second.decode() == f"127.0.0.1 {options.get('protocol') or 'http'}"
        return first.partition(b"HTTP/1.1")[0].decode()

    return ask


@pytest.mark.spec("B-HTTP-030")
@pytest.mark.spec("B-HTTP-036")
@pytest.mark.spec("S183")
async def test_proxy_headers_are_not_believed_unless_asked(whoami):
    headers = ["X-Real-Ip: 1.2.3.4", "X-Forwarded-For: 1.2.3.4", "X-Scheme: https"]
    assert await whoami(*headers) == "127.0.0.1 http"


@pytest.mark.spec("B-HTTP-031")
@pytest.mark.spec("B-HTTP-032")
@pytest.mark.spec("B-HTTP-033")
@pytest.mark.spec("B-HTTP-034")
@pytest.mark.spec("B-HTTP-036")
@pytest.mark.spec("S183")
@pytest.mark.spec("S184")
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["X-Real-Ip: 1.2.3.4", "X-Forwarded-For: 5.6.7.8"], "1.2.3.4 http"),
        (["X-Forwarded-For: 6.6.6.6, 5.6.7.8"], "5.6.7.8 http"),
        (["X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: 5.6.7.8"], "5.6.7.8 http"),
        (["X-Forwarded-For: 6.6.6.6, 5.6.7.8, 10.0.0.1, 10.1.2.3"], "5.6.7.8 http"),
        (["X-Forwarded-For: 10.0.0.1"], "10.0.0.1 http"),
        (["X-Forwarded-For: 5.6.7.8, junk, 10.0.0.1"], "127.0.0.1 http"),
        (["X-Real-Ip: 2620:0:1cfe:face:b00c::3"], "2620:0:1cfe:face:b00c::3 http"),
        (["X-Real-Ip: fe80::1%eth0"], "127.0.0.1 http"),
        (["X-Real-Ip: 4.4.4.4<script>"], "127.0.0.1 http"),
        (["X-Real-Ip: www.example.com"], "127.0.0.1 http"),
        (["X-Real-Ip:"], "127.0.0.1 http"),
        (["X-Scheme: https"], "127.0.0.1 https"),
        (["X-Forwarded-Proto: http, https"], "127.0.0.1 https"),
        (["X-Forwarded-Proto: https, http"], "127.0.0.1 http"),
        (["X-Scheme: javascript:"], "127.0.0.1 http"),
        (["X-Forwarded-Proto: HTTPS"], "127.0.0.1 http"),
    ],
)
async def test_proxy_headers_are_believed_as_far_as_credible(whoami, headers, expected):
    options = {"xheaders": True, "trusted_downstream": ["10.0.0.0/8"]}
    assert await whoami(*headers, **options) == expected


@pytest.mark.spec("S183")
@pytest.mark.parametrize(
    ("peers", "expected"),
    [
        (["127.0.0.0/8"], "1.2.3.4 https"),
        (["10.0.0.1", "127.0.0.1"], "1.2.3.4 https"),
        (["10.0.0.0/8", "::1"], "127.0.0.1 http"),
        ([], "127.0.0.1 http"),
    ],
)
async def test_proxy_headers_are_believed_of_trusted_peers_only(whoami, peers, expected):
    headers = ["X-Real-Ip: 1.2.3.4", "X-Scheme: https"]
    assert await whoami(*headers, xheaders=True, trusted_peers=peers) == expected


@pytest.mark.spec("S183")
@pytest.mark.parametrize(
    ("peername", "is_believed"),
    [
        (("10.1.2.3", 80), True),
        (("192.0.2.1", 80), False),
        (("::ffff:10.1.2.3", 80, 0, 0), True),
        (("::ffff:192.0.2.1", 80, 0, 0), False),
        (("fe80::1%eth0", 80, 0, 2), True),
        (("2001:db8::1", 80, 0, 0), False),
        (("another family", 80), False),
        ("", True),
    ],
)
def test_a_peer_is_trusted_by_its_address_and_on_a_unix_socket_anyhow(peername, is_believed):
    networks = (ip_network("10.0.0.0/8"), ip_network("fe80::/10"))
    settings = ConnectionSettings(xheaders=True, trusted_peers=networks)
    assert transport_context(peername, False, settings).is_proxy is is_believed


@pytest.mark.spec("B-HTTP-035")
async def test_protocol_forces_the_scheme(whoami):
    assert await whoami(protocol="https") == "127.0.0.1 https"


@pytest.mark.spec("B-HTTP-038")
@pytest.mark.spec("B-HTTP-039")
async def test_a_unix_socket_is_served_with_a_made_up_address(tmp_path):
    path = os.fspath(tmp_path / "socket")
    sock = socket.socket(socket.AF_UNIX)
    sock.setblocking(False)
    sock.bind(path)
    sock.listen()
    server = HTTPServer(lambda request: reply(request, f"from {request.remote_ip}"))
    server.add_socket(sock)
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(LAST)
    assert (await reader.read()).endswith(b"from 0.0.0.0")
    writer.close()
    await server.drain(1)


@pytest.mark.spec("B-HTTP-040")
async def test_small_writes_are_not_held_back(serve, connect, recorder):
    peer = await connect(serve(recorder))
    await peer.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await peer.read_until(b"GET / ")
    sock = recorder.requests[0].server_connection.transport.get_extra_info("socket")
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.mark.spec("B-HTTP-037")
@pytest.mark.spec("B-HTTP-041")
@pytest.mark.parametrize("with_certificate", [False, True])
async def test_tls_tells_the_scheme_and_the_client_certificate(authority, with_certificate):
    def callback(request):
        decoded = request.get_ssl_certificate()
        der = request.get_ssl_certificate(binary_form=True)
        name = dict(decoded["subjectAltName"])["email"] if decoded else None
        reply(request, f"{request.protocol} {request.full_url()} {name} {bool(der)}")

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    server = HTTPServer(callback, ssl_options=context)
    server.listen(0, "127.0.0.1")
    client = ssl.create_default_context()
    authority.configure_trust(client)
    if with_certificate:
        authority.issue_cert("me@example.org").configure_cert(client)
    port = server._listeners[0]._socket.getsockname()[1]
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=client, server_hostname="localhost"
    )
    writer.write(LAST)
    received = await reader.read()
    expected = b"me@example.org True" if with_certificate else b"None False"
    assert received.endswith(b"https https://a/last " + expected)
    writer.close()
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        await writer.wait_closed()
    await server.drain(1)


async def test_malformed_bytes_over_tls_are_answered(authority, recorder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = HTTPServer(recorder, ssl_options=context)
    server.listen(0, "127.0.0.1")
    client = ssl.create_default_context()
    authority.configure_trust(client)
    port = server._listeners[0]._socket.getsockname()[1]
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=client, server_hostname="localhost"
    )
    writer.write(b"junk\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
    writer.close()
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        await writer.wait_closed()
    await server.drain(1)


@pytest.mark.spec("B-HTTP-056")
@pytest.mark.spec("S258")
async def test_draining_ends_requests_in_progress_and_says_close(
    serve, connect, make_recorder, eventually
):
    held = []
    recorder = make_recorder(held.append)
    port = serve(recorder)
    idle, busy = await connect(port), await connect(port)
    await busy.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await eventually(lambda: held)
    draining = asyncio.ensure_future(serve.server.drain(5))
    assert await idle.read_all() == b""
    with pytest.raises(OSError, match=r"refused|Connect"):
        await asyncio.open_connection("127.0.0.1", port)
    assert not draining.done()
    recorder.echo(held[0])
    received = await busy.read_all()
    assert b"Connection: close" in received
    assert received.endswith(b"GET / ")
    await asyncio.gather(idle.close(), busy.close(), draining)


@pytest.mark.spec("S258")
async def test_a_request_that_is_on_its_way_when_draining_begins_is_answered(
    serve, connect, make_recorder
):
    port = serve(make_recorder())
    late, silent = await connect(port), await connect(port)
    await late.send(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
    await late.read_until(b"GET /1 ")
    draining = asyncio.ensure_future(serve.server.drain(5, idle_grace=1))
    await asyncio.sleep(0.02)
    await late.send(b"GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
    received = await late.read_all()
    assert b"Connection: close" in received
    assert received.endswith(b"GET /2 ")
    assert await silent.read_all() == b""
    await asyncio.gather(late.close(), silent.close(), draining)


@pytest.mark.spec("S258")
async def test_who_was_accepted_just_before_draining_is_answered(
    serve, connect, make_recorder, held_up
):
    accepted, go_on = held_up()
    peer = await connect(serve(make_recorder()))
    await peer.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await accepted.wait()
    draining = asyncio.ensure_future(serve.server.drain(5, idle_grace=2))
    await asyncio.sleep(0)
    go_on.set()
    received = await peer.read_all()
    assert b"Connection: close" in received
    assert received.endswith(b"GET / ")
    await asyncio.gather(peer.close(), draining)


@pytest.mark.spec("S258")
async def test_draining_cuts_what_does_not_end_in_time(serve, connect, make_recorder, eventually):
    recorder = make_recorder(lambda seen: None)
    peer = await connect(serve(recorder))
    await peer.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await eventually(lambda: recorder.requests)
    await serve.server.drain(0.05)
    assert await peer.read_all() == b""
    assert recorder.requests[0].closed


@pytest.mark.spec("B-HTTP-057")
async def test_close_all_connections_closes_and_waits(serve, connect, make_recorder, eventually):
    recorder = make_recorder(lambda seen: None)
    port = serve(recorder)
    peers = [await connect(port) for _ in range(3)]
    await peers[0].send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await eventually(lambda: recorder.requests)
    await serve.server.close_all_connections()
    assert len(recorder.closed_connections) == 3
    for peer in peers:
        assert await peer.read_all() == b""


@pytest.mark.spec("B-HTTP-057")
@pytest.mark.parametrize("leave", ["switch_protocol", "detach"])
async def test_close_all_connections_cuts_those_that_have_left_http(
    serve, connect, make_recorder, eventually, leave
):
    class Idle(asyncio.Protocol):
        def connection_lost(self, exc):
            ended.append(exc)

    def answer(seen):
        seen.connection.write_headers(
            ResponseStartLine("", 101, "Switching Protocols"),
            HTTPHeaders({"Upgrade": "idle", "Connection": "Upgrade"}),
        )
        if leave == "switch_protocol":
            seen.connection.switch_protocol(Idle())
        else:
            stream = seen.connection.detach()
            stream.set_close_callback(lambda: ended.append(stream))

    ended = []
    peer = await connect(serve(make_recorder(answer)))
    await peer.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await peer.read_until(b"\r\n\r\n")
    await serve.server.drain(0.05)
    assert not ended  # they are not waited for, and left alone
    await serve.server.close_all_connections()
    assert await peer.read_all() == b""
    await eventually(lambda: ended)


@pytest.mark.spec("B-HTTP-012")
@pytest.mark.spec("B-HTTP-013")
@pytest.mark.spec("B-HTTP-018")
@pytest.mark.spec("B-HTTP-026")
async def test_the_four_documented_leniencies_have_to_be_asked_for(attack):
    lenient = WirePolicy(
        silent_header_overflow=True,
        body_overflow_is_400=True,
        accept_bare_lf=True,
        accept_equal_content_lengths=True,
    )
    for cut in ("whole", "random", "bytes"):
        raw = b"POST / HTTP/1.1\nHost: a\r\nContent-Length: 2\nContent-Length: 2\n\nhi\n" + LAST
        outcome = await attack(raw, cut, policy=lenient)
        assert outcome.bodies == [b"hi", b""], cut
        raw = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi"
        assert (await attack(raw, cut)).statuses == [400]
        raw = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n"
        assert (await attack(raw, cut)).statuses == [400]
        raw = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 70_000
        outcome = await attack(raw, cut)
        assert outcome.received == b""
        assert len(outcome.log) == 1
