"""The blocking client and the command, against a server in another thread."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from etesian.http_wire.client import main
from etesian.http_wire.client.errors import HTTPClientError
from etesian.http_wire.client.sync_client import HTTPClient


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        code = int(self.path.strip("/") or 200)
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "/")
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Print no traceback of a client that has gone: the tests look at what is printed."""


@pytest.fixture(scope="module")
def url():
    with Server(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_response_is_the_callers_alone(url):
    with HTTPClient() as client:
        response = weakref.ref(client.fetch(url))
        gc.collect()
        assert response() is None


@pytest.mark.spec("B-HTTP-116")
def test_it_works_outside_of_a_loop(url):
    with HTTPClient() as client:
        for _ in range(2):
            assert client.fetch(url).body == b"hello"
        with pytest.raises(HTTPClientError):
            client.fetch(url + "404")
        assert client.fetch(url + "404", raise_error=False).code == 404
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
    client.close()


@pytest.mark.spec("B-HTTP-116")
async def test_it_works_inside_of_a_loop(url, anyio_backend):
    loop = asyncio.get_running_loop()
    with HTTPClient() as client:
        assert client.fetch(url).body == b"hello"
    assert asyncio.get_running_loop() is loop


def test_options_are_those_of_the_client(url):
    with HTTPClient(defaults={"follow_redirects": False}) as client:
        assert client.fetch(url + "302", raise_error=False).code == 302
    with pytest.raises(TypeError):
        HTTPClient(no_such_option=1)


def test_a_closed_client_says_so(url):
    client = HTTPClient()
    client.close()
    with pytest.raises(RuntimeError, match="closed HTTP client"):
        client.fetch(url)


def test_an_interruption_abandons_the_fetch(url, caplog):
    def interrupt(_):
        raise KeyboardInterrupt

    with HTTPClient() as client:
        with pytest.raises(KeyboardInterrupt):
            client.fetch(url, streaming_callback=interrupt)
        assert client.fetch(url).body == b"hello"
    gc.collect()  # a task that was left behind would complain
    assert caplog.records == []


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_an_interruption_inside_of_a_loop_does_not_wait_for_the_server(anyio_backend):
    def interrupt():
        connection, _ = listener.accept()
        with connection:
            time.sleep(0.1)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)
            connection.recv(65536)
            assert connection.recv(65536) == b""

    def raise_interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, raise_interrupt)
    with socket.create_server(("127.0.0.1", 0)) as listener, HTTPClient() as client:
        server = threading.Thread(target=interrupt)
        server.start()
        began = time.monotonic()
        try:
            with pytest.raises(KeyboardInterrupt):
                client.fetch(f"http://127.0.0.1:{listener.getsockname()[1]}/", request_timeout=5)
        finally:
            signal.signal(signal.SIGALRM, before)
        assert time.monotonic() - began < 4
        server.join(timeout=2)


@pytest.mark.spec("B-HTTP-164")
def test_the_command_prints_the_body(url):
    command = [sys.executable, "-m", "etesian.http_wire.client", url]
    assert subprocess.run(command, check=True, capture_output=True).stdout == b"hello"


@pytest.mark.spec("B-HTTP-164")
def test_the_command_prints_what_is_asked_for(url, capfdbinary):
    assert main(["--print_headers", "--print_body=false", url]) == 0
    printed = capfdbinary.readouterr().out
    assert b"Content-Length: 5\n" in printed
    assert b"hello" not in printed
    assert main(["--follow_redirects=false", url + "302"]) == 1
    captured = capfdbinary.readouterr()
    assert captured.out == b"hello"
    assert captured.err == b"HTTP 302: Found\n"
    assert main(["http://127.0.0.1:1/"]) == 7
    with pytest.raises(SystemExit):
        main(["--print_body=maybe", url])
