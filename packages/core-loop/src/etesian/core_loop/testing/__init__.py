"""Test cases with an event loop, and what their tests need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.core_loop.lazy import loader
from etesian.core_loop.testing.case import AsyncTestCase
from etesian.core_loop.testing.coroutine_tests import gen_test
from etesian.core_loop.testing.expect_log import ExpectLog
from etesian.core_loop.testing.ports import bind_unused_port

if TYPE_CHECKING:
    from etesian.core_loop.testing.command import main

__all__ = ["AsyncTestCase", "ExpectLog", "bind_unused_port", "gen_test", "main"]

__getattr__ = loader(__name__, {"main": ".command"})
