"""A process that serves under a supervisor.

``python -m etesian.cli.workers.worker CHANNEL SOCKETS ARGUMENT…``: the numbers of the descriptors
that it inherits, its end of the channel and the listening sockets, and the arguments of
``etesian run``.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from etesian.cli.command_line.parsing import parse
from etesian.cli.failures import status_of
from etesian.cli.http_server import make_server
from etesian.cli.serving import drain, load, pending_loop
from etesian.cli.sockets import listening_socket
from etesian.cli.stopping import Stopping, end_soon
from etesian.cli.workers.channel import ALIVE, READY, RETIRING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etesian.cli.command_line.options import RunOptions

# Signs of life within the time after which a worker without one is killed.
_SIGNS_OF_LIFE = 4


def main(words: Sequence[str]) -> int:
    """Serve until the supervisor says stop, or is gone; give the exit status."""
    _leave_signals_to_the_supervisor()
    channel_number, numbers, *arguments = words
    options = parse(["run", *arguments])
    # Both stay inheritable, as they came: an application that reloads itself (debug=True) replaces
    # this process by a new run of it, under the same numbers.
    channel = socket.socket(fileno=int(channel_number))
    sockets = [listening_socket(int(number)) for number in numbers.split(",")]
    return status_of(lambda: _serve(options, channel, sockets))


def _leave_signals_to_the_supervisor() -> None:
    """Let those pass that a terminal sends to all: what to do about them comes from the parent."""
    # Not SIG_IGN, which programs that are started from here would inherit.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    # The parent had them blocked, so that none came before this.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT, signal.SIGHUP])


def _serve(options: RunOptions, channel: socket.socket, sockets: list[socket.socket]) -> int:
    # Blocking so far; from here on the loop reads it.
    channel.setblocking(False)
    server = make_server(load(options), options, on_limit=lambda: _say(channel, RETIRING))

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        # It may come twice, from the supervisor and from who ends both: the supervisor is the one
        # to lose patience, and kills.
        stopping = Stopping([signal.SIGTERM])
        # Nothing is ever sent this way: what can be read is the end, of a parent that is gone.
        loop.add_reader(channel, stopping.ask)
        server.add_sockets(sockets, backlog=options.backlog)
        _say(channel, READY)
        life = loop.create_task(_show_life(channel, options.worker_timeout))
        await stopping.wait()
        loop.remove_reader(channel)
        await drain(server, options)
        life.cancel()

    with asyncio.Runner(debug=options.debug, loop_factory=pending_loop) as runner:
        runner.run(serve())
        end_soon(0)
    return 0


async def _show_life(channel: socket.socket, timeout: float) -> None:  # noqa: ASYNC109 - the supervisor's
    while timeout:
        _say(channel, ALIVE)
        await asyncio.sleep(timeout / _SIGNS_OF_LIFE)


def _say(channel: socket.socket, message: bytes) -> None:
    # A parent that is gone, or that has not read for long, has more to worry about.
    with suppress(OSError):
        channel.send(message)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
