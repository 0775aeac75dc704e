"""The load: wrk, on a core of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING
from urllib.request import urlopen

from etesian.bench.contender import Sample
from etesian.bench.cores import load_core

if TYPE_CHECKING:
    from etesian.bench.server_process import ServerProcess

# Enough to keep one core of a server busy, few enough for one core of load to serve.
CONNECTIONS = 64
# wrk takes whole seconds only; and a second in which it starts is not worth counting apart.
SHORTEST = 1

_TOTAL = re.compile(r"(\d+) requests in ([0-9.]+)(ms|s|m)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}
# Lines that appear only when something went wrong.
_TROUBLE = re.compile(r"(Socket errors|Non-2xx or 3xx responses).*")


class LoadError(Exception):
    """The load could not be made, or not all of it was answered."""


class HTTPLoad:
    """Requests for one path of a running server, as fast as it answers them."""

    def __init__(self, server: ServerProcess, path: str = "/") -> None:
        self._server = server
        self._url = f"http://127.0.0.1:{server.port}{path}"

    def answer(self) -> bytes:
        """Give the body of one response, whose status must be 200."""
        with urlopen(self._url, timeout=10) as response:  # noqa: S310 - our own http URL
            if response.status != 200:
                raise LoadError(f"{self._url} answers {response.status}, expected 200")
            body: bytes = response.read()
            return body

    def measure(self, seconds: float) -> Sample:
        """Keep all connections busy for that long, in whole seconds.

        Raises :class:`LoadError` when a connection broke or a response was no success.
        """
        before = self._server.cpu_seconds()
        report = _wrk(self._url, max(SHORTEST, round(seconds)))
        cpu = self._server.cpu_seconds() - before
        total = _TOTAL.search(report)
        if trouble := _TROUBLE.search(report):
            raise LoadError(f"{self._url}: {trouble[0]}")
        if total is None or total[1] == "0":
            raise LoadError(f"{self._url}: not one request was answered")
        requests, elapsed = int(total[1]), float(total[2]) * _SECONDS[total[3]]
        return Sample(rate=requests / elapsed, cpu_us=1e6 * cpu / requests)


def _wrk(url: str, seconds: int) -> str:
    taskset, wrk = shutil.which("taskset"), shutil.which("wrk")
    if taskset is None or wrk is None:
        raise LoadError("wrk and taskset are needed; Debian has them in wrk and util-linux")
    command = [taskset, "--cpu-list", str(load_core())]
    command += [wrk, "--threads=1", f"--connections={CONNECTIONS}", f"--duration={seconds}s", url]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout  # noqa: S603
