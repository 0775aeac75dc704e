"""The suites: each is a module that says what is measured, in its ``SUITE``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.bench.contender import Suite

NAMES = ("http", "client", "templates", "template_table", "template_tiny", "template_compile")


def load_suite(name: str) -> Suite:
    """Give the suite of that name."""
    suite: Suite = import_module(f"{__name__}.{name}").SUITE
    return suite
