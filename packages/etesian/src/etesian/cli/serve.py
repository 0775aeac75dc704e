"""Serving an application from the command line, until a signal says stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import TYPE_CHECKING

from etesian.http_wire.interface import create_server
from etesian.streams.interface import api as streams

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.web.interface import Application

# Seconds for the requests in progress, once asked to stop. Supervisors allow ten and more before
# they kill, so that there is time left to end cleanly.
GRACE = 8.0


def serve(application: Application, *, port: int, host: str, uvloop: bool) -> None:
    """Serve until SIGINT or SIGTERM; the address is printed when connections are accepted.

    Requests that have begun by then have :data:`GRACE` seconds to be answered.

    ``port`` 0 takes a free one. Access and errors are logged on stderr. Raises
    ``OSError`` where the port cannot be opened, or uvloop is not installed.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname).1s %(asctime)s %(message)s")
    with asyncio.Runner(loop_factory=_loop_factory(uvloop=uvloop)) as runner:
        runner.run(_serve(application, port, host))


async def _serve(application: Application, port: int, host: str) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    sockets = streams.bind_sockets(port, host)
    server = create_server(application)
    server.add_sockets(sockets)
    for socket in sockets:
        address, real_port = socket.getsockname()[:2]
        name = f"[{address}]" if ":" in address else address
        print(f"Serving on http://{name}:{real_port} (Ctrl-C stops it)", flush=True)
    await stopping.wait()
    await server.drain(GRACE)


def _loop_factory(*, uvloop: bool) -> Callable[[], asyncio.AbstractEventLoop]:
    if not uvloop:
        return asyncio.new_event_loop
    try:
        from uvloop import new_event_loop  # noqa: PLC0415 - only for who asks for it
    except ImportError:
        raise OSError("uvloop is not installed; pip install 'etesian[uvloop]' brings it") from None
    return new_event_loop
