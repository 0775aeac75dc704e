"""The examples in the docstrings of public names run, against servers that they suit."""

from __future__ import annotations

import asyncio
import inspect
import re
import textwrap
from pathlib import Path

import pytest

from etesian import http_wire

OK = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 2\r\n\r\nok"
SWITCH = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\nhello<close>"
)
EVENT = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 1\ndata: hello\n\n<close>"
)
OVER = b"HTTP/1.1 204 No Content\r\n\r\n"


def example(name):
    docstring = inspect.getdoc(getattr(http_wire, name)) or ""
    (code,) = re.findall(r"^::\n\n((?:(?:    .*)?\n)+)", docstring, re.MULTILINE)
    return textwrap.dedent(code)


def run(code, names):
    """Run it as a program would: in a thread, for it may block, and with a loop of its own."""
    lines = f"async def main():\n{textwrap.indent(code, '    ')}\n    await asyncio.sleep(0.05)"
    exec(compile(lines, "example", "exec"), names)  # noqa: S102  # our own examples
    asyncio.run(names["main"]())


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("AsyncHTTPClient", "200 text/plain b'ok'"),
        ("HTTPRequest", ""),
        ("HTTPResponse", "text/plain b'ok'"),
        ("ResponseStream", "200 2\n2"),
        ("HTTPClient", "b'ok'"),
        ("CurlAsyncHTTPClient", ""),
        ("CookieJar", "a=1"),
        ("RetryPolicy", ""),
        ("MultipartForm", ""),
        ("EventSource", "message hello"),
        ("connect_upgrade", "b'hello'"),
    ],
)
async def test_the_example_of_each_runs(
    canned_server, tmp_path, monkeypatch, capsys, name, printed
):
    if name == "CurlAsyncHTTPClient":
        pytest.importorskip("pycurl", reason="the extra curl is not installed")
    if name == "CookieJar":
        pytest.importorskip("publicsuffixlist", reason="the extra cookies is not installed")

    def respond(number, head, body):
        if name == "EventSource":
            return EVENT if number == 1 else OVER
        if name == "connect_upgrade":
            return SWITCH
        return OK.replace(b"Set-Cookie", b"Content-Type: text/plain\r\nSet-Cookie")

    monkeypatch.chdir(tmp_path)
    (tmp_path / "beach.jpg").write_bytes(b"sand")
    async with canned_server(respond) as server:
        names = {key: getattr(http_wire, key) for key in http_wire.__all__ if "Curl" not in key}
        names |= {"asyncio": asyncio, "Path": Path, "url": server.url()}
        code = example(name)
        if "client" in code and "client =" not in code and "as client" not in code:
            code = "client = AsyncHTTPClient()\n" + code
        if "Curl" in code:
            names["CurlAsyncHTTPClient"] = http_wire.CurlAsyncHTTPClient
        await asyncio.to_thread(run, code, names)
    assert server.heads
    assert capsys.readouterr().out.strip() == printed
