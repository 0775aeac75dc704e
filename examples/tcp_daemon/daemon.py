"""A TCP daemon that sends every line back, on nothing but the event loop and plain sockets.

It shows what `etesian-core-loop` does alone: `IOLoop.add_handler` on non-blocking sockets,
worker processes that share one listening socket, and an orderly end. For buffers, TLS and
name resolution there is etesian-streams.
"""

from __future__ import annotations

import argparse
import logging
import signal
import socket
import sys
from typing import TYPE_CHECKING

from etesian.core_loop import IOLoop, fork_processes
from etesian.core_loop.process import task_id

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("tcp_daemon")

# Bytes a client may send without a line end: what a terminal's line discipline allows.
MAX_LINE = 4096

# Bytes of replies a client may leave unread before the daemon stops reading from it.
MAX_UNSENT = 65536

# Connections that are open at once in one process; more wait in the kernel's queue.
MAX_CONNECTIONS = 1000

# Seconds a connection may stay silent, or leave its replies unread.
IDLE_TIMEOUT = 60.0

# Seconds that clients get, from SIGTERM on, to finish the line they are sending.
DRAIN_TIMEOUT = 5.0

CHUNK = 16384


class Connection:
    """One client: what it sent of a line, and what it has still to be sent."""

    def __init__(
        self, client: socket.socket, loop: IOLoop, on_close: Callable[[Connection], None]
    ) -> None:
        self._client = client
        self._loop = loop
        self._on_close = on_close
        self._line = bytearray()
        self._unsent = bytearray()
        self._draining = False  # end with the line that has begun
        self._ending = False  # end as soon as what is unsent is sent
        self._events = IOLoop.READ
        self._idle = loop.call_later(IDLE_TIMEOUT, self.close)
        loop.add_handler(client, self._on_ready, self._events)

    def drain(self) -> None:
        """Finish the line that is being sent, if one is, and close."""
        self._draining = True
        if not self._line:
            self._ending = True
            self._on_ready(self._client, IOLoop.NONE)

    def close(self) -> None:
        """Close at once."""
        if self._client.fileno() < 0:
            return
        self._loop.remove_timeout(self._idle)
        self._loop.remove_handler(self._client)
        self._client.close()
        self._on_close(self)

    def _on_ready(self, client: socket.socket, events: int) -> None:
        if client.fileno() < 0:
            return  # closed by the handler of the same moment's other event
        try:
            if events & IOLoop.READ and not self._ending:
                self._read()
            self._proceed()
        except BlockingIOError:
            pass
        except OSError as error:
            log.info("lost a client: %s", error)
            self.close()

    def _read(self) -> None:
        received = self._client.recv(CHUNK)
        if not received:
            self._ending = True
            return
        self._restart_idle_timer()
        # Only the new bytes are searched: a line that comes slowly costs no more than its length.
        newline = received.rfind(b"\n")
        if newline >= 0:
            self._unsent += self._line + received[: newline + 1]
            self._line = bytearray(received[newline + 1 :])
            self._ending = self._draining and not self._line
        else:
            self._line += received
        if len(self._line) > MAX_LINE:
            log.warning("a line of more than %d bytes: connection closed", MAX_LINE)
            self._ending = True

    def _proceed(self) -> None:
        """Send what can be sent, and watch for what may happen next."""
        if self._unsent:
            sent = self._client.send(self._unsent)
            del self._unsent[:sent]
            if sent:
                self._restart_idle_timer()
        if self._ending and not self._unsent:
            self.close()
            return
        readable = not self._ending and len(self._unsent) < MAX_UNSENT
        events = IOLoop.READ * readable | IOLoop.WRITE * bool(self._unsent)
        if events != self._events:
            self._events = events
            self._loop.update_handler(self._client, events)

    def _restart_idle_timer(self) -> None:
        self._loop.remove_timeout(self._idle)
        self._idle = self._loop.call_later(IDLE_TIMEOUT, self.close)


class Daemon:
    """Accepts clients until it is told to end, then lets those who are there finish."""

    def __init__(self, listener: socket.socket, loop: IOLoop) -> None:
        self._listener = listener
        self._loop = loop
        self._connections: set[Connection] = set()
        self._draining = False
        loop.add_handler(listener, self._on_client, IOLoop.READ)

    def end(self) -> None:
        """Accept nobody any more, and stop the loop when the last client is gone."""
        if self._draining:
            return
        self._draining = True
        self._loop.remove_handler(self._listener)
        self._listener.close()
        self._loop.call_later(DRAIN_TIMEOUT, self._loop.stop)
        for connection in list(self._connections):
            connection.drain()
        self._stop_if_done()

    def close(self) -> None:
        """Close what the end of the draining time found open."""
        for connection in list(self._connections):
            connection.close()

    def _on_client(self, listener: socket.socket, _events: int) -> None:
        try:
            client, _ = listener.accept()
        except BlockingIOError:
            return  # another worker was faster
        except OSError as error:
            # Most often EMFILE, which would come back at once and for ever: wait a little.
            log.warning("cannot accept: %s", error)
            self._pause()
            self._loop.call_later(1.0, self._resume)
            return
        client.setblocking(False)
        self._connections.add(Connection(client, self._loop, self._on_closed))
        if len(self._connections) == MAX_CONNECTIONS:
            self._pause()

    def _on_closed(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if self._draining:
            self._stop_if_done()
        elif len(self._connections) == MAX_CONNECTIONS - 1:
            self._resume()

    def _pause(self) -> None:
        self._loop.update_handler(self._listener, IOLoop.NONE)

    def _resume(self) -> None:
        if not self._draining and len(self._connections) < MAX_CONNECTIONS:
            self._loop.update_handler(self._listener, IOLoop.READ)

    def _stop_if_done(self) -> None:
        if not self._connections:
            self._loop.stop()


def serve(listener: socket.socket) -> None:
    """Serve on `listener` until SIGTERM or SIGINT, then drain."""
    loop = IOLoop.current()
    daemon = Daemon(listener, loop)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.add_callback_from_signal(daemon.end))
    host, port = listener.getsockname()
    # One write: a line of another worker must not come between it and its end.
    sys.stdout.write(f"listening on {host}:{port} (worker {task_id() or 0})\n")
    sys.stdout.flush()
    loop.start()
    daemon.close()
    loop.close()


def main() -> None:
    """Read the arguments, listen, fork, serve."""
    parser = argparse.ArgumentParser(description="Send every line back.")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7007, help="0 takes a free one")
    parser.add_argument("--processes", type=int, default=1, help="0 is one per processor")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    listener = socket.create_server((arguments.address, arguments.port), backlog=128)
    listener.setblocking(False)
    if arguments.processes != 1:
        fork_processes(arguments.processes)  # before the loop: workers share no epoll set
    serve(listener)


if __name__ == "__main__":
    main()
