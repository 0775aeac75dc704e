"""Importing the interface must not load the machinery, nor the rest of the package."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import sys
import etesian.websocket.interface
heavy = {"asyncio", "socket", "ssl", "logging", "zlib"} & set(sys.modules)
ours = {name for name in sys.modules if name.startswith("etesian.")}
assert not heavy, heavy
assert ours <= {"etesian.websocket", "etesian.websocket.interface"}, ours
"""


def test_importing_the_interface_loads_nothing_else():
    subprocess.run([sys.executable, "-c", _PROGRAM], check=True)
