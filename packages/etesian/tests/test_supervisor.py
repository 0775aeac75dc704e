"""Workers under a supervisor: real processes, asked without a pause."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest


@pytest.fixture
def workers(start):
    """Give a function that starts the program with two workers."""

    def start_workers(*arguments, count=2, **options):
        words = ["--port=0", f"--workers={count}", "--no-access-log"]
        return start("program:application", *words, *arguments, **options)

    return start_workers


def answers_of(url, path="/who"):
    with urlopen(url + path, timeout=10) as response:
        return response.read().decode()


def alive(pid):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def listening_and_pipes(pid):
    """Give the kinds of the descriptors of a process beside its first three."""
    descriptors = [path for path in Path(f"/proc/{pid}/fd").iterdir() if int(path.name) > 2]
    return sorted(str(path.readlink()).partition(":")[0] for path in descriptors)


@pytest.mark.parametrize("options", [(), ("--uvloop",)], ids=["asyncio", "uvloop"])
def test_new_workers_take_over_without_a_failed_request(workers, program, load, options):
    command = workers(*options)
    url = command.url()
    old = command.workers()
    assert len(old) == 2
    source = program / "program.py"
    source.write_text(source.read_text().replace("VERSION = 1", "VERSION = 2"))
    with load(url) as clients:
        clients.until_answers(50)
        command.send(signal.SIGHUP)
        command.until("All workers are new")
        clients.until_answers(50)
        command.until(lambda: len(command.workers()) == 2)
        clients.until_answers(50)
    assert clients.failures == []
    assert not set(old) & set(command.workers())
    seen = [answer.split() for answer in clients.answers]
    assert {version for version, _ in seen} == {"1", "2"}
    assert {int(pid) for version, pid in seen if version == "1"} <= set(old)
    assert answers_of(url).startswith("2 ")


def test_the_old_workers_go_on_where_the_new_code_is_broken(workers, program, load):
    command = workers()
    url = command.url()
    old = command.workers()
    (program / "program.py").write_text("raise RuntimeError('broken')")
    with load(url) as clients:
        clients.until_answers(20)
        command.send(signal.SIGHUP)
        command.until("A new worker did not start; the old ones go on")
        clients.until_answers(20)
    assert clients.failures == []
    command.until(lambda: command.workers() == old)
    assert "RuntimeError: broken" in command.log


def test_the_end_fails_no_request_that_was_accepted(workers, load):
    command = workers()
    url = command.url()
    with load(url).ends_with_server() as clients, load(url, "/slow").ends_with_server() as slow:
        clients.until_answers(50)
        assert command.end(signal.SIGTERM) == 0
        clients.join()
        slow.join()
    assert clients.failures == slow.failures == []
    assert slow.answers


def test_a_killed_worker_is_replaced_and_leaves_no_zombie(workers):
    command = workers()
    url = command.url()
    victim, survivor = command.workers()
    os.kill(victim, signal.SIGKILL)
    command.until(f"Worker {victim} was killed by SIGKILL; starting another")
    command.until(lambda: len(command.workers()) == 2 and victim not in command.workers())
    assert survivor in command.workers()
    assert answers_of(url)


def test_workers_hold_nothing_but_their_own(workers):
    command = workers()
    command.url()
    plain = {pid: listening_and_pipes(pid) for pid in command.workers()}
    for kinds in plain.values():
        # The listening socket, the channel, and the loop: its poll and its own pair of sockets.
        assert kinds == ["anon_inode", *["socket"] * 4]


def test_one_that_dies_at_its_start_is_tried_again_more_and_more_slowly(workers, program):
    command = workers(count=1)
    url = command.url()
    source = program / "program.py"
    good = source.read_text()
    source.write_text("raise SystemExit(7)")
    os.kill(command.workers()[0], signal.SIGKILL)
    command.until(lambda: not command.workers())
    time.sleep(0.5)
    started = time.monotonic()
    source.write_text(good)
    assert answers_of(url)  # who asked meanwhile has waited
    assert time.monotonic() - started < 5


def test_gives_up_where_the_first_cannot_start(run, program):
    command = run("program:fail", "--port=0", "--workers=4")
    assert command.process.returncode == 1
    assert command.log.count("Traceback") == 1
    assert "No worker could be started" in command.log


def test_workers_come_and_go_by_signals(workers):
    command = workers(count=1)
    command.url()
    command.send(signal.SIGTTIN)
    command.until("2 workers")
    assert len(command.workers()) == 2
    command.send(signal.SIGTTOU)
    command.until(lambda: len(command.workers()) == 1)
    command.send(signal.SIGTTOU)
    command.until("The last worker stays")
    assert len(command.workers()) == 1


def test_orphans_end(workers):
    command = workers()
    command.url()
    orphans = command.workers()
    command.process.kill()
    command.process.wait(timeout=5)
    deadline = time.monotonic() + 10
    while any(map(alive, orphans)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_worker_is_succeeded_after_its_requests(workers, load):
    command = workers("--max-requests=40", "--max-requests-jitter=20", count=1)
    with load(command.url()) as clients:
        command.until(lambda: len({answer.split()[1] for answer in clients.answers}) >= 3)
    assert clients.failures == []


def test_a_stuck_worker_is_killed(workers):
    # More than a busy machine keeps one waiting that is not stuck.
    command = workers("--worker-timeout=1", count=1)
    url = command.url()
    (worker,) = command.workers()
    with pytest.raises(ConnectionError):
        answers_of(url, "/stuck")
    command.until(f"Worker {worker} gave no sign for 1 seconds; killed")
    assert answers_of(url)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_all_at_once(workers, number):
    command = workers("--drain=30")
    url = command.url()
    with urlopen(f"{url}/slow?seconds=60", timeout=10) as response:
        assert response.read(8) == b"Slowly, "
        command.send(number)
        time.sleep(0.2)
        assert command.process.poll() is None
        assert command.end(number, within=2) == 128 + number


def test_ctrl_c_reaches_all_and_only_the_parent_acts(workers):
    """A terminal sends to the whole group: requests in progress are answered all the same."""
    command = workers(process_group=0)
    with urlopen(f"{command.url()}/slow", timeout=10) as response:
        assert response.read(8) == b"Slowly, "
        os.killpg(command.pid, signal.SIGINT)
        assert response.read() == b"hello"
    assert command.process.wait(timeout=5) == 0
    assert "Traceback" not in command.log
    assert "KeyboardInterrupt" not in command.log


def test_a_worker_that_does_not_end_is_killed(workers):
    command = workers("--drain=0", "--worker-timeout=0", count=1)
    url = command.url()
    with subprocess.Popen(
        [sys.executable, "-c", f"import urllib.request as u; u.urlopen('{url}/stuck')"],
        stderr=subprocess.DEVNULL,
    ) as client:
        command.until("It is stuck")
        assert command.end(within=8) == 0
        client.wait(timeout=5)
    assert "did not end within 3 seconds; killed" in command.log
