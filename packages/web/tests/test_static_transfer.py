"""How a file that does not lie in memory gets into the socket."""

import asyncio
import contextlib
import gzip
import os
import ssl
from pathlib import Path

import pytest
import trustme

from etesian.web import OutputTransform, StaticFileHandler
from etesian.web.static_files import opened_file
from etesian.web.static_files.content_cache import MAX_CACHED_SIZE

LARGE = os.urandom(1024) * 8 * 1024
GET = b"GET /static/large.bin HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "large.bin").write_bytes(LARGE)
    (tmp_path / "large.txt").write_bytes(b"text " * MAX_CACHED_SIZE)
    StaticFileHandler.reset()
    return tmp_path


@pytest.fixture
def sendfile_calls(monkeypatch):
    calls = []
    real = os.sendfile

    def counting(*args):
        calls.append(args)
        return real(*args)

    monkeypatch.setattr(os, "sendfile", counting)
    return calls


async def test_a_large_file_is_sent_by_the_kernel_and_the_connection_lives(
    serve, folder, sendfile_calls
):
    site = serve([], static_path=str(folder))
    reader, writer = await site.connect()
    for _ in range(2):
        writer.write(GET)
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"Content-Length: %d\r\n" % len(LARGE) in head
        assert await reader.readexactly(len(LARGE)) == LARGE
    writer.close()
    await writer.wait_closed()
    assert sendfile_calls


async def test_ranges_of_it_too_and_nothing_for_head(serve, folder, sendfile_calls):
    site = serve([], static_path=str(folder))
    response = await site.fetch("/static/large.bin", headers={"Range": "bytes=10-2000000"})
    assert response.body == LARGE[10:2000001]
    assert sendfile_calls
    sendfile_calls.clear()
    head = await site.fetch("/static/large.bin", "HEAD")
    assert (head.headers["Content-Length"], head.body) == (str(len(LARGE)), b"")
    assert not sendfile_calls


async def test_a_small_file_lies_in_memory(serve, folder, sendfile_calls, monkeypatch):
    (folder / "small.bin").write_bytes(LARGE[:100_000])
    monkeypatch.setattr(opened_file, "_CLOCK_TICK", 0)  # it was written just now
    site = serve([], static_path=str(folder))
    for _ in range(2):
        assert (await site.fetch("/static/small.bin")).body == LARGE[:100_000]
        monkeypatch.setattr(os, "open", None)  # the second time nothing is opened
    assert not sendfile_calls


async def test_over_tls_it_is_encrypted(serve, folder, sendfile_calls):
    authority = trustme.CA()
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server_context)
    client_context = ssl.create_default_context()
    authority.configure_trust(client_context)
    site = serve([], {"ssl_options": server_context}, static_path=str(folder))
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port, ssl=client_context)
    writer.write(GET)
    await reader.readuntil(b"\r\n\r\n")
    assert await reader.readexactly(len(LARGE)) == LARGE
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    assert not sendfile_calls


async def test_compression_goes_past_what_it_does_not_change(serve, folder, sendfile_calls):
    site = serve([], static_path=str(folder), compress_response=True)
    fields = {"Accept-Encoding": "gzip"}
    response = await site.fetch("/static/large.bin", headers=fields)
    assert response.body == LARGE
    assert sendfile_calls
    sendfile_calls.clear()
    response = await site.fetch("/static/large.txt", headers=fields)
    assert gzip.decompress(response.body) == b"text " * MAX_CACHED_SIZE
    assert not sendfile_calls


async def test_a_filter_that_may_change_octets_gets_all_of_them(serve, folder, sendfile_calls):
    class Inverted(OutputTransform):
        def transform_chunk(self, chunk, finishing):
            return bytes(octet ^ 255 for octet in chunk[:1]) + chunk[1:]

    site = serve([], static_path=str(folder))
    site.application.add_transform(Inverted)
    response = await site.fetch("/static/large.bin")
    assert response.body[0] == LARGE[0] ^ 255
    assert not sendfile_calls


@pytest.mark.spec("S190")
@pytest.mark.parametrize("by_kernel", [True, False])
async def test_a_file_that_shrinks_while_it_is_sent_cuts_the_connection(
    serve, folder, monkeypatch, by_kernel
):
    site = serve([], static_path=str(folder))
    real = os.sendfile
    done = asyncio.Event()

    def shrinking(out, file, offset, count):
        if not by_kernel:
            os.truncate(folder / "large.bin", 1_000_000)
            raise OSError(22, "Invalid argument")
        if offset >= 1_000_000:
            os.truncate(folder / "large.bin", offset)
            done.set()
        return real(out, file, offset, count)

    monkeypatch.setattr(os, "sendfile", shrinking)
    reader, writer = await site.connect()
    writer.write(GET)
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"Content-Length: %d\r\n" % len(LARGE) in head
    body = b""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(5):
            while data := await reader.read(65536):
                body += data
    assert len(body) < len(LARGE)
    assert LARGE.startswith(body)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


def opened_names():
    """Give the names of the files that this process has open, where the system tells."""
    names = set()
    for link in Path("/proc/self/fd").glob("*"):
        with contextlib.suppress(OSError):
            names.add(link.readlink().name)
    return names


async def test_a_file_is_closed_when_the_client_leaves(serve, folder):
    site = serve([], static_path=str(folder))
    for _ in range(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port, limit=1024)
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()
    async with asyncio.timeout(5):
        while "large.bin" in opened_names():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
