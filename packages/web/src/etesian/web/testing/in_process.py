"""A client whose connections lead to a server in the same process, without a socket."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from etesian.http_wire.interface import AsyncHTTPClient
from etesian.web.testing.memory_transport import connect_in_memory

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from typing import Protocol

    class MakesProtocols(Protocol):
        """A server, as far as it is needed here."""

        def create_protocol(self) -> asyncio.BaseProtocol:
            """Make what one connection feeds."""
            ...


__all__ = ["IN_PROCESS_URL", "InProcessConnector", "in_process_client"]

_P = TypeVar("_P", bound="asyncio.BaseProtocol")

# Where a server in the process is said to be: what is for this machine only is for its tests too.
IN_PROCESS_URL = "http://127.0.0.1"
_CLIENT_HOST = "127.0.0.1"
# The first of the ports that systems give to clients.
_FIRST_CLIENT_PORT = 49152


class InProcessConnector:
    """Connects to ``server``, whatever host and port are asked for: the ``tcp_client`` of a client.

    So an application with rules for hosts can be asked by any of its names. There is no
    TLS: an ``https`` URL raises ``ValueError``.
    """

    def __init__(self, server: MakesProtocols) -> None:
        self._server = server
        self._ports = count(_FIRST_CLIENT_PORT)

    async def connect_protocol(
        self, factory: Callable[[], _P], host: str, port: int, **options: Any
    ) -> tuple[asyncio.Transport, _P]:
        """Give a connection to the server, and the protocol of ``factory`` that it feeds."""
        if options.get("ssl_options") is not None:
            raise ValueError("there is no TLS within the process: use a real socket")
        protocol = factory()
        transport, _ = connect_in_memory(
            protocol,
            self._server.create_protocol(),
            address_of_one=(_CLIENT_HOST, next(self._ports)),
            address_of_other=(host, port),
        )
        return transport, protocol

    def close(self) -> None:
        """Do nothing: connections belong to who asked for them."""


def in_process_client(server: MakesProtocols, **options: Any) -> AsyncHTTPClient:
    """Give a client of its own for ``server``, which needs no socket and may have none.

    Requests and responses go through the whole of both wires. ``options`` are those of the
    client. Redirects to other hosts lead to the same server.
    """
    # Not the one that somebody configured: libcurl knows nothing of our transports.
    client = AsyncHTTPClient.configurable_default()
    connector = InProcessConnector(server)
    return client(force_instance=True, tcp_client=connector, **options)
