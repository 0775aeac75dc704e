"""``tornado.http1connection``: one connection of HTTP/1.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from etesian.http_wire.interface import api as http_wire
from etesian.tornado.callback_connection import CallbackWriting
from etesian.tornado.lending import lend
from etesian.tornado.stack_context import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

__getattr__, __dir__ = lend(
    __name__,
    {
        "http_wire": "HTTP1ConnectionParameters HTTP1ServerConnection",
    },
    own="HTTP1Connection",
)


class HTTP1Connection(CallbackWriting, http_wire.HTTP1Connection):
    """A connection driven by hand, with the callbacks of 4.x."""

    def set_close_callback(self, callback: Callable[[], object] | None) -> None:
        """Call ``callback`` once the stream is closed, whoever closed it."""
        cast("Any", self.stream).set_close_callback(wrap(callback))  # as all our streams have it

    def _start_line(self, line: str) -> Any:
        if self._is_client:
            return http_wire.parse_request_start_line(line)
        return super()._start_line(line)
