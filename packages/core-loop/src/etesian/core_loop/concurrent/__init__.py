"""Futures, and functions that run in executors."""

from __future__ import annotations

from etesian.core_loop.concurrent.executors import DummyExecutor, dummy_executor, run_on_executor
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
