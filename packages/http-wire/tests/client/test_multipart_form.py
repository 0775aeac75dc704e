"""Forms with files, read back by our own server and by another."""

from __future__ import annotations

import asyncio
import io
import os
import threading
from pathlib import Path

import aiohttp.web
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.http_wire import HTTPOutputError, MultipartForm, parse_body_arguments

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def parsed(content_type, body):
    arguments, files = {}, {}
    parse_body_arguments(content_type, body, arguments, files)
    return arguments, {
        name: [(one.filename, one.content_type, one.body) for one in several]
        for name, several in files.items()
    }


@pytest.fixture
async def form(tmp_path):
    """Give a form with everything in it."""
    path = tmp_path / "b\xe4ch.png"
    path.write_bytes(bytes(range(256)) * 1000)
    form = MultipartForm()
    form.add_field("title", "caf\xe9\r\n--")
    form.add_field("title", b"\xff")
    form.add_file("photo", path)
    form.add_file("note", "text", filename="a b.txt")
    form.add_file("log", io.BytesIO(b"from the start"), filename="x", content_type="text/x-log")
    return form


def check(content_type, body):
    arguments, files = parsed(content_type, body)
    assert arguments == {"title": ["caf\xe9\r\n--".encode(), b"\xff"]}
    assert files == {
        "photo": [("b\xe4ch.png", "image/png", bytes(range(256)) * 1000)],
        "note": [("a b.txt", "text/plain", b"text")],
        "log": [("x", "text/x-log", b"from the start")],
    }


async def test_a_form_is_sent_while_it_is_read(canned_server, client, form):
    async with canned_server(OK) as server:
        for _ in range(2):
            options = {"headers": form.headers, "body_producer": form.produce}
            await client.fetch(server.url(), method="POST", **options)
    assert b"Content-Length: %d\r\n" % form.size in server.heads[0]
    for body in server.bodies:
        check(form.content_type, body)


async def test_a_form_is_sent_as_a_whole(canned_server, either, form):
    async with canned_server(OK) as server:
        body = await form.read()
        await either.fetch(server.url(), method="POST", headers=form.headers, body=body)
    assert len(body) == form.size
    check(form.content_type, server.bodies[0])


async def test_another_server_reads_the_same(client, form):
    seen = {}

    async def handle(request):
        async for part in await request.multipart():
            seen.setdefault(part.name, []).append((part.filename, bytes(await part.read())))
        return aiohttp.web.Response()

    application = aiohttp.web.Application()
    application.router.add_post("/", handle)
    runner = aiohttp.web.AppRunner(application)
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = "http://127.0.0.1:{}/".format(*runner.addresses[0][1:2])
    form.add_file("stream", endless(3), filename='q"uoted', content_type="text/plain")
    assert form.size is None
    await client.fetch(url, method="POST", headers=form.headers, body_producer=form.produce)
    await runner.cleanup()
    assert seen["title"][0] == (None, "caf\xe9\r\n--".encode())
    assert seen["photo"] == [("b\xe4ch.png", bytes(range(256)) * 1000)]
    assert seen["stream"] == [("q%22uoted", b"piece" * 3)]


async def endless(count):
    for _ in range(count):
        await asyncio.sleep(0)
        yield b"piece"


@pytest.mark.spec("S133")
@pytest.mark.parametrize("wrong", ["a\r\nX: y", "a\rb", "a\nb", "a\0b", "a\x1fb", "a\x7fb"])
def test_nothing_ends_a_line_from_within(wrong):
    form = MultipartForm()
    with pytest.raises(ValueError, match="CR, LF or"):
        form.add_field(wrong, "v")
    with pytest.raises(ValueError, match="CR, LF or"):
        form.add_file(wrong, b"", filename="f")
    with pytest.raises(ValueError, match="CR, LF or"):
        form.add_file("n", b"", filename=wrong)
    for add in (form.add_field, form.add_file):
        options = {"filename": "f"} if add == form.add_file else {}
        with pytest.raises(ValueError, match="content type"):
            add("n", b"", content_type=f"text/plain{wrong}", **options)
    assert form.size == len(b"----\r\n") + 32


NAMES = st.text(st.characters(exclude_characters='"', exclude_categories=["Cs", "Cc"]), min_size=1)


@given(st.lists(st.tuples(NAMES, st.binary()), max_size=5))
def test_what_is_written_is_read(fields):
    form = MultipartForm()
    for name, value in fields:
        form.add_field(name, value)
    body = asyncio.run(form.read())
    arguments, _ = parsed(form.content_type, body)
    expected = {}
    for name, value in fields:
        expected.setdefault(name, []).append(value)
    assert arguments == expected


