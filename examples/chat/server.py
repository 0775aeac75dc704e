"""A chat server: ``python examples/chat/server.py --port 8888``."""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import signal
import sys
from pathlib import Path

import handlers
from rooms import Rooms

from etesian.i18n import load_translations
from etesian.web import Application, url

HERE = Path(__file__).parent
# Seconds that a response may still take when the server is asked to stop.
DRAIN_TIMEOUT = 5
ROOM = r"/rooms/([a-z0-9-]{1,30})"


def make_application(
    rooms: Rooms, *, websocket: bool = True, secret: str | None = None
) -> Application:
    """Give the chat, ready to listen.

    ``secret`` signs the cookies; without one a new one is made, and those who
    were logged in must log in again after a restart.
    """
    load_translations(str(HERE / "locale"))
    shared = {"rooms": rooms}
    routes = [
        url(r"/", handlers.RoomList, shared, name="rooms"),
        url(r"/login", handlers.LoginPage, shared, name="login"),
        url(r"/logout", handlers.Logout, shared, name="logout"),
        url(r"/language", handlers.LanguageChoice, shared, name="language"),
        url(ROOM, handlers.RoomPage, shared, name="room"),
        url(ROOM + "/messages", handlers.RoomMessages, shared),
    ]
    if websocket:
        routes.append(url(ROOM + "/socket", handlers.RoomSocket, shared))
    return Application(
        routes,
        cookie_secret=secret or secrets.token_hex(32),
        login_url="/login",
        xsrf_cookies=True,
        template_path=str(HERE / "templates"),
        static_path=str(HERE / "static"),
        ui_modules={"Messages": handlers.MessagesModule, "Language": handlers.LanguageModule},
        # Half the idle time after which common proxies and home routers forget a connection.
        websocket_ping_interval=30,
    )


async def serve(port: int, *, websocket: bool) -> None:
    """Serve until SIGINT or SIGTERM, then let the requests in flight end."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    rooms = Rooms("lobby", "garden")
    secret = os.environ.get("CHAT_SECRET")
    server = make_application(rooms, websocket=websocket, secret=secret).listen(port)
    print(f"Chat on http://localhost:{port} (Ctrl-C stops it)", flush=True)
    await stopping.wait()
    server.stop()
    await rooms.close()
    await server.drain(within=DRAIN_TIMEOUT)
    print("Stopped.", flush=True)


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="A chat with rooms, over WebSocket.")
    parser.add_argument("--port", type=int, default=8888, help="TCP port (default: %(default)s)")
    parser.add_argument(
        "--no-websocket",
        action="store_true",
        help="serve no WebSocket, so that browsers fall back to long polling",
    )
    arguments = parser.parse_args()
    try:
        asyncio.run(serve(arguments.port, websocket=not arguments.no_websocket))
    except OSError as error:
        sys.exit(f"Cannot serve on port {arguments.port}: {error.strerror or error}")


if __name__ == "__main__":
    main()
