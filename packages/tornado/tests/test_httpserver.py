"""The HTTP server of the bridge."""

from __future__ import annotations

import pytest

from etesian.tornado.httpserver import HTTPServer


class Mine(HTTPServer):
    pass


class Initialised(HTTPServer):
    def __init__(self, callback, name):
        super().__init__(callback)
        self.name = name


@pytest.fixture(autouse=True)
def nothing_configured():
    yield
    HTTPServer.configure(None)


def answer(request):
    request.connection.finish()


@pytest.mark.spec("B-HTTP-060")
async def test_the_class_of_servers_can_be_configured():
    HTTPServer.configure(Mine, xheaders=True)
    server = HTTPServer(answer)
    assert type(server) is Mine
    assert server._settings.xheaders
    assert not HTTPServer(answer, xheaders=False)._settings.xheaders
    HTTPServer.configure(None)
    assert type(HTTPServer(answer)) is HTTPServer
    assert not HTTPServer(answer)._settings.xheaders
    with pytest.raises(ValueError, match="subclass"):
        HTTPServer.configure(dict)


async def test_a_subclass_with_arguments_of_its_own_is_made_as_it_is():
    HTTPServer.configure(Mine)
    server = Initialised(answer, "x")
    assert type(server) is Initialised
    assert server.name == "x"
