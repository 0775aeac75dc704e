"""A server as a process of its own, on a core of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from etesian.bench.cores import server_core

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Time to end in, before it is killed.
GRACE = 5


@dataclass(frozen=True)
class ServerProcess:
    """A server that accepts connections on ``port`` of the loopback interface."""

    pid: int
    port: int

    def cpu_seconds(self) -> float:
        """Give the processor time used so far, user and system, by all that the server runs.

        That is every thread of its process and of those that descend from it and run still.
        """
        family = _family(self.pid)
        return sum(int(stat[11]) + int(stat[12]) for stat in family) / TICKS_PER_SECOND

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


def _family(root: int) -> list[list[str]]:
    """Give ``/proc/PID/stat``, from the state on, of a process and its descendants: proc(5)."""
    known: dict[int, list[str]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
                # The name in the second field may hold anything, so count from behind it.
                known[int(entry.name)] = (entry / "stat").read_text().rpartition(")")[2].split()
    members = [root]
    for member in members:
        members += [pid for pid, stat in known.items() if int(stat[1]) == member]
    return [known[pid] for pid in members if pid in known]


@contextmanager
def server_process(
    program: str,
    *,
    uvloop: bool,
    core: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[ServerProcess]:
    """Run a program of ``etesian.bench.programs`` until the block ends.

    ``core`` is the one for it to run on, by default that of what is measured;
    ``environment`` is added to ours.
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
        process = subprocess.Popen(  # noqa: S603 - ours
            command,
            pass_fds=[listening.fileno()],
            env={**os.environ, **(environment or {})},
            start_new_session=True,  # what it starts ends with it, and takes no Ctrl-C of ours
        )
    try:
        yield ServerProcess(process.pid, port)
    finally:
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
