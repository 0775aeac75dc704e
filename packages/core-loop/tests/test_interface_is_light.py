from __future__ import annotations

import subprocess
import sys

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
