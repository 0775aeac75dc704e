"""``tornado.tcpserver``: serving over TCP."""

from __future__ import annotations

from typing import Any

from etesian.streams.interface import api as streams
from etesian.tornado.iostream import with_callbacks

__all__ = ["TCPServer"]


class TCPServer(streams.TCPServer):
    """A server whose streams take callbacks; ``io_loop`` is accepted."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options.pop("io_loop", None)
        super().__init__(*arguments, **options)

    def create_protocol(self) -> Any:
        """Make the stream of one connection."""
        return with_callbacks(super().create_protocol())
