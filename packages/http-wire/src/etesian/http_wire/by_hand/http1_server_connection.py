"""The server's side of one stream that somebody else has accepted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from etesian.http_wire.by_hand.parameters import HTTP1ConnectionParameters
from etesian.http_wire.by_hand.stream_transport import StreamTransport
from etesian.http_wire.server.connection import ServerConnection
from etesian.http_wire.server.deadlines import Deadlines
from etesian.http_wire.server.settings import ConnectionSettings

if TYPE_CHECKING:
    from etesian.http_wire.interface import HTTPServerConnectionDelegate
    from etesian.streams.interface import Stream


class HTTP1ServerConnection:
    """Serves the requests that come on ``stream``, by the same machinery as ``HTTPServer``.

    ``context`` may have a ``remote_ip`` and a ``protocol``, which the requests
    will show.
    """

    def __init__(
        self,
        stream: Stream,
        params: HTTP1ConnectionParameters | None = None,
        context: object = None,
    ) -> None:
        self.stream = stream
        self.params = params or HTTP1ConnectionParameters()
        self.context = context
        self._serving: asyncio.Task[None] | None = None

    def start_serving(self, delegate: HTTPServerConnectionDelegate) -> None:
        """Begin to serve, in a task of its own; to be called once, with the loop running."""
        if self._serving is not None:
            raise RuntimeError("the connection is being served")
        policy = self.params.wire_policy
        settings = ConnectionSettings(
            policy=policy,
            no_keep_alive=self.params.no_keep_alive,
            decompress=self.params.decompress,
            protocol=getattr(self.context, "protocol", None),
        )
        peer = getattr(self.context, "remote_ip", None)
        transport = StreamTransport(self.stream, {"peername": (peer, 0) if peer else None})
        connection = ServerConnection(delegate, settings, Deadlines(policy.shortest_timeout))
        self._serving = asyncio.get_running_loop().create_task(transport.pump(connection))

    async def close(self) -> None:
        """Close the stream, and wait until its delegates know."""
        self.stream.close()
        if self._serving is not None:
            await asyncio.wait([self._serving])
