"""An application of ours under other people's WSGI servers, as processes of their own."""

import contextlib
import http.client
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

PROGRAM = """
import asyncio

from etesian.web import Application, RequestHandler, WSGIAdapter, stream_request_body


class Hello(RequestHandler):
    async def get(self, name):
        await asyncio.sleep(0)
        self.set_cookie("seen", "yes")
        self.add_header("X-Two", "1")
        self.add_header("X-Two", "2")
        self.write({"name": name, "a": self.get_argument("a"), "host": self.request.host,
                    "ip": self.request.remote_ip, "scheme": self.request.protocol})

    def post(self, name):
        self.write(self.get_body_argument("word") * 3)


@stream_request_body
class Count(RequestHandler):
    total = 0

    async def data_received(self, chunk):
        self.total += len(chunk)

    def put(self):
        self.write(str(self.total))


class Fails(RequestHandler):
    def get(self):
        raise ZeroDivisionError


wsgi = WSGIAdapter(Application([("/hello/(.*)", Hello), ("/count", Count), ("/fails", Fails)]))
"""

SERVERS = {
    "gunicorn": ["--bind", "127.0.0.1:{port}", "--threads", "4", "--workers", "1", "shown:wsgi"],
    "waitress": ["--listen", "127.0.0.1:{port}", "shown:wsgi"],
}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def wait_for(port, process, output):
    for _ in range(200):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.05)
    raise AssertionError(output.read_text())


@pytest.fixture(scope="module", params=SERVERS)
def port(request, tmp_path_factory):
    """Give the port of a server, which runs for all tests of it."""
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "shown.py").write_text(PROGRAM)
    number = free_port()
    arguments = [argument.format(port=number) for argument in SERVERS[request.param]]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    output = folder / "output"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", request.param, *arguments],
            cwd=folder,
            env=environment,
            stdout=file,
            stderr=file,
        )
        try:
            wait_for(number, process, output)
            yield number
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


@pytest.fixture
def fetch(port):
    def run(method, target, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    return run


@pytest.mark.spec("B-WEB-224")
def test_a_handler_answers(fetch, port):
    status, headers, body = fetch("GET", "/hello/caf%C3%A9%20b?a=%26")
    assert status == 200
    expected = {"name": "caf\u00e9 b", "a": "&", "host": f"127.0.0.1:{port}"}
    assert json.loads(body) == expected | {"ip": "127.0.0.1", "scheme": "http"}
    assert headers["Content-Type"] == "application/json; charset=UTF-8"
    assert headers.get_all("X-Two") == ["1", "2"]
    assert headers["Set-Cookie"].startswith("seen=yes")
    assert headers["Etag"]


def test_forms_and_bodies_arrive(fetch):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert fetch("POST", "/hello/x", b"word=ab", **form)[2] == b"ababab"
    assert fetch("PUT", "/count", b"x" * 300_000)[2] == b"300000"
    pieces = iter([b"x" * 1000] * 50)
    assert fetch("PUT", "/count", pieces)[2] == b"50000"  # chunked


def test_errors_conditions_and_head(fetch):
    assert fetch("GET", "/none")[0] == 404
    assert fetch("GET", "/fails")[0] == 500
    assert fetch("DELETE", "/hello/x")[0] == 405
    etag = fetch("GET", "/hello/x?a=1")[1]["Etag"]
    assert fetch("GET", "/hello/x?a=1", **{"If-None-Match": etag})[0] == 304


def test_many_at_once(fetch):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        answers = [*pool.map(lambda n: fetch("GET", f"/hello/{n}?a=1"), range(40))]
    assert [json.loads(body)["name"] for _, _, body in answers] == [str(n) for n in range(40)]
