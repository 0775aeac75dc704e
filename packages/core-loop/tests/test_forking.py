"""Forking is the affair of whole processes: each test runs one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program), *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.spec("B-LOOP-165")
@pytest.mark.spec("B-LOOP-166")
@pytest.mark.spec("B-LOOP-169")
def test_workers_get_numbers_and_the_parent_exits_when_they_have() -> None:
    done = run("""
        import sys
        from etesian.core_loop.process import cpu_count, fork_processes, task_id
        assert task_id() is None
        wanted = int(sys.argv[1]) if len(sys.argv) > 1 else None
        try:
            number = fork_processes(wanted)
        except SystemExit as end:
            assert task_id() is None
            sys.stdout.write(f"parent {end.code} {cpu_count()}\\n")
            raise
        assert task_id() == number
        sys.stdout.write(f"{number}\\n")
        """)
    *numbers, parent = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    code, cpus = parent.split()[1:]
    assert code == "0"
    assert sorted(numbers) == sorted(str(n) for n in range(int(cpus)))


@pytest.mark.spec("B-LOOP-165")
def test_zero_is_one_per_processor_and_a_number_is_itself() -> None:
    program = """
        import sys
        from etesian.core_loop.process import fork_processes
        sys.stdout.write(f"{fork_processes(int(sys.argv[1]))}\\n")
        """
    per_processor = run(program, "0").stdout.split()
    assert len(per_processor) == len(run(program, "-1").stdout.split()) >= 1
    assert sorted(run(program, "3").stdout.split()) == ["0", "1", "2"]


@pytest.mark.spec("B-LOOP-167")
def test_a_worker_that_died_is_started_again_under_its_number(tmp_path: Path) -> None:
    done = run(
        """
        import os, signal, sys
        from etesian.core_loop.process import fork_processes
        number = fork_processes(2)
        marker = os.path.join(sys.argv[1], f"died-{number}")
        if not os.path.exists(marker):
            open(marker, "w").close()
            if number:
                os.kill(os.getpid(), signal.SIGKILL)
            sys.exit(1)
        sys.stdout.write(f"{number}\\n")
        """,
        str(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split()) == ["0", "1"]


@pytest.mark.spec("B-LOOP-168")
def test_too_many_deaths_end_all_of_it(tmp_path: Path) -> None:
    done = run(
        """
        import os, sys, time
        from etesian.core_loop.process import fork_processes
        number = fork_processes(2, max_restarts=3)
        with open(os.path.join(sys.argv[1], f"{number}-{os.getpid()}"), "w"):
            pass
        if number == 0:
            sys.exit(5)
        time.sleep(60)
        """,
        str(tmp_path),
    )
    assert done.returncode == 1
    assert "RuntimeError: too many restarts" in done.stderr
    starts = [path.name for path in tmp_path.iterdir()]
    assert sum(name.startswith("0-") for name in starts) == 4
    for name in starts:  # the healthy worker was ended, too
        with pytest.raises(ProcessLookupError):
            os.kill(int(name.split("-")[1]), 0)


@pytest.mark.spec("B-LOOP-170")
def test_workers_draw_different_random_numbers() -> None:
    done = run("""
        import random, sys
        from etesian.core_loop.process import fork_processes
        random.seed(1)
        fork_processes(3)
        sys.stdout.write(f"{random.random()}\\n")
        """)
    assert len(set(done.stdout.split())) == 3


@pytest.mark.spec("B-LOOP-171")
@pytest.mark.spec("S092")
def test_forking_is_refused_once_there_is_a_loop() -> None:
    done = run("""
        import asyncio
        from etesian.core_loop import IOLoop, fork_processes
        def refused():
            try:
                fork_processes(2)
            except RuntimeError as error:
                assert "before any event loop" in str(error), error
            else:
                raise AssertionError
        loop = IOLoop.current()
        refused()
        loop.close()
        async def main():
            refused()
        asyncio.run(main())
        """)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_parent_ends_workers_and_parent(number: signal.Signals) -> None:
    program = """
        import signal, sys, time
        from etesian.core_loop.process import fork_processes
        # A shell may have started this with signals ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        fork_processes(2)
        sys.stdout.write("up\\n")
        sys.stdout.flush()
        time.sleep(60)
        """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["up\n", "up\n"]
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(timeout=10) == 0
        assert process.stdout.read() == ""  # the workers have closed it: they are gone
        assert time.monotonic() - began < 10


def test_a_worker_has_the_signal_handlers_that_the_parent_had_before() -> None:
    done = run("""
        import signal
        from etesian.core_loop.process import fork_processes
        # A shell may have started this with signals ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        fork_processes(1)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        """)
    assert done.returncode == 0, done.stderr


def test_forking_works_from_another_thread() -> None:
    done = run("""
        import os, sys, threading
        from etesian.core_loop.process import fork_processes
        def work():
            try:
                sys.stdout.write(f"{fork_processes(2)}\\n")
                sys.stdout.flush()
                os._exit(0)
            except SystemExit:
                pass
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        """)
    assert sorted(done.stdout.split()) == ["0", "1"], done.stderr


def test_a_system_without_fork_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from etesian.core_loop.process import fork_processes

    monkeypatch.delattr(os, "fork")
    with pytest.raises(RuntimeError, match="no fork"):
        fork_processes(2)


@pytest.mark.spec("B-LOOP-180")
def test_one_processor_is_assumed_when_nobody_knows(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from etesian.core_loop.process import cpu_count

    assert cpu_count() >= 1
    assert caplog.records == []
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cpu_count() == 1
    assert caplog.records[0].name == "etesian.general"
