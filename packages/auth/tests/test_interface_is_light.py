"""Whoever imports the interface pays for nothing else."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
import etesian.auth.interface
heavy = {"asyncio", "socket", "ssl", "logging"} & set(sys.modules)
own = {name for name in sys.modules if name.startswith("etesian.")}
own -= {"etesian.auth", "etesian.auth.interface"}
sys.exit(f"loaded {heavy | own}" if heavy | own else 0)
"""


def test_importing_the_interface_loads_nothing_else():
    subprocess.run([sys.executable, "-c", SCRIPT], check=True)
