"""The suites: each is a module that says what is measured, in its ``SUITE`` or ``SUITES``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.bench.contender import Suite

NAMES = (
    "loop",
    "http",
    "http_delegate",
    "http_browser",
    "http_post",
    "http_upload",
    "http_download",
    "http_idle",
    "web",
    "client",
    "tcp",
    "tcp_idle",
    "templates",
    "template_table",
    "template_tiny",
    "template_compile",
)


def load_suites(name: str) -> tuple[Suite, ...]:
    """Give what is measured under that name: one suite, or several cases of one thing."""
    module = import_module(f"{__name__}.{name}")
    suites: tuple[Suite, ...] = getattr(module, "SUITES", None) or (module.SUITE,)
    return suites
