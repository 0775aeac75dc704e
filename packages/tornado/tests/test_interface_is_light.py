"""Importing the interface must not load the machinery, nor the rest of the package."""

from __future__ import annotations


def test_importing_the_interface_loads_nothing_else(python):
    python(
        """
import sys
import etesian.tornado.interface
heavy = {"asyncio", "socket", "ssl", "logging"} & set(sys.modules)
ours = {name for name in sys.modules if name.startswith("etesian.")}
assert not heavy, heavy
assert ours <= {"etesian.tornado", "etesian.tornado.interface"}, ours
"""
    )


def test_the_door_gives_install(python):
    python("from etesian.tornado.interface import install; install(); import tornado")
