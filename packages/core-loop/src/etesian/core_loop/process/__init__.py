"""Worker processes, and child processes on the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.core_loop.lazy import loader
from etesian.core_loop.process.cpus import cpu_count
from etesian.core_loop.process.forking import fork_processes, task_id

if TYPE_CHECKING:
    from etesian.core_loop.process.subprocess import CalledProcessError, Subprocess

__all__ = ["CalledProcessError", "Subprocess", "cpu_count", "fork_processes", "task_id"]


# Lazily what needs a loop: forking has to be possible before there is one.
__getattr__ = loader(__name__, {"CalledProcessError": ".subprocess", "Subprocess": ".subprocess"})
