"""A pytest plug-in: an application that is served, and a client, as fixtures.

Installing the distribution makes pytest load it. A project defines the fixture
``app``; tests that are coroutines then run on the loop that serves it::

    @pytest.fixture
    def app():
        return make_application()

    async def test_the_first_page(http_client, base_url):
        response = await http_client.fetch(base_url + "/")
        assert response.code == 200

They go over a real socket, or within the process: for all tests where the project's
configuration says ``etesian_in_process = true``, for one by
``@pytest.mark.etesian(in_process=True)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

# What is used of this distribution is imported by the fixtures: pytest loads this module in every
# project of the environment, also in those that use none of it.
if TYPE_CHECKING:
    from collections.abc import Iterator

    from etesian.core_loop.interface import IOLoop
    from etesian.http_wire.interface import (
        AsyncHTTPClient,
        HTTPServer,
        HTTPServerConnectionDelegate,
    )

__all__ = ["app", "base_url", "http_client", "http_server", "http_server_options"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name the settings of a project."""
    parser.addini(
        "etesian_in_process",
        "whether http_client reaches http_server without a socket",
        type="bool",
        default=False,
    )


@pytest.fixture
def app() -> HTTPServerConnectionDelegate:
    """Give what is served. A project overrides it."""
    pytest.fail("define a fixture 'app' that gives the application to be served")


@pytest.fixture
def http_server_options() -> dict[str, Any]:
    """Give the options of the server. A project may override it."""
    return {}


@pytest.fixture
def http_server(
    io_loop: IOLoop,
    app: HTTPServerConnectionDelegate,
    http_server_options: dict[str, Any],
    request: pytest.FixtureRequest,
) -> Iterator[HTTPServer]:
    """Serve ``app``, on a free port of 127.0.0.1 or within the process, until the test's end."""
    from etesian.http_wire.interface import create_server  # noqa: PLC0415

    server = create_server(app, **http_server_options)
    if not _in_process(request):
        listening, _ = request.getfixturevalue("unused_port_socket")
        # A twin: the server closes its own, the other fixture the one that it made.
        server.add_socket(listening.dup())
    yield server
    server.stop()
    io_loop.run_sync(server.close_all_connections)


@pytest.fixture
def base_url(http_server: HTTPServer, request: pytest.FixtureRequest) -> str:  # noqa: ARG001 - there must be one
    """Give the URL of the server, without a slash at its end."""
    if _in_process(request):
        from etesian.web.testing.in_process import IN_PROCESS_URL  # noqa: PLC0415

        return IN_PROCESS_URL
    return f"http://127.0.0.1:{request.getfixturevalue('unused_port_socket')[1]}"


@pytest.fixture
def http_client(io_loop: IOLoop, request: pytest.FixtureRequest) -> Iterator[AsyncHTTPClient]:  # noqa: ARG001 - it belongs to it
    """Give a client of its own for the test, closed at the end.

    Within the process it leads to ``http_server``, whatever host a URL names.
    """
    if _in_process(request):
        from etesian.web.testing.in_process import in_process_client  # noqa: PLC0415

        client = in_process_client(request.getfixturevalue("http_server"))
    else:
        from etesian.http_wire.interface import AsyncHTTPClient  # noqa: PLC0415

        client = AsyncHTTPClient(force_instance=True)
    yield client
    client.close()


def _in_process(request: pytest.FixtureRequest) -> bool:
    for marker in request.node.iter_markers("etesian"):
        if "in_process" in marker.kwargs:
            return bool(marker.kwargs["in_process"])
    return bool(request.config.getini("etesian_in_process"))
