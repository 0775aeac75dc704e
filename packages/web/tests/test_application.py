import asyncio

import pytest

from etesian.web import Application, RequestHandler


class Hello(RequestHandler):
    def get(self):
        self.write("hello")


@pytest.mark.spec("B-WEB-213")
def test_unknown_settings_are_kept():
    application = Application(cookie_secret="s", of_ours={"a": 1})
    assert application.settings == {"cookie_secret": "s", "of_ours": {"a": 1}}


@pytest.mark.spec("B-WEB-214")
async def test_listen_gives_the_server_and_passes_its_options(anyio_backend):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = Application([("/", Hello)]).listen(port, "127.0.0.1", no_keep_alive=True, backlog=5)
    try:
        await asyncio.sleep(0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 5)
        assert answer.endswith(b"\r\n\r\nhello")
        writer.close()
        await writer.wait_closed()
    finally:
        server.stop()
        await server.close_all_connections()


@pytest.mark.spec("B-WEB-215")
def test_debug_turns_on_four_settings_that_can_each_be_overridden():
    settings = Application(debug=True, autoreload=False).settings
    assert settings["serve_traceback"] == "loopback"
    assert settings["compiled_template_cache"] is False
    assert settings["static_hash_cache"] is False
    assert settings["autoreload"] is False
    settings = Application(debug=True, autoreload=False, serve_traceback=False).settings
    assert settings["serve_traceback"] is False


async def test_pipelined_requests_are_answered_in_order_also_by_coroutines(serve):
    class Slow(RequestHandler):
        async def get(self, number):
            await asyncio.sleep(0.02 if number == "1" else 0)
            self.write(f"[{number}]")

    site = serve([(r"/(\d)", Slow)])
    raw = b"".join(b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % number for number in (1, 2, 3))
    last = b"GET /4 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    answer = await site.exchange(raw + last)
    assert [answer.index(b"[%d]" % n) for n in (1, 2, 3, 4)] == sorted(
        answer.index(b"[%d]" % n) for n in (1, 2, 3, 4)
    )


async def test_one_connection_serves_many_requests(serve):
    site = serve([("/", Hello)])
    reader, writer = await site.connect()
    for _ in range(3):
        writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        assert b"200 OK" in head
        assert await reader.readexactly(5) == b"hello"
    writer.close()
    await writer.wait_closed()


async def test_debug_starts_anew_when_files_change(anyio_backend, monkeypatch):
    from etesian.core_loop.interface import autoreload

    started = []
    monkeypatch.setattr(autoreload, "start", lambda: started.append(True))
    Application(debug=True)
    Application()
    assert started == [True]
