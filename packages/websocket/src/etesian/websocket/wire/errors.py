"""What goes wrong on the wire, and what the peer is told about it.

WebSocketError
+-- ProtocolError    an open connection fails; ``close_code`` is sent
+-- HandshakeError   the connection does not open; ``status_code`` is answered
"""

from __future__ import annotations

from etesian.websocket.interface import WebSocketError

__all__ = ["HandshakeError", "ProtocolError"]


class ProtocolError(WebSocketError):
    """The peer broke RFC 6455 or a limit of ours; the connection must fail (7.1.7).

    ``close_code`` is what our last frame tells the peer: 1002, 1007, 1008 or
    1009. The text is made of our own words and numbers, never of peer bytes.
    """

    def __init__(self, close_code: int, message: str) -> None:
        super().__init__(message)
        self.close_code = close_code


class HandshakeError(WebSocketError):
    """The opening handshake is refused.

    ``status_code`` is what a server answers (400 or 426); a client that cannot
    trust the server's answer raises it too, and closes without one.
    """

    def __init__(self, message: str, status_code: int = 400) -> None:
        super().__init__(message)
        self.status_code = status_code
