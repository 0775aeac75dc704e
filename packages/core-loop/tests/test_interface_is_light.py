from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
import etesian.core_loop.interface
heavy = {"asyncio", "socket", "ssl", "logging"} & set(sys.modules)
own = [name for name in sys.modules if name.startswith("etesian.")]
assert not heavy, heavy
assert sorted(own) == ["etesian.core_loop", "etesian.core_loop.interface"], own
"""


def test_importing_the_interface_loads_nothing_heavy() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", PROGRAM], check=True)


BARE = """
import asyncio
async def main(): pass
asyncio.run(main())
"""
OURS = """
import etesian.core_loop
async def main(): pass
etesian.core_loop.IOLoop.current().run_sync(main)
"""


def cpu_milliseconds(program: str) -> float:
    resource = pytest.importorskip("resource")  # of POSIX

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return 1000 * (usage.ru_utime + usage.ru_stime)

    before = used()
    subprocess.run([sys.executable, "-c", program], check=True)
    return used() - before


@pytest.mark.skipif(sys.gettrace() is not None, reason="measuring coverage costs more than that")
def test_importing_the_package_and_running_a_coroutine_costs_little_more_than_asyncio() -> None:
    # What else the machine does only ever adds to one look, and may spoil it: not all of them.
    assert any(additional_milliseconds() <= 15 for _ in range(3))


def additional_milliseconds() -> float:
    # In turns, and the least of many. The modules are compiled by the first round.
    rounds = [(cpu_milliseconds(BARE), cpu_milliseconds(OURS)) for _ in range(10)]
    bare, ours = (min(column) for column in zip(*rounds, strict=True))
    print(f"asyncio alone: {bare:.1f} ms; with etesian.core_loop: {ours:.1f} ms of processor time")
    return ours - bare


def test_every_door_opens() -> None:
    from etesian import core_loop
    from etesian.core_loop import interface

    assert interface.api is core_loop
    assert interface.IOLoop is core_loop.IOLoop
    assert interface.fork_processes is core_loop.process.fork_processes
    assert interface.AsyncTestCase is core_loop.testing.AsyncTestCase


def test_every_public_name_resolves() -> None:
    from etesian import core_loop

    assert set(dir(core_loop)) == set(core_loop.__all__)
    for name in core_loop.__all__:
        assert getattr(core_loop, name) is not None
