from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from etesian.bench.awake import awake
from etesian.bench.cores import server_core


def children() -> set[str]:
    """The processes of ours that keep a core awake."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        for child in (task / "children").read_text().split():
            if b"etesian.bench.awake" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.add(child)
    return found


def test_a_core_is_kept_awake_by_what_gives_way_to_all_others():
    with awake({server_core()}):
        (child,) = children()
        assert os.sched_getscheduler(int(child)) == os.SCHED_IDLE
        assert os.sched_getaffinity(int(child)) == {server_core()}
    assert not children()


def test_a_core_that_is_not_there_is_told():
    with pytest.raises(RuntimeError, match="core 100000 cannot be kept awake"), awake({100000}):
        pass
    assert not children()


def test_cores_may_sleep_again_when_who_kept_them_awake_was_killed():
    code = (
        "import os, time\nfrom etesian.bench.awake import awake\n"
        "with awake(os.sched_getaffinity(0)):\n print('ready', flush=True); time.sleep(60)"
    )
    killed = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    with killed:
        assert killed.stdout.readline() == b"ready\n"
        listed = Path(f"/proc/{killed.pid}/task/{killed.pid}/children").read_text().split()
        assert listed
        killed.kill()
    deadline = time.monotonic() + 30
    while any(is_spinning(child) for child in listed):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_spinning(pid: str) -> bool:
    try:
        return b"etesian.bench.awake" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False
