"""One process that serves, until it is told to end."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Any

from etesian.cli.announcing import announce
from etesian.cli.http_server import make_server
from etesian.cli.logs import set_up_logging
from etesian.cli.notify import notify
from etesian.cli.sockets import open_sockets
from etesian.cli.start_error import StartError
from etesian.cli.stopping import Stopping, end_soon
from etesian.cli.target import load_target
from etesian.core_loop.interface import IOLoop

if TYPE_CHECKING:
    from etesian.cli.command_line.options import RunOptions
    from etesian.cli.target import Served

# Seconds within which a connection without a request may bring one and get its answer, once the
# process has been told to end: a client that sends just now would otherwise find it closed.
_IDLE_GRACE = 1.0


def run_alone(options: RunOptions) -> int:
    """Serve in this process, and give its exit status.

    Raises what :func:`load` raises, and ``StartError`` where a socket or the certificate
    cannot be had.
    """
    served = load(options)
    server = make_server(served, options)
    opened = open_sockets(options)

    async def serve() -> None:
        stopping = Stopping((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), opened.close)
        server.add_sockets(opened.sockets, backlog=options.backlog)
        announce(opened.sockets, options)
        await stopping.wait()
        notify("STOPPING=1")
        await drain(server, options)

    try:
        with asyncio.Runner(debug=options.debug, loop_factory=pending_loop) as runner:
            runner.run(serve())
            end_soon(0)
    finally:
        opened.close()
    return 0


def load(options: RunOptions) -> Served:
    """Give what is to be served, and set up logging where the program does not.

    Raises what loading the application raises, and ``StartError`` where uvloop is not installed.
    """
    # Before: what the modules of the program begin on the loop to come is on this one.
    _choose_loop(options)
    served = load_target(
        options.target,
        app_dir=options.app_dir,
        factory=options.factory,
        wsgi=options.wsgi,
        threads=options.threads,
    )
    set_up_logging(options)
    return served


async def drain(server: Any, options: RunOptions) -> None:
    """Accept no more, let requests in progress end in the time they have, close everything."""
    # One more whole turn of the loop, which accepts who is waiting to be: our step is the first of
    # a turn, and those that accept follow it.
    for _ in range(2):
        await asyncio.sleep(0)
    await server.drain(options.drain, idle_grace=min(_IDLE_GRACE, options.drain / 2))
    await server.close_all_connections()


def pending_loop() -> asyncio.AbstractEventLoop:
    """Give the loop that the program's modules took for the one that will run."""
    return IOLoop.current().asyncio_loop


def _choose_loop(options: RunOptions) -> None:
    if options.uvloop:
        try:
            IOLoop.configure("uvloop")
        except ImportError:
            raise StartError(
                "uvloop is not installed; pip install 'etesian[uvloop]' brings it"
            ) from None
