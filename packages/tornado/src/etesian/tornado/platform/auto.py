"""``tornado.platform.auto``: what differs between operating systems."""

from __future__ import annotations

import os

__all__ = ["set_close_exec"]


def set_close_exec(fd: int) -> None:
    """Keep a descriptor from child processes; Python does that by itself since 3.4."""
    os.set_inheritable(fd, False)
