"""Test cases with an event loop, and what their tests need."""

from __future__ import annotations

from etesian.core_loop.testing.case import AsyncTestCase
from etesian.core_loop.testing.expect_log import ExpectLog
from etesian.core_loop.testing.gen_test import gen_test
from etesian.core_loop.testing.ports import bind_unused_port

__all__ = ["AsyncTestCase", "ExpectLog", "bind_unused_port", "gen_test"]
