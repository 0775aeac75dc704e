"""Programs that the command is asked to run, and the command as a process with clients."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from textwrap import dedent

import pytest

PROGRAM = """
import asyncio
import os
import sys
import time

from etesian.web import Application, RequestHandler

VERSION = 1


class Hello(RequestHandler):
    def get(self):
        self.write("Hello, world")


class Who(RequestHandler):
    async def get(self):
        await asyncio.sleep(0.001)
        self.write(f"{VERSION} {os.getpid()}")


class Slow(RequestHandler):
    async def get(self):
        self.write("Slowly, ")
        await self.flush()
        await asyncio.sleep(float(self.get_query_argument("seconds", "0.3")))
        self.write("hello")


class Stuck(RequestHandler):
    def get(self):
        print("It is stuck", file=sys.stderr, flush=True)
        time.sleep(60)


class Seen(RequestHandler):
    def post(self):
        loop = type(asyncio.get_running_loop()).__module__
        self.write({"ip": self.request.remote_ip, "loop": loop, "size": len(self.request.body)})


class Fail(RequestHandler):
    def get(self):
        raise RuntimeError("the handler's own trouble")


ROUTES = [
    (r"/", Hello), (r"/who", Who), (r"/slow", Slow), (r"/stuck", Stuck), (r"/seen", Seen),
    (r"/fail", Fail),
]


class Names:
    application = Application(ROUTES)


application = Names.application
version = 1


def make():
    return Application(ROUTES)


def make_one_of(kind="web"):
    return {"web": make(), "wsgi": wsgi}[kind]


def fail():
    raise RuntimeError("the program's own trouble")


def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Hello, WSGI"]


def wsgi_of_anything(*arguments):
    return wsgi(*arguments)


def wsgi_that_sleeps(environ, start_response):
    print("It sleeps", file=sys.stderr, flush=True)
    time.sleep(60)


async def asgi(scope, receive, send):
    pass


class ASGI:
    async def __call__(self, scope, receive, send):
        pass


asgi_object = ASGI()
"""


@pytest.fixture(
    params=[("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})],
    ids=["asyncio", "uvloop"],
)
def anyio_backend(request):
    return request.param


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A folder, and the current one, with the module ``program``."""
    (tmp_path / "program.py").write_text(dedent(PROGRAM))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    # A module edited twice within a second would be taken from its cache.
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    yield tmp_path
    sys.modules.pop("program", None)


class Command:
    """``etesian run`` as a process, its log in a file."""

    def __init__(self, folder, arguments, *, preamble=(), **options):
        self._log = folder / f"log-{time.monotonic_ns()}.txt"
        before = preamble or [sys.executable, "-m", "etesian.cli", "run"]
        command = [*before, *arguments]
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, **options
            )
        self.pid = self.process.pid

    @property
    def log(self):
        return self._log.read_text()

    def url(self):
        """Wait until it serves; give the next address that it says."""
        line = self.process.stdout.readline()
        found = re.search(r"Serving on (\S+)", line)
        assert found, (line, self.log)
        return found[1]

    def workers(self):
        """Give the ids of its processes."""
        path = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return sorted(map(int, path.read_text().split()))

    def send(self, number):
        self.process.send_signal(number)

    def end(self, number=signal.SIGTERM, within=10):
        """Send a signal, and give the exit status."""
        self.send(number)
        return self.process.wait(timeout=within)

    def until(self, condition, within=10):
        """Wait for a condition, or a text in the log."""
        deadline = time.monotonic() + within
        while not (condition in self.log if isinstance(condition, str) else condition()):
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)

    def close(self):
        if self.process.poll() is None:
            for worker in self.workers():
                os.kill(worker, signal.SIGKILL)
            self.process.kill()
        self.process.wait(timeout=5)
        self.process.stdout.close()


@pytest.fixture
def start(program):
    """Give a function that starts ``etesian run``, ended with the test."""
    commands = []

    def start(*arguments, **options):
        commands.append(Command(program, arguments, **options))
        return commands[-1]

    yield start
    for command in commands:
        command.close()


@pytest.fixture
def run(start):
    """Give a function that runs ``etesian run`` to its end, where it cannot start."""

    def run(*arguments, **options):
        command = start(*arguments, **options)
        command.process.wait(timeout=20)
        return command

    return run


class Load:
    """Clients that keep their connections and ask without a pause, strict about every answer."""

    def __init__(self, address, path="/who", clients=4):
        self._address = re.fullmatch(r"http://(.+):(\d+)", address).groups()
        self._path = path
        self._ends = threading.Event()
        self.answers = []
        self.failures = []
        self._threads = [threading.Thread(target=self._ask_on) for _ in range(clients)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self.join()

    def join(self):
        for thread in self._threads:
            thread.join(timeout=10)
            assert not thread.is_alive()

    def _ask_on(self):
        connection = http.client.HTTPConnection(*self._address, timeout=10)
        asked = 0
        while not self._ends.is_set():
            fresh = connection.sock is None
            try:
                connection.request("GET", self._path)
                response = connection.getresponse()
                body = response.read()
            except ConnectionError as error:
                # Whoever connects to a server that has ended is refused.
                if not (fresh and self._ends_with_server):
                    self.failures.append((fresh, asked, repr(error)))
                break
            asked += 1
            (self.answers if response.status == 200 else self.failures).append(body.decode())
        connection.close()

    _ends_with_server = False

    def ends_with_server(self):
        self._ends_with_server = True
        return self

    def until_answers(self, more, within=10):
        """Wait until so many more have come."""
        wanted = len(self.answers) + more
        deadline = time.monotonic() + within
        while len(self.answers) < wanted:
            assert time.monotonic() < deadline, self.failures
            time.sleep(0.01)


@pytest.fixture
def load():
    return Load
