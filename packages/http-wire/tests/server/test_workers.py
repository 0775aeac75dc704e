"""Servers of several processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

PROGRAM = """if True:
    import asyncio, os, sys
    from etesian.core_loop.interface import IOLoop
    from etesian.http_wire import HTTPHeaders, HTTPServer, ResponseStartLine
    def answer(request):
        body = b"%d" % os.getpid()
        headers = HTTPHeaders({"Content-Length": str(len(body)), "Connection": "close"})
        request.connection.write_headers(ResponseStartLine("HTTP/1.1", 200, "OK"), headers, body)
        request.connection.finish()
    server = HTTPServer(answer, no_keep_alive=True)
    server.bind(int(sys.argv[1]), "127.0.0.1")
    server.start(int(sys.argv[2]))
    IOLoop.current().start()
"""


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def children(pid):
    """The processes that one has forked, proc(5)."""
    with open(f"/proc/{pid}/task/{pid}/children") as listed:  # noqa: PTH123  # no file but text
        return {int(one) for one in listed.read().split()}


def ask(port):
    """The process that answers."""
    until = time.monotonic() + 10
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 10) as peer:
                peer.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                answer = b"".join(iter(lambda: peer.recv(4096), b""))
        except ConnectionRefusedError:
            assert time.monotonic() < until
            time.sleep(0.02)
        else:
            return int(answer.rpartition(b"\r\n")[2])


@pytest.mark.spec("B-HTTP-058")
@pytest.mark.parametrize(("asked", "workers"), [(0, len(os.sched_getaffinity(0))), (1, 0), (3, 3)])
def test_how_many_workers_are_made(free_port, asked, workers):
    command = [sys.executable, "-c", PROGRAM, str(free_port), str(asked)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as parent:
        try:
            answered_by = ask(free_port)
            until = time.monotonic() + 10
            while len(children(parent.pid)) < workers and time.monotonic() < until:
                time.sleep(0.02)
            made = children(parent.pid)
            assert len(made) == workers
            assert answered_by in (made or {parent.pid})
        finally:
            # The parent first, which would replace the workers.
            left = children(parent.pid)
            parent.kill()
            parent.wait(10)
            for pid in left:
                os.kill(pid, signal.SIGKILL)


INCOMPATIBLE = """if True:
    import os, sys
    from etesian.core_loop.interface import autoreload
    from etesian.http_wire import HTTPServer
    server = HTTPServer(lambda request: None)
    server.bind(0, "127.0.0.1")
    autoreload.start()
    try:
        server.start(int(sys.argv[1]))
    except RuntimeError as error:
        print(error)
    children = f"/proc/{os.getpid()}/task/{os.getpid()}/children"
    print(len(open(children).read().split()), "workers")
    server.stop()
"""


@pytest.mark.spec("B-HTTP-059")
@pytest.mark.parametrize(("asked", "refused"), [(0, 1), (2, 1), (1, 0)])
def test_a_program_that_reloads_itself_cannot_have_workers(asked, refused):
    command = [sys.executable, "-W", "ignore", "-c", INCOMPATIBLE, str(asked)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    refusal = ["fork_processes must be called before any event loop is made"] * refused
    assert result.stdout.splitlines() == [*refusal, "0 workers"]
