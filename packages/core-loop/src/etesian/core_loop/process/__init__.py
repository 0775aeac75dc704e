"""Worker processes, and child processes on the loop."""

from __future__ import annotations

from etesian.core_loop.process.cpus import cpu_count
from etesian.core_loop.process.forking import fork_processes, task_id

__all__ = ["cpu_count", "fork_processes", "task_id"]
