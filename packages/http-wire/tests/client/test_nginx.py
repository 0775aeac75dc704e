"""Both clients against a server of the field."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
import socket
import ssl

import pytest

from etesian.http_wire.client.errors import HTTPClientError

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")

DOCUMENT = b"".join(b"line %06d of a document\n" % number for number in range(20_000))

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 128; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    default_type text/plain;
    keepalive_requests 4;
    client_max_body_size 1000;
    if_modified_since before;
    add_header X-Connection $connection;
    server {{
        listen 127.0.0.1:{port};
        listen 127.0.0.1:{tls_port} ssl;
        ssl_certificate {folder}/chain.pem;
        ssl_certificate_key {folder}/key.pem;
        root {folder}/documents;
        location /packed/ {{ alias {folder}/documents/; gzip on; gzip_types *; }}
        location /moved/ {{ return 302 https://localhost:{tls_port}/document; }}
        location /reached/ {{ return 200 "$request_method $content_length $http_x_sent"; }}
        location /proxied/ {{ proxy_pass http://127.0.0.1:{port}/; }}
        location /short/ {{ keepalive_timeout 0; alias {folder}/documents/; }}
    }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nginx:
    """Where a running nginx is."""

    def __init__(self, port, tls_port):
        self.port, self.tls_port = port, tls_port

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def tls_url(self, path):
        return f"https://localhost:{self.tls_port}{path}"


async def started(server, folder):
    """Start nginx on its ports; give the process when it listens, or has ended."""
    settings, log = folder / "nginx.conf", folder / "error.log"
    settings.write_text(
        CONFIGURATION.format(folder=folder, port=server.port, tls_port=server.tls_port)
    )
    process = await asyncio.create_subprocess_exec(
        NGINX, "-c", str(settings), "-e", str(log), stderr=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(10):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                break
    return process


@pytest.fixture
async def nginx(anyio_backend, tmp_path, authority):
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "document").write_bytes(DOCUMENT)
    (documents / "small").write_bytes(b"small")
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    for pem in certificate.cert_chain_pems:
        pem.write_to_path(tmp_path / "chain.pem", append=True)
    for _ in range(3):  # for somebody may have taken a port meanwhile
        server = Nginx(free_port(), free_port())
        process = await started(server, tmp_path)
        if process.returncode is None:
            break
    else:
        pytest.fail((tmp_path / "error.log").read_text())
    yield server
    process.kill()
    await process.wait()


async def test_a_connection_is_kept_until_the_server_ends_it(nginx, either):
    numbers = []
    for _ in range(10):
        response = await either.fetch(nginx.url("/small"))
        assert response.body == b"small"
        numbers.append(response.headers["X-Connection"])
    # It says so in the last of four responses, so that none is lost.
    assert [numbers.count(number) for number in dict.fromkeys(numbers)] == [4, 4, 2]


async def test_a_server_that_keeps_nothing(nginx, either):
    for _ in range(3):
        assert (await either.fetch(nginx.url("/short/small"))).body == b"small"


async def test_one_connection_carries_files_ranges_and_errors(nginx, make_client):
    client = make_client()
    whole = await client.fetch(nginx.url("/document"))
    assert whole.body == DOCUMENT
    part = await client.fetch(nginx.url("/document"), headers={"Range": "bytes=10-19"})
    assert (part.code, part.body) == (206, DOCUMENT[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(DOCUMENT)}"
    beyond = await client.fetch(
        nginx.url("/document"), headers={"Range": "bytes=99999999-"}, raise_error=False
    )
    assert beyond.code == 416
    missing = await client.fetch(nginx.url("/nothing"), raise_error=False)
    assert missing.code == 404
    assert b"nginx" in missing.body
    assert part.headers["X-Connection"] == whole.headers["X-Connection"]


async def test_several_ranges_are_parts(nginx, either):
    response = await either.fetch(nginx.url("/document"), headers={"Range": "bytes=0-3,100-103"})
    assert response.code == 206
    kind, _, boundary = response.headers["Content-Type"].partition("; boundary=")
    assert kind == "multipart/byteranges"
    assert response.body.count(b"--" + boundary.encode()) == 3
    assert DOCUMENT[100:104] in response.body


async def test_what_did_not_change_is_not_sent(nginx, either):
    first = await either.fetch(nginx.url("/document"))
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    for options in (
        {"headers": {"If-None-Match": first.headers["ETag"]}},
        {"if_modified_since": tomorrow},
    ):
        with pytest.raises(HTTPClientError) as caught:
            await either.fetch(nginx.url("/document"), **options)
        assert caught.value.code == 304
        assert caught.value.response.body == b""


async def test_head_has_the_fields_alone(nginx, either):
    response = await either.fetch(nginx.url("/document"), method="HEAD")
    assert response.headers["Content-Length"] == str(len(DOCUMENT))
    assert response.body == b""
    assert (await either.fetch(nginx.url("/small"))).body == b"small"


@pytest.mark.parametrize("streamed", [False, True])
async def test_packed_bodies_come_in_chunks_and_are_unpacked(nginx, either, streamed):
    pieces, lines = [], []
    options = {"streaming_callback": pieces.append} if streamed else {}
    for _ in range(2):
        pieces.clear()
        url = nginx.url("/packed/document")
        response = await either.fetch(url, header_callback=lines.append, **options)
        assert (b"".join(pieces) if streamed else response.body) == DOCUMENT
    sent = "".join(lines)
    assert "Transfer-Encoding: chunked\r\n" in sent
    assert "Content-Encoding: gzip\r\n" in sent
    plain = await either.fetch(nginx.url("/packed/document"), decompress_response=False)
    assert plain.body == DOCUMENT


async def test_through_its_own_proxy(nginx, either):
    for _ in range(2):
        assert (await either.fetch(nginx.url("/proxied/document"))).body == DOCUMENT


async def test_bodies_arrive(nginx, either):
    for method in ("POST", "PUT", "PATCH"):
        response = await either.fetch(
            nginx.url("/reached/"), method=method, body=b"x" * 900, headers={"X-Sent": "yes"}
        )
        assert response.body == f"{method} 900 yes".encode()


async def test_produced_and_announced_bodies_arrive(nginx, make_client):
    client = make_client()

    async def produce(write):
        for _ in range(3):
            await write(b"x" * 100)

    url = nginx.url("/reached/")
    for options in ({}, {"headers": {"Content-Length": "300"}}, {"expect_100_continue": True}):
        response = await client.fetch(url, method="POST", body_producer=produce, **options)
        assert response.body.startswith(b"POST ")


async def test_a_body_that_is_too_large_is_refused_in_time(nginx, either):
    for size in (1001, 3_000_000):
        response = await either.fetch(
            nginx.url("/small"), method="POST", body=b"x" * size, raise_error=False
        )
        assert response.code == 413


async def test_tls_with_a_name_that_is_verified(nginx, either, ca_file):
    url = nginx.tls_url("/document")
    first, second = [await either.fetch(url, ca_certs=ca_file) for _ in range(2)]
    assert first.body == DOCUMENT
    assert first.headers["X-Connection"] == second.headers["X-Connection"]
    by_address = url.replace("localhost", "127.0.0.1")
    for refused, options in ((url, {}), (by_address, {"ca_certs": ca_file})):
        with pytest.raises((ssl.SSLError, HTTPClientError)):
            await either.fetch(refused, **options)


async def test_a_redirect_into_tls(nginx, either, ca_file):
    response = await either.fetch(nginx.url("/moved/"), ca_certs=ca_file)
    assert response.effective_url == nginx.tls_url("/document")
    assert response.body == DOCUMENT


async def test_many_at_once(nginx, either, ca_file):
    urls = [nginx.url("/small"), nginx.url("/packed/document"), nginx.tls_url("/document")]
    fetches = [either.fetch(url, ca_certs=ca_file) for url in urls * 20]
    bodies = [response.body for response in await asyncio.gather(*fetches)]
    assert bodies == [b"small", DOCUMENT, DOCUMENT] * 20


async def test_a_slow_reader_gets_it_all(nginx, make_client):
    client = make_client()
    received = bytearray()
    async with client.stream(nginx.url("/document")) as response:
        async for piece in response:
            received += piece
            await asyncio.sleep(0.001)
    assert received == DOCUMENT
