"""One process behind ``etesian run``, asked over real sockets."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import ssl
import time
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from etesian.cli.serving import drain
from etesian.http_wire.interface import create_server
from etesian.web import Application, RequestHandler
from etesian.websocket import websocket_connect


def get(url, **options):
    with urlopen(url, timeout=10, **options) as response:
        return response.read().decode()


@pytest.mark.parametrize("options", [(), ("--uvloop",)], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_serves_until_a_signal_and_ends_cleanly(start, options, number):
    command = start("program:application", "--port=0", *options)
    url = command.url()
    assert get(url) == "Hello, world"
    seen = json.loads(get(f"{url}/seen", data=b"12345"))
    assert seen["loop"].startswith("uvloop" if options else "asyncio")
    assert command.end(number) == 0
    assert "Traceback" not in command.log
    assert "200 GET / " in command.log


def test_a_request_that_has_begun_is_answered(start):
    command = start("program:application", "--port=0")
    with urlopen(f"{command.url()}/slow", timeout=10) as response:
        assert response.read(8) == b"Slowly, "
        command.send(signal.SIGTERM)
        assert response.read() == b"hello"
    assert command.process.wait(timeout=5) == 0


async def test_who_waits_to_be_accepted_when_the_end_is_asked_for_is_answered(anyio_backend):
    class Hello(RequestHandler):
        def get(self):
            self.write("hello")

    server = create_server(Application([("/", Hello)]))
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    server.add_sockets([listening])
    await asyncio.sleep(0.01)
    with socket.create_connection(listening.getsockname(), timeout=5) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await drain(server, SimpleNamespace(drain=10))
        assert client.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("workers", [(), ("--workers=1",)], ids=["alone", "worker"])
async def test_a_websocket_is_told_that_the_server_goes_away(
    start, program, workers, anyio_backend
):
    (program / "sockets.py").write_text(
        "from etesian.websocket import WebSocketHandler\napplication = [('/', WebSocketHandler)]\n"
    )
    command = start("sockets:application", "--port=0", *workers)
    connection = await websocket_connect(command.url().replace("http", "ws"))
    command.send(signal.SIGTERM)
    assert await connection.read_message() is None
    assert connection.close_code == 1001
    assert command.process.wait(timeout=5) == 0


def test_the_time_for_requests_is_bounded(start):
    command = start("program:application", "--port=0", "--drain=0.2")
    with urlopen(f"{command.url()}/slow?seconds=60", timeout=10) as response:
        assert response.read(8) == b"Slowly, "
        assert command.end(within=3) == 0


@pytest.mark.parametrize("path", ["/slow?seconds=60", "/stuck"])
def test_a_second_signal_ends_at_once(start, path):
    command = start("program:application", "--port=0")
    host, port = command.url().removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        if path == "/stuck":
            command.until("It is stuck")
        else:
            assert client.recv(1)
        command.send(signal.SIGINT)
        time.sleep(0.2)
        assert command.process.poll() is None
        assert command.end(signal.SIGINT, within=2) == 128 + signal.SIGINT


def test_a_thread_that_goes_on_does_not_keep_it(start):
    command = start("program:wsgi_that_sleeps", "--port=0", "--drain=0.1")
    host, port = command.url().removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        command.until("It sleeps")
        assert command.end(within=5) == 0
    assert "threads are still busy" in command.log


def test_listens_on_this_machine_only_unless_told(start):
    assert start("program:application", "--port=0").url().startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    "target", [("program:wsgi",), ("program:wsgi_of_anything", "--wsgi", "--threads=2")]
)
def test_serves_a_wsgi_application(start, target):
    assert get(start(*target, "--port=0").url()) == "Hello, WSGI"


def test_a_taken_port_is_one_line_and_status_1(run, program):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = run("program:application", f"--port={port}")
    assert command.process.returncode == 1
    expected = f"etesian: cannot listen on 127.0.0.1:{port}: Address already in use\n"
    assert command.log == expected


def test_uvloop_that_is_not_there_is_named(run, program, monkeypatch):
    (program / "uvloop.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(program))
    command = run("program:application", "--uvloop")
    assert command.process.returncode == 1
    assert "uvloop is not installed" in command.log


def test_serves_https_and_asks_clients_for_certificates(start, program):
    trustme = pytest.importorskip("trustme")
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    issued.private_key_and_cert_chain_pem.write_to_path(program / "server.pem")
    authority.cert_pem.write_to_path(program / "ca.pem")
    command = start(
        "program:application",
        "--port=0",
        "--certfile=server.pem",
        "--ca-certs=ca.pem",
        "--client-certs=required",
    )
    url = command.url().replace("127.0.0.1", "localhost")
    assert url.startswith("https://")
    context = ssl.create_default_context(cafile=program / "ca.pem")
    with pytest.raises(OSError, match=r"certificate required|reset|EOF|closed"):
        get(url, context=context)
    authority.issue_cert("client@example.org").configure_cert(context)
    assert get(url, context=context) == "Hello, world"


def test_a_certificate_that_is_none_is_one_line(run, program):
    (program / "server.pem").write_text("nothing")
    command = run("program:application", "--port=0", "--certfile=server.pem")
    assert command.process.returncode == 1
    assert command.log.startswith("etesian: cannot use server.pem: ")


def test_limits_are_those_of_the_command_line(start):
    url = start("program:application", "--port=0", "--max-body-size=1K").url()
    assert json.loads(get(f"{url}/seen", data=bytes(1024)))["size"] == 1024
    with pytest.raises(HTTPError, match="413"):
        get(f"{url}/seen", data=bytes(1025))


@pytest.mark.parametrize(
    ("options", "address"),
    [
        ((), "127.0.0.1"),
        (("--proxy-headers",), "10.0.0.7"),
        (("--proxy-headers", "--trusted-proxy=10.0.0.0/8"), "127.0.0.1"),
        (
            ("--proxy-headers", "--trusted-proxy=127.0.0.1", "--trusted-proxy=10.0.0.0/8"),
            "192.0.2.1",
        ),
    ],
)
def test_believes_trusted_proxies_where_told(start, options, address):
    url = start("program:application", "--port=0", *options).url()
    request = Request(f"{url}/seen", b"", {"X-Forwarded-For": "192.0.2.1, 10.0.0.7"})
    assert json.loads(get(request))["ip"] == address


def test_logs_as_told(start):
    command = start("program:application", "--port=0", "--log-format=json")
    get(command.url())
    command.until("duration_ms")
    record = json.loads(command.log)
    assert (record["status"], record["uri"], record["level"]) == (200, "/", "INFO")
    silent = start("program:application", "--port=0", "--no-access-log")
    get(silent.url())
    assert silent.end() == 0
    assert silent.log == ""


def test_the_logging_of_the_program_is_left_alone(start, program):
    (program / "own.py").write_text(
        "import logging\nlogging.basicConfig(format='own: %(message)s', level='INFO')\n"
        "from program import application\n"
    )
    command = start("own:application", "--port=0")
    get(command.url())
    command.until("own: 200 GET /")


@pytest.mark.parametrize("options", [(), ("--uvloop",)], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("workers", [(), ("--workers=1",)], ids=["alone", "worker"])
def test_what_a_module_begins_on_the_loop_to_come_runs(start, program, options, workers):
    (program / "early.py").write_text(
        "from etesian.core_loop import IOLoop, PeriodicCallback\n"
        "from program import application\n"
        "IOLoop.current().add_callback(print, 'called', flush=True)\n"
        "PeriodicCallback(lambda: print('again', flush=True), 10).start()\n"
    )
    command = start("early:application", "--port=0", *options, *workers)
    lines = {command.process.stdout.readline().split()[0] for _ in range(5)}
    assert lines == {"Serving", "called", "again"}


def test_debug_shows_the_traceback_to_this_machine(start):
    url = start("program:application", "--port=0", "--debug").url()
    with pytest.raises(HTTPError) as caught:
        get(Request(f"{url}/fail", headers={"Accept": "text/html"}))
    assert "own trouble" in caught.value.read().decode()


def test_the_environment_holds_options(start, monkeypatch):
    monkeypatch.setenv("ETESIAN_RUN_PORT", "0")
    monkeypatch.setenv("ETESIAN_RUN_ACCESS_LOG", "0")
    command = start("program:application")
    get(command.url())
    assert command.end() == 0
    assert command.log == ""