async def test_a_file_object_is_sent_from_where_it_stands():
    file = io.BytesIO(b"before, after")
    file.seek(8)
    form = MultipartForm()
    form.add_file("f", file, filename="f")
    for _ in range(2):
        body = await form.read()
        assert parsed(form.content_type, body)[1]["f"][0][2] == b"after"
        assert len(body) == form.size


async def test_a_file_that_grows_meanwhile_breaks_the_request_off(canned_server, client, tmp_path):
    path = tmp_path / "log"
    path.write_text("short")
    form = MultipartForm()
    form.add_file("f", path)
    path.write_text("longer")
    async with canned_server(OK) as server:
        options = {"headers": form.headers, "body_producer": form.produce}
        with pytest.raises(HTTPOutputError, match="longer"):
            await client.fetch(server.url(), method="POST", **options)


async def test_a_file_object_that_cannot_seek_has_no_size():
    form = MultipartForm()
    reading, writing = os.pipe()
    os.write(writing, b"through a pipe")
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        form.add_file("f", file, filename="f")
        assert form.size is None
        body = await form.read()
    assert parsed(form.content_type, body)[1]["f"][0][2] == b"through a pipe"


async def test_a_pipe_has_no_size_and_is_opened_once(canned_server, client, tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    form = MultipartForm()
    form.add_file("f", path)
    assert form.size is None
    async with canned_server(OK) as server:
        writing = asyncio.create_task(asyncio.to_thread(path.write_bytes, b"through a pipe"))
        await client.fetch(
            server.url(), method="POST", headers=form.headers, body_producer=form.produce
        )
        await writing
    assert b"through a pipe" in server.bodies[0]


def is_open(path):
    return path in {file.resolve() for file in Path("/proc/self/fd").iterdir()}


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="asks Linux for what is open")
async def test_an_upload_that_is_cancelled_closes_its_file(client, tmp_path, eventually):
    path = tmp_path / "large"
    path.write_bytes(bytes(50_000_000))
    form = MultipartForm()
    form.add_file("f", path)

    writers = []
    server = await asyncio.start_server(lambda _, w: writers.append(w), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    options = {"headers": form.headers, "body_producer": form.produce}
    fetch = client.fetch(url, method="POST", **options)
    try:
        await eventually(lambda: writers and is_open(path))
        fetch.cancel()
        await asyncio.wait([fetch])
        await eventually(lambda: not is_open(path))
    finally:
        for writer in writers:
            writer.transport.abort()
        server.close()
        await server.wait_closed()


async def test_a_file_that_opens_after_its_upload_was_cancelled_is_closed(
    tmp_path, eventually, monkeypatch
):
    path = tmp_path / "file"
    path.write_bytes(b"x")
    form = MultipartForm()
    form.add_file("f", path)
    opening, cancelled = threading.Event(), threading.Event()
    files = []
    open_at_once = Path.open

    def open_late(*arguments):
        opening.set()
        cancelled.wait(10)
        files.append(open_at_once(*arguments))
        return files[-1]

    monkeypatch.setattr(Path, "open", open_late)
    reading = asyncio.ensure_future(form.read())
    await eventually(opening.is_set)
    reading.cancel()
    await asyncio.wait([reading])
    cancelled.set()
    await eventually(lambda: files and files[0].closed)


async def test_a_pipe_that_stalls_holds_up_nobody_when_the_fetch_ends(
    canned_server, client, tmp_path
):
    os.mkfifo(tmp_path / "pipe")
    form = MultipartForm()
    form.add_file("f", tmp_path / "pipe")
    async with canned_server(lambda *_: None) as server:
        fetching = client.fetch(
            server.url(), method="POST", headers=form.headers, body_producer=form.produce
        )
        pipe = await asyncio.to_thread(os.open, tmp_path / "pipe", os.O_WRONLY)
        await asyncio.sleep(0.05)  # within which the other end is read from
        closing = threading.Timer(5, os.close, (pipe,))
        closing.start()
        fetching.cancel()
        await asyncio.sleep(0.05)
        assert closing.is_alive()
        closing.cancel()
        os.close(pipe)


def test_what_is_no_file_is_refused(tmp_path):
    form = MultipartForm()
    with pytest.raises(ValueError, match="filename"):
        form.add_file("f", b"")
    with pytest.raises(FileNotFoundError):
        form.add_file("f", tmp_path / "none")
    with pytest.raises(IsADirectoryError):
        form.add_file("f", tmp_path)
