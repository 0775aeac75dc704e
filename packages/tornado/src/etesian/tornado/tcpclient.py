"""``tornado.tcpclient``: connecting over TCP."""

from __future__ import annotations

from typing import Any

from etesian.streams.interface import api as streams
from etesian.tornado.iostream import with_callbacks

__all__ = ["TCPClient"]


class TCPClient(streams.TCPClient):
    """A client whose streams take callbacks; ``io_loop`` is accepted."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options.pop("io_loop", None)
        super().__init__(*arguments, **options)

    async def connect(self, *arguments: Any, **options: Any) -> Any:
        """Give a connected stream; arguments are those of the streams package."""
        return with_callbacks(await super().connect(*arguments, **options))
