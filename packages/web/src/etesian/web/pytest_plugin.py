"""A pytest plug-in: an application on a real socket, and a client, as fixtures.

Installing the distribution makes pytest load it. A project defines the fixture
``app``; tests that are coroutines then run on the loop that serves it::

    @pytest.fixture
    def app():
        return make_application()

    async def test_the_first_page(http_client, base_url):
        response = await http_client.fetch(base_url + "/")
        assert response.code == 200
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

# What is used of this distribution is imported by the fixtures: pytest loads this module in every
# project of the environment, also in those that use none of it.
if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from etesian.core_loop.interface import IOLoop
    from etesian.http_wire.interface import AsyncHTTPClient

__all__ = ["app", "base_url", "http_client", "http_server", "http_server_options"]


@pytest.fixture
def app() -> Any:
    """Give what is served. A project overrides it."""
    pytest.fail("define a fixture 'app' that gives the application to be served")


@pytest.fixture
def http_server_options() -> dict[str, Any]:
    """Give the options of the server. A project may override it."""
    return {}


@pytest.fixture
def http_server(
    io_loop: IOLoop,
    unused_port_socket: tuple[socket.socket, int],
    app: Any,
    http_server_options: dict[str, Any],
) -> Iterator[Any]:
    """Serve ``app`` on a free port of 127.0.0.1; give the server, stopped at the end."""
    from etesian.http_wire.interface import create_server  # noqa: PLC0415

    listening, _ = unused_port_socket
    server = create_server(app, **http_server_options)
    # A twin: the server closes its own, the other fixture the one that it made.
    server.add_socket(listening.dup())
    yield server
    server.stop()
    io_loop.run_sync(server.close_all_connections)


@pytest.fixture
def base_url(http_server: Any, unused_port_socket: tuple[socket.socket, int]) -> str:  # noqa: ARG001 - there must be one
    """Give the URL of the server, without a slash at its end."""
    return f"http://127.0.0.1:{unused_port_socket[1]}"


@pytest.fixture
def http_client(io_loop: IOLoop) -> Iterator[AsyncHTTPClient]:  # noqa: ARG001 - it belongs to it
    """Give a client of its own for the test, closed at the end."""
    from etesian.http_wire.interface import AsyncHTTPClient  # noqa: PLC0415

    client = AsyncHTTPClient(force_instance=True)
    yield client
    client.close()
