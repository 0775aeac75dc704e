"""The load: wrk, on a core of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

from etesian.bench.contender import Sample
from etesian.bench.cores import load_core

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from http.client import HTTPResponse

    from etesian.bench.server_process import ServerProcess

# Enough to keep one core of a server busy, few enough for one core of load to serve.
CONNECTIONS = 64
# wrk takes whole seconds only; and a second in which it starts is not worth counting apart.
SHORTEST = 1

# What wrk runs to make its requests, with the size of the body as its argument.
POST_SCRIPT = Path(__file__).with_name("post.lua")
# And to ask for something else each time, with the number of targets.
VARY_SCRIPT = Path(__file__).with_name("vary.lua")

_TOTAL = re.compile(r"(\d+) requests in ([0-9.]+)(ms|s|m)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}
# Lines that appear only when something went wrong.
_TROUBLE = re.compile(r"(Socket errors|Non-2xx or 3xx responses).*")


class LoadError(Exception):
    """The load could not be made, or not all of it was answered."""


class HTTPLoad:
    """Requests for one path of a running server, as fast as it answers them.

    With ``post_size`` they are POST requests whose bodies have that many octets.
    With ``targets`` they differ in their query, so many times: no connection sees
    the same request twice in a row, which a server could remember.
    """

    def __init__(
        self,
        server: ServerProcess,
        path: str = "/",
        *,
        headers: Mapping[str, str] | None = None,
        post_size: int = 0,
        targets: int = 0,
    ) -> None:
        self._server = server
        self._url = f"http://127.0.0.1:{server.port}{path}"
        self._headers = dict(headers or {})
        self._post_size = post_size
        self._targets = targets

    def open(self) -> HTTPResponse:
        """Give one response, to be closed."""
        body_sent = b"x" * self._post_size or None
        request = Request(self._url, body_sent, self._headers)  # noqa: S310 - our own http URL
        response: HTTPResponse = urlopen(request, timeout=10)  # noqa: S310
        return response

    def answer(self) -> bytes:
        """Give the body of one response, whose status must be 200."""
        with self.open() as response:
            if response.status != 200:
                raise LoadError(f"{self._url} answers {response.status}, expected 200")
            body: bytes = response.read()
            return body

    def measure(self, seconds: float) -> Sample:
        """Keep all connections busy for that long, in whole seconds.

        Raises :class:`LoadError` when a connection broke or a response was no success.
        """
        before = self._server.cpu_seconds()
        report = _wrk(self._url, max(SHORTEST, round(seconds)), *self._options())
        cpu = self._server.cpu_seconds() - before
        total = _TOTAL.search(report)
        if trouble := _TROUBLE.search(report):
            raise LoadError(f"{self._url}: {trouble[0]}")
        if total is None or total[1] == "0":
            raise LoadError(f"{self._url}: not one request was answered")
        requests, elapsed = int(total[1]), float(total[2]) * _SECONDS[total[3]]
        return Sample(rate=requests / elapsed, cpu_us=1e6 * cpu / requests)

    def _options(self) -> Sequence[str]:
        options = [f"--header={name}: {value}" for name, value in self._headers.items()]
        if self._post_size:
            options += [f"--script={POST_SCRIPT}", "--", str(self._post_size)]
        elif self._targets:
            options += [f"--script={VARY_SCRIPT}", "--", str(self._targets)]
        return options


def _wrk(url: str, seconds: int, *options: str) -> str:
    taskset, wrk = shutil.which("taskset"), shutil.which("wrk")
    if taskset is None or wrk is None:
        raise LoadError("wrk and taskset are needed; Debian has them in wrk and util-linux")
    command = [taskset, "--cpu-list", str(load_core())]
    command += [
        wrk,
        "--threads=1",
        f"--connections={CONNECTIONS}",
        f"--duration={seconds}s",
        url,
        *options,
    ]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout  # noqa: S603
