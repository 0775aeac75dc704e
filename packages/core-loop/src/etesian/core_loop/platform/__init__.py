"""What depends on the system or on another event loop."""

from __future__ import annotations

from etesian.core_loop.platform import asyncio

__all__ = ["asyncio"]
