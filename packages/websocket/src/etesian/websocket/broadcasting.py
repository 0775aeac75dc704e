"""One message to many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.websocket.interface import WebSocketClosedError
from etesian.websocket.outgoing import as_message

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from etesian.websocket.connection import WebSocketConnection
    from etesian.websocket.handler import WebSocketHandler
    from etesian.websocket.outgoing import Sendable

__all__ = ["broadcast"]


def broadcast(handlers: Iterable[WebSocketHandler], message: Sendable, binary: bool = False) -> int:
    """Send a message to many handlers; give to how many it was sent.

    It is encoded, and compressed, once for all connections that agreed on the
    same. Closed ones are passed over, and one whose client does not read is
    dropped, as ``write_message`` tells; neither disturbs the others. Nobody is
    waited for. Takes messages as ``write_message`` does.
    """
    sendable = as_message(message, binary=binary)
    frames: dict[Hashable, bytes] = {}
    sent = 0
    # A list first: dropping one may call on_close, which often changes the set it came from.
    for handler in list(handlers):
        connection = handler.ws_connection
        if connection is not None:
            try:
                connection.write_frame(_frame(connection, sendable, frames))
            except WebSocketClosedError:
                continue
            sent += 1
    return sent


def _frame(
    connection: WebSocketConnection, message: str | bytes, frames: dict[Hashable, bytes]
) -> bytes:
    """Give the frame for a connection, one that was made before where it fits."""
    framing = connection.framing
    if framing is None:
        return connection.message_frame(message)
    frame = frames.get(framing)
    if frame is None:
        frame = frames[framing] = connection.message_frame(message)
    return frame
