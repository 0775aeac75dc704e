"""The bare ASGI function on Granian, which opens its own socket and starts its own worker."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket


async def serve(listening: socket.socket) -> None:
    """Become Granian on the same port."""
    port = listening.getsockname()[1]
    listening.close()
    command = [sys.executable, "-m", "granian", "--interface=asginl", "--loop=uvloop", "--no-log"]
    command += [f"--port={port}", "--workers=1", "etesian.bench.programs.web_asgi:application"]
    os.execv(sys.executable, command)  # noqa: S606 - ours
