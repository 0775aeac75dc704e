"""Coroutines, and how to wait for several things or not too long."""

from __future__ import annotations

from etesian.core_loop.concurrent.futures import is_future
from etesian.core_loop.gen.convert import BadYieldError, convert_yielded, maybe_future, moment
from etesian.core_loop.gen.coroutine import coroutine, is_coroutine_function
from etesian.core_loop.gen.multi import multi, multi_future
from etesian.core_loop.gen.runner import Return, Runner
from etesian.core_loop.gen.timeouts import sleep, with_timeout
from etesian.core_loop.gen.wait_iterator import WaitIterator
from etesian.core_loop.util.errors import TimeoutError  # noqa: A004  the documented name

__all__ = [
    "BadYieldError",
    "Return",
    "Runner",
    "TimeoutError",
    "WaitIterator",
    "convert_yielded",
    "coroutine",
    "is_coroutine_function",
    "is_future",
    "maybe_future",
    "moment",
    "multi",
    "multi_future",
    "sleep",
    "with_timeout",
]
