"""How many processes the machine has room for."""

from __future__ import annotations

import logging
import os

__all__ = ["cpu_count"]

_log = logging.getLogger("etesian.general")


def cpu_count() -> int:
    """Return the number of processors this process may run on; 1, and a log record, if unknown.

    A process that is bound to some processors (``taskset``, a container's cpuset) is told
    of those alone, because more workers than that only take turns.
    """
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 0
    if count < 1:
        _log.error("The number of processors could not be detected; assuming 1")
        return 1
    return count
