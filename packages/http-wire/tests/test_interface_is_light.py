"""Importing the interface starts nothing."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

HEAVY = ("asyncio", "socket", "ssl", "logging")


def test_the_interface_loads_neither_io_nor_the_rest_of_the_package():
    code = (
        "import sys, etesian.http_wire.interface\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "own = [name for name in sys.modules if name.startswith('etesian.')]\n"
        "print(heavy, sorted(own))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] ['etesian.http_wire', 'etesian.http_wire.interface']"


def test_every_public_name_loads():
    from etesian import http_wire

    for name in http_wire.__all__:
        if name.startswith("Curl") and find_spec("pycurl") is None:
            continue  # an extra
        assert getattr(http_wire, name) is not None
    assert sorted(dir(http_wire)) == sorted(http_wire.__all__)


def test_the_wire_needs_no_io():
    code = (
        "import sys, pkgutil, importlib, etesian.http_wire.wire as wire\n"
        "for found in pkgutil.iter_modules(wire.__path__, wire.__name__ + '.'):\n"
        "    importlib.import_module(found.name)\n"
        "print([name for name in ('asyncio', 'ssl', 'socket', 'selectors') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
