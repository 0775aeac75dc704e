"""``tornado.process``: worker and child processes."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "core_loop.process": "CalledProcessError fork_processes task_id cpu_count Subprocess",
    },
)
