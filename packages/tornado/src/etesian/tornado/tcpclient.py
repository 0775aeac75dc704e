"""``tornado.tcpclient``: connecting over TCP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from etesian.core_loop.interface import api as core_loop
from etesian.streams.interface import api as streams
from etesian.tornado.iostream import with_callbacks

__all__ = ["TCPClient"]


class TCPClient(streams.TCPClient):
    """A client whose streams take callbacks; ``io_loop`` is accepted."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options.pop("io_loop", None)
        super().__init__(*arguments, **options)

    async def connect(self, *arguments: Any, **options: Any) -> Any:
        """Give a connected stream; arguments are those of the streams package.

        ``timeout`` may be a ``timedelta``; the error is ``tornado.util.TimeoutError``.
        """
        timeout = options.get("timeout")
        if isinstance(timeout, timedelta):
            options["timeout"] = timeout.total_seconds()
        try:
            stream = await super().connect(*arguments, **options)
        except TimeoutError as error:
            # One with a number is the system's.
            if error.errno is not None:
                raise
            raise core_loop.util.TimeoutError(*error.args) from error
        return with_callbacks(stream)
