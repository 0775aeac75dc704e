"""Two streams connected to each other."""

from __future__ import annotations

import socket

from etesian.streams.iostream import IOStream


def stream_pair() -> tuple[IOStream, IOStream]:
    """Give the two ends of a connection within this process; each must be closed."""
    here, there = socket.socketpair()
    return IOStream(here), IOStream(there)
