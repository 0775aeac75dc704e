"""A program that starts anew when its files change, for development."""

from __future__ import annotations

from etesian.core_loop.autoreload.command import main
from etesian.core_loop.autoreload.restart import add_reload_hook
from etesian.core_loop.autoreload.watching import start, wait, watch

__all__ = ["add_reload_hook", "main", "start", "wait", "watch"]
