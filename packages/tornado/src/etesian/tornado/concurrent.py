"""``tornado.concurrent``: futures, and work in threads."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "core_loop.concurrent": """
            Future is_future run_on_executor chain_future DummyExecutor dummy_executor
            future_set_result_unless_cancelled future_set_exception_unless_cancelled
            future_set_exc_info future_add_done_callback
        """,
    },
)
