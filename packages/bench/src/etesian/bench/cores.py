"""Which processor core runs what is measured, and which the load."""

from __future__ import annotations

import os

# Asked for once: whoever pins this process to a core leaves it only that one.
_AVAILABLE = os.sched_getaffinity(0)


def server_core() -> int:
    """Give the core for what is measured: one, because a process of Etesian uses one."""
    return min(_AVAILABLE)


def load_core() -> int:
    """Give the core for the load: another one where the machine has two."""
    return max(_AVAILABLE)
