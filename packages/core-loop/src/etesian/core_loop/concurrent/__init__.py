"""Futures, and functions that run in executors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.core_loop.lazy import loader

if TYPE_CHECKING:
    from etesian.core_loop.concurrent.executors import (
        DummyExecutor,
        dummy_executor,
        run_on_executor,
    )
    from etesian.core_loop.concurrent.futures import (
        Future,
        chain_future,
        future_add_done_callback,
        future_set_exc_info,
        future_set_exception_unless_cancelled,
        future_set_result_unless_cancelled,
        is_future,
    )

__all__ = [
    "DummyExecutor",
    "Future",
    "chain_future",
    "dummy_executor",
    "future_add_done_callback",
    "future_set_exc_info",
    "future_set_exception_unless_cancelled",
    "future_set_result_unless_cancelled",
    "is_future",
    "run_on_executor",
]

__getattr__ = loader(
    __name__,
    {
        "DummyExecutor": ".executors",
        "Future": ".futures",
        "chain_future": ".futures",
        "dummy_executor": ".executors",
        "future_add_done_callback": ".futures",
        "future_set_exc_info": ".futures",
        "future_set_exception_unless_cancelled": ".futures",
        "future_set_result_unless_cancelled": ".futures",
        "is_future": ".futures",
        "run_on_executor": ".executors",
    },
)
