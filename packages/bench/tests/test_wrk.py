from __future__ import annotations

import shutil
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import getpid
from threading import Thread
from urllib.error import HTTPError

import pytest

from etesian.bench.server_process import ServerProcess, server_process
from etesian.bench.wrk import HTTPLoad, LoadError

needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")


class Refusing(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()


def refusing():
    """A server of this process that has nothing."""
    return answering(Refusing)


@contextmanager
def answering(handler):
    """A server of this process, which logs nothing."""
    handler.log_message = lambda *_: None
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield ServerProcess(getpid(), server.server_port)
        server.shutdown()
        thread.join()


@needs_wrk
def test_measures_rate_and_processor_time():
    with server_process("etesian_web", uvloop=False) as server:
        load = HTTPLoad(server)
        assert load.answer() == b"Hello, world!"
        sample = load.measure(1)
    assert sample.rate > 100
    # One core cannot give more than a second of work in a second.
    assert 0 < sample.cpu_us * sample.rate <= 1.1e6


@needs_wrk
def test_responses_that_are_no_success_are_no_measurement():
    with refusing() as server, pytest.raises(LoadError, match="Non-2xx"):
        HTTPLoad(server).measure(1)


def test_an_answer_that_is_no_success_is_none():
    with refusing() as server, pytest.raises(HTTPError):
        HTTPLoad(server).answer()


def test_says_that_wrk_is_missing(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with refusing() as server, pytest.raises(LoadError, match="wrk and taskset are needed"):
        HTTPLoad(server).measure(1)


@needs_wrk
def test_posts_a_body_and_sends_headers():
    with server_process("etesian_delegate", uvloop=False) as server:
        load = HTTPLoad(server, headers={"X-A": "b"}, post_size=1024)
        assert load.answer() == b"x" * 1024
        assert load.measure(1).rate > 100


@needs_wrk
def test_asks_for_another_target_each_time():
    seen = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            seen.append((self.path, self.headers["X-A"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with answering(Handler) as server:
        HTTPLoad(server, "/a", headers={"X-A": "b"}, targets=7).measure(1)
    assert {*seen} == {(f"/a?page={number}", "b") for number in range(1, 8)}
