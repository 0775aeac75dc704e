"""What can be chosen about one connection, and the defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["DEFAULT_MAX_MESSAGE_SIZE", "ConnectionOptions"]

# Bytes: 10 MiB, the documented default of ``websocket_max_message_size``.
DEFAULT_MAX_MESSAGE_SIZE: Final = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOptions:
    """Times in seconds, sizes in bytes.

    ``ping_interval`` of ``None`` or 0 sends no pings. ``ping_timeout`` is the
    longest wait for a Pong; ``None`` is the larger of three intervals and 30.
    ``close_timeout`` bounds how long a closing connection may wait for its
    peer. ``max_send_queue`` bounds what waits to be sent when another message
    is added: a peer that reads no more is dropped, not collected for.
    ``max_message_size`` bounds a received message, unpacked.
    """

    ping_interval: float | None = None
    ping_timeout: float | None = None
    # What browsers and libraries wait is 2 to 10 s; the peer has nothing to compute.
    close_timeout: float = 5.0
    # The largest message that the other side would accept by default.
    max_send_queue: int = DEFAULT_MAX_MESSAGE_SIZE
    max_message_size: int = DEFAULT_MAX_MESSAGE_SIZE

    @property
    def effective_ping_timeout(self) -> float:
        """Seconds until an unanswered ping means that the peer is gone."""
        if self.ping_timeout is not None:
            return self.ping_timeout
        return max(3 * (self.ping_interval or 0), 30.0)
