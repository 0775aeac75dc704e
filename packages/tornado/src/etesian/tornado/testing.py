"""``tornado.testing``: test cases."""

from __future__ import annotations

import io
import logging
import sys
import unittest
from typing import TYPE_CHECKING

from etesian.core_loop.interface import api as core_loop
from etesian.tornado.lending import lend

if TYPE_CHECKING:
    from unittest import TestResult

__getattr__, __dir__ = lend(
    __name__,
    {
        "core_loop.testing": "AsyncTestCase gen_test ExpectLog main bind_unused_port",
        "web": "AsyncHTTPTestCase AsyncHTTPSTestCase",
    },
    own="LogTrapTestCase get_unused_port",
)


# Ports that were given out, and how many at most: among more, the kernel would run short.
_given: set[int] = set()
_MOST_GIVEN = 1000


def get_unused_port() -> int:
    """Give a port that is free now, and another one each time.

    Another process may take it before it is used (``bind_unused_port`` prevents that).
    """
    if len(_given) >= _MOST_GIVEN:
        _given.clear()
    while True:
        sock, port = core_loop.testing.bind_unused_port()
        sock.close()
        if port not in _given:
            _given.add(port)
            return port


class LogTrapTestCase(unittest.TestCase):
    """Shows what a test logged only where it fails."""

    def run(self, result: TestResult | None = None) -> TestResult | None:
        """Run the test with what reaches the root logger held back."""
        result = result or self.defaultTestResult()
        held_back = io.StringIO()
        root = logging.getLogger()
        handlers, root.handlers = root.handlers, [logging.StreamHandler(held_back)]
        failures = len(result.failures) + len(result.errors)
        try:
            return super().run(result)
        finally:
            root.handlers = handlers
            if len(result.failures) + len(result.errors) > failures:
                sys.stderr.write(held_back.getvalue())
