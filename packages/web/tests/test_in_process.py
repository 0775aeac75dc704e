"""Requests without a socket: through both wires, in one process."""

import asyncio

import pytest

from etesian.http_wire.interface import AsyncHTTPClient, HTTPClientError
from etesian.web import Application, RequestHandler, StaticFileHandler, stream_request_body
from etesian.web.testing import serving


class Echo(RequestHandler):
    def post(self):
        self.write(self.request.body)


class About(RequestHandler):
    async def get(self):
        await asyncio.sleep(0)
        request = self.request
        peer = id(request.connection)
        self.write(
            {
                "host": request.host,
                "ip": request.remote_ip,
                "scheme": request.protocol,
                "peer": peer,
            }
        )


class Breaks(RequestHandler):
    async def get(self):
        self.write(b"half of it")
        await self.flush()
        raise RuntimeError("in the middle")


class Large(RequestHandler):
    async def get(self):
        for _ in range(100):
            self.write(bytes(65536))
            await self.flush()


@stream_request_body
class Counts(RequestHandler):
    def prepare(self):
        self.count = 0

    async def data_received(self, chunk):
        await asyncio.sleep(0)
        self.count += len(chunk)

    def post(self):
        self.write(str(self.count))


class Waits(RequestHandler):
    begun = ended = False

    async def get(self):
        type(self).begun = True
        try:
            await asyncio.sleep(60)
        finally:
            type(self).ended = True


@pytest.fixture(params=[True, False], ids=["in process", "socket"])
async def site(request, anyio_backend, tmp_path):
    (tmp_path / "file.txt").write_bytes(b"0123456789" * 100_000)
    routes = [
        ("/echo", Echo),
        ("/about", About),
        ("/breaks", Breaks),
        ("/large", Large),
        ("/counts", Counts),
        ("/waits", Waits),
        ("/files/(.*)", StaticFileHandler, {"path": str(tmp_path)}),
    ]
    async with serving(Application(routes), in_process=request.param) as site:
        yield site


async def test_a_body_comes_back(site):
    body = bytes(range(256)) * 1000
    response = await site.fetch("/echo", method="POST", body=body)
    assert (response.code, response.body) == (200, body)


async def test_a_missing_page_is_a_response_or_an_error_as_told(site):
    assert (await site.fetch("/none")).code == 404
    with pytest.raises(HTTPClientError, match="404"):
        await site.fetch("/none", raise_error=True)


async def test_large_bodies_flow_both_ways(site):
    received = []
    await site.fetch("/large", streaming_callback=lambda chunk: received.append(len(chunk)))
    assert sum(received) == 100 * 65536

    async def produce(write):
        for _ in range(50):
            await write(bytes(100_000))

    response = await site.fetch("/counts", method="POST", body_producer=produce)
    assert response.body == b"5000000"


async def test_files_are_served_in_whole_and_in_part(site):
    assert len((await site.fetch("/files/file.txt")).body) == 1_000_000
    response = await site.fetch("/files/file.txt", headers={"Range": "bytes=5-14"})
    assert (response.code, response.body) == (206, b"5678901234")


async def test_a_response_that_breaks_off_is_an_error(site, caplog):
    with pytest.raises(HTTPClientError, match="closed within the response body"):
        await site.fetch("/breaks")
    assert "in the middle" in caplog.text


async def test_a_response_that_does_not_come_is_an_error_of_the_timeout(site):
    with pytest.raises(HTTPClientError, match=r"request_timeout is 0\.05"):
        await site.fetch("/waits", request_timeout=0.05)


async def test_a_client_that_leaves_cancels_its_handler(site):
    Waits.begun = Waits.ended = False
    async with asyncio.timeout(5):
        fetch = asyncio.ensure_future(site.fetch("/waits"))
        while not Waits.begun:  # noqa: ASYNC110 - nothing tells from outside
            await asyncio.sleep(0.001)
        fetch.cancel()
        while not Waits.ended:  # noqa: ASYNC110 - nothing tells from outside
            await asyncio.sleep(0.001)


async def test_requests_at_the_same_time(site):
    responses = await asyncio.gather(*(site.fetch("/about") for _ in range(30)))
    assert {response.code for response in responses} == {200}


async def test_within_the_process_every_host_is_this_one():
    async with serving(Application([("/", About)])) as site:
        response = await site.client.fetch("http://other.example/")
        assert b'"other.example"' in response.body
        assert b'"127.0.0.1"' in response.body


async def test_within_the_process_there_is_no_tls():
    async with serving(Application([("/", About)])) as site:
        with pytest.raises(ValueError, match="no TLS within the process"):
            await site.client.fetch("https://127.0.0.1/")


async def test_another_client_may_be_configured(monkeypatch):
    monkeypatch.setattr(AsyncHTTPClient, "_configured_class", "no.such.Client")
    async with serving(Application([("/", About)])) as site:
        assert (await site.fetch("/")).code == 200


async def test_options_are_those_of_the_server():
    async with serving(Application([("/", Echo)]), max_body_size=10) as site:
        assert (await site.fetch("/", method="POST", body=b"x" * 11)).code == 413
