"""What becomes of the threads of an application when the event loop has stopped."""

import asyncio
import signal
import socket
import subprocess
import sys
import time

import pytest

from etesian.web.wsgi import body_pipe, response
from etesian.web.wsgi.body_pipe import BodyPipe
from etesian.web.wsgi.response import WSGIResponse

PROGRAM = """
import asyncio, sys
from etesian.web import Application, WSGIContainer

def application(environ, start_response):
    environ["wsgi.input"].read()
    start_response("200 OK", [])
    while True:
        yield b"x" * 1_000_000

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)

async def serve():
    Application([(r".*", WSGIContainer(application))]).listen(int(sys.argv[1]), "127.0.0.1")
    print("ready", flush=True)

loop.run_until_complete(serve())
loop.run_forever()
"""


@pytest.fixture
def stopped_loop(monkeypatch):
    monkeypatch.setattr(body_pipe, "_LOOK_INTERVAL", 0.01)
    monkeypatch.setattr(response, "_LOOK_INTERVAL", 0.01)
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def test_who_waits_for_the_body_is_told(stopped_loop):
    with pytest.raises(ConnectionResetError):
        BodyPipe(stopped_loop).read(1)


def test_who_waits_for_the_client_is_told(stopped_loop):
    answer = WSGIResponse(None, stopped_loop)
    write = answer.start("200 OK", [])
    with pytest.raises(ConnectionAbortedError, match="loop has stopped"):
        write(b"piece")


@pytest.fixture
def interruptible():
    """Have the processes that are started heed SIGINT, which a run in the background ignores."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(
    "request_head",
    [
        b"POST / HTTP/1.1\r\nContent-Length: 100000\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n",
    ],
)
def test_an_interrupted_process_ends_though_its_threads_wait(request_head):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        assert process.stdout.readline() == b"ready\n"
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(request_head + b"Host: h\r\n\r\n" + b"x" * 100_000)
            time.sleep(0.2)  # until a thread waits: for us, who do not read, or do not write
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            finally:
                process.kill()
