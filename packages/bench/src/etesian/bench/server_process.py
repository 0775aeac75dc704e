"""A server as a process of its own, on a core of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from etesian.bench.cores import server_core

if TYPE_CHECKING:
    from collections.abc import Iterator

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Time to end in, before it is killed.
GRACE = 5


@dataclass(frozen=True)
class ServerProcess:
    """A server that accepts connections on ``port`` of the loopback interface."""

    pid: int
    port: int

    def cpu_seconds(self) -> float:
        """Give the processor time used so far, user and system."""
        # The name in the second field may hold anything, so count from behind it: proc(5).
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def memory_kib(self) -> int:
        """Give the resident memory."""
        return self._status("VmRSS")

    def most_memory_kib(self) -> int:
        """Give the most memory that was resident at any time."""
        return self._status("VmHWM")

    def _status(self, name: str) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
        raise LookupError(f"no {name} of process {self.pid}")


@contextmanager
def server_process(
    program: str, *, uvloop: bool, core: int | None = None
) -> Iterator[ServerProcess]:
    """Run a program of ``etesian.bench.programs`` until the block ends.

    ``core`` is the one for it to run on, by default that of what is measured.
    It is given a socket that already listens, so that connections made at once
    wait for it instead of being refused.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        command = [sys.executable, "-m", "etesian.bench.serve", program]
        command += [
            f"--fd={listening.fileno()}",
            f"--core={server_core() if core is None else core}",
        ]
        command += ["--uvloop"] if uvloop else []
        port = listening.getsockname()[1]
        process = subprocess.Popen(command, pass_fds=[listening.fileno()])  # noqa: S603 - ours
    try:
        yield ServerProcess(process.pid, port)
    finally:
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
