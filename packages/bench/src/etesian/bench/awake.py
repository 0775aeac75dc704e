"""Cores that do not fall asleep while what is measured waits.

Who does one thing at a time waits as long as it works. A core that has nothing to do meanwhile
falls asleep, and on virtual machines above all, waking it up takes longer than the work: tens of
microseconds at either end of a connection, the same for all, and different from one moment to the
next. So that a measure of one thing at a time is one of those who do it, each core is given
something to do that everything else goes before.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def can_stay_awake() -> bool:
    """Tell whether the system has the scheduling class that everything else goes before."""
    return hasattr(os, "SCHED_IDLE")


@contextmanager
def awake(cores: Iterable[int]) -> Iterator[None]:
    """Keep cores awake until the block ends; what runs on them gives way to any other process."""
    with ExitStack() as stack:
        for core in cores:
            command = [sys.executable, "-m", "etesian.bench.awake", str(core), str(os.getpid())]
            process = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603 - ours
            stack.enter_context(process)
            stack.callback(process.kill)
            if process.stdout is None or not process.stdout.readline():
                raise RuntimeError(f"core {core} cannot be kept awake")
        yield


def spin(core: int, parent: int) -> None:
    """Do nothing, without a pause, for as long as the process `parent` is there."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    os.sched_setaffinity(0, {core})
    print("awake", flush=True)
    while os.getppid() == parent:
        for _ in range(100_000):
            pass


if __name__ == "__main__":
    spin(int(sys.argv[1]), int(sys.argv[2]))
