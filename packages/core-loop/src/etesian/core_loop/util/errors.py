"""Errors that more than one part of the package raises."""

from __future__ import annotations

import builtins

__all__ = ["TimeoutError"]


class TimeoutError(builtins.TimeoutError):  # noqa: A001  the documented name
    """What was waited for did not happen before its deadline.

    Also a built-in ``TimeoutError``, which is what ``asyncio.TimeoutError`` is: one
    ``except TimeoutError`` catches all three.
    """
