"""A TCP daemon that sends every line back, on TCPServer and IOStream.

The same as the example `tcp_daemon` does on plain sockets, and over TLS too. Buffers,
back-pressure and limits are the stream's; what is left to write is the protocol.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from typing import TYPE_CHECKING, Any

from etesian.core_loop import fork_processes
from etesian.streams import StreamClosedError, TCPServer, UnsatisfiableReadError, bind_sockets

if TYPE_CHECKING:
    import socket

    from etesian.streams import IOStream

log = logging.getLogger("tcp_server")

# Bytes a client may send without a line end: what a terminal's line discipline allows.
MAX_LINE = 4096

# Seconds a connection may stay silent, or leave its replies unread.
IDLE_TIMEOUT = 60.0

# Seconds that clients get, from SIGTERM on, to finish the line they are sending.
DRAIN_TIMEOUT = 5.0


class LineEcho(TCPServer):
    """Sends every line back."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._serving: set[asyncio.Task[Any]] = set()
        self._draining = False

    async def handle_stream(self, stream: IOStream, address: Any) -> None:
        """Serve one client until it leaves, is silent too long, or the server ends."""
        if task := asyncio.current_task():
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        try:
            while not self._draining:
                async with asyncio.timeout(IDLE_TIMEOUT):
                    # Waits for the client to take the reply: one that does not is not read from.
                    await stream.write(await stream.read_until(b"\n", max_bytes=MAX_LINE))
        except TimeoutError:
            log.info("%s was silent for %g s", address, IDLE_TIMEOUT)
        except StreamClosedError as closed:
            if isinstance(closed.real_error, UnsatisfiableReadError):
                log.warning("%s sent a line of more than %d bytes", address, MAX_LINE)
        finally:
            stream.close()

    async def drain(self) -> None:
        """Accept nobody any more, and let the clients who are there finish a line."""
        self._draining = True
        self.stop()
        if self._serving:
            await asyncio.wait(self._serving, timeout=DRAIN_TIMEOUT)


async def serve(sockets: list[socket.socket], worker: int, options: dict[str, Any]) -> None:
    """Serve on the listening `sockets` until SIGTERM or SIGINT, then drain."""
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    server = LineEcho(**options)
    server.add_sockets(sockets)
    host, port = sockets[0].getsockname()[:2]
    # One write: a line of another worker must not come between it and its end.
    sys.stdout.write(f"listening on {host}:{port} (worker {worker})\n")
    sys.stdout.flush()
    await ending.wait()
    await server.drain()


def main() -> None:
    """Read the arguments, listen, fork, serve."""
    parser = argparse.ArgumentParser(description="Send every line back.")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7007, help="0 takes a free one")
    parser.add_argument("--processes", type=int, default=1, help="0 is one per processor")
    parser.add_argument("--certfile", help="serve TLS with this certificate")
    parser.add_argument("--keyfile", help="its key, if that is in a file of its own")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    options: dict[str, Any] = {}
    if arguments.certfile:
        options["ssl_options"] = {"certfile": arguments.certfile, "keyfile": arguments.keyfile}
    sockets = bind_sockets(arguments.port, arguments.address)
    worker = 0
    if arguments.processes != 1:
        worker = fork_processes(arguments.processes)  # before the loop: workers share no epoll set
    asyncio.run(serve(sockets, worker, options))


if __name__ == "__main__":
    main()
