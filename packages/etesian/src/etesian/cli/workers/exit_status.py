"""How a process ended, in words."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


def describe(ended: asyncio.Future[int]) -> str:
    """Tell how a process ended: by its status, or minus the signal that killed it."""
    status = ended.result()
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"
