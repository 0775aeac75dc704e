"""Coroutines, and how to wait for several things or not too long."""

from __future__ import annotations

from etesian.core_loop.gen.convert import BadYieldError, convert_yielded, moment
from etesian.core_loop.gen.coroutine import coroutine, is_coroutine_function
from etesian.core_loop.gen.runner import Return, Runner

__all__ = [
    "BadYieldError",
    "Return",
    "Runner",
    "convert_yielded",
    "coroutine",
    "is_coroutine_function",
    "moment",
]
