"""Programs as the documents teach to write them, run unchanged and talked to over sockets."""

from __future__ import annotations

import http.client
import json
import socket
import urllib.parse

import pytest
from websockets.sync.client import connect


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def get(port, path="/", method="GET", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode(), response.headers
    finally:
        connection.close()


def test_hello_world_with_options_and_logs(start):
    program = start("hello.py", f"--port={free_port()}", "--greeting=Good day", "--logging=none")
    port = program.port()
    assert get(port)[:2] == (200, "Good day")
    assert program.line().startswith("tornado.access INFO 200 GET / (127.0.0.1)")
    assert get(port, "/broken")[0] == 500
    assert program.line().startswith("tornado.application ERROR Uncaught exception GET /broken")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\nHost: a\nConnection: close\n\n", b"200"),
        (
            (
                b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n"
            ),
            b"200",
        ),
        # Nothing else is lenient.
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n folded\r\n\r\n", b"400"),
    ],
)
def test_the_wire_is_as_lenient_as_documented_and_no_more(start, head, status):
    port = start("hello.py", f"--port={free_port()}").port()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
        peer.sendall(head)
        assert peer.recv(100).split()[1] == status


def test_a_chat_by_page_long_polling_and_websocket(start):
    port = start("chat.py").port()
    with connect(f"ws://127.0.0.1:{port}/socket") as one:
        with connect(f"ws://127.0.0.1:{port}/socket") as two:
            one.send(json.dumps({"body": "first <b>"}))
            assert json.loads(one.recv(5)) == json.loads(two.recv(5)) == {"body": "first <b>"}
        status, body, _ = get(port, "/updates?cursor=0")
        assert json.loads(body) == {"messages": [{"id": 0, "body": "first <b>"}]}
        waiting = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        waiting.request("GET", "/updates?cursor=1")
        form = urllib.parse.urlencode({"body": "second é"})
        assert get(port, "/new", "POST", form)[0] == 201
        answer = json.loads(waiting.getresponse().read())
        assert answer == {"messages": [{"id": 1, "body": "second é"}]}
        waiting.close()
        assert json.loads(one.recv(5)) == {"body": "second é"}
    status, page, _ = get(port)
    assert status == 200
    assert "<title>Chat &amp; more</title>" in page
    assert "<li>first &lt;b&gt;</li><li>second é</li>" in page
    style = page.partition('href="')[2].partition('"')[0]
    assert style.startswith("/static/style.css?v=")
    status, css, headers = get(port, style)
    assert (status, css) == (200, "body { color: teal }\n")
    assert headers["Content-Type"] == "text/css"
    assert get(port, "/static/../chat.py")[0] in (403, 404)


def test_a_client_and_generator_coroutines(run):
    status, output, errors = run("crawler.py")
    assert status == 0
    assert errors.startswith("WARNING:tornado.access:404 GET /missing")
    assert errors.count("\n") == 1
    assert output.split("\n") == ["answers 0 2 4", "error 404", "queued", "timed out", ""]


def test_a_tcp_server_on_streams(start):
    port = start("tcp_echo.py").port()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
        peer.sendall(b"one\ntwo\n")
        with peer.makefile("rb") as lines:
            assert [lines.readline(), lines.readline()] == [b"echo one\n", b"echo two\n"]


def test_a_test_suite(run):
    status, _, report = run("unittests.py")
    assert status == 0, report
    assert "Ran 4 tests" in report


@pytest.mark.spec("B-WEB-036", "B-WEB-037", "B-WEB-038", "B-HTTP-104", "B-WS-056")
def test_a_program_of_the_callback_age(run):
    status, output, errors = run("callbacks.py")
    assert status == 0, errors
    assert output.split("\n") == [
        "200 answered later",
        "418 ",
        "200 through an engine: answered later",
        "200 both",
        "500 ",
        "599 ConnectionRefusedError",
        "by callback",
        "",
    ]
    assert errors.count("Traceback") == 1
