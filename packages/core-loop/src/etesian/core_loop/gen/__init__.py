"""Coroutines, and how to wait for several things or not too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.core_loop.lazy import loader

if TYPE_CHECKING:
    from etesian.core_loop.concurrent.futures import is_future
    from etesian.core_loop.gen.convert import BadYieldError, convert_yielded, maybe_future, moment
    from etesian.core_loop.gen.generators import coroutine, is_coroutine_function
    from etesian.core_loop.gen.runner import Return, Runner
    from etesian.core_loop.gen.several import multi, multi_future
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

__getattr__ = loader(
    __name__,
    {
        "BadYieldError": ".convert",
        "Return": ".runner",
        "Runner": ".runner",
        "TimeoutError": "..util.errors",
        "WaitIterator": ".wait_iterator",
        "convert_yielded": ".convert",
        "coroutine": ".generators",
        "is_coroutine_function": ".generators",
        "is_future": "..concurrent.futures",
        "maybe_future": ".convert",
        "moment": ".convert",
        "multi": ".several",
        "multi_future": ".several",
        "sleep": ".timeouts",
        "with_timeout": ".timeouts",
    },
)
