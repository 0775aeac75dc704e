"""Another try: when, after how long, and when not."""

from __future__ import annotations

import asyncio
import ssl
import time
from email.utils import formatdate

import pytest

from etesian.http_wire.client.errors import HTTPClientError, HTTPTimeoutError
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.client.response import HTTPResponse
from etesian.http_wire.client.retry import RetryBudget, RetryPolicy, fetch_with_retries

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
DOWN = b"HTTP/1.1 503 Down\r\nContent-Length: 0\r\nRetry-After: 0\r\n\r\n"


@pytest.fixture
def fast():
    """A policy whose budget is this test's alone."""
    return RetryPolicy(first_delay=0.001)


def failure(code, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = HTTPRequest("http://a.test/", headers=headers)
    return HTTPResponse(request, code, headers=request.headers).error


GET = HTTPRequest("http://a.test/")


@pytest.mark.parametrize(
    "error",
    [failure(503), failure(429), failure(502), failure(504), HTTPTimeoutError("x"), OSError()],
)
def test_what_may_pass_is_tried_again_ever_later(error):
    policy = RetryPolicy(attempts=9, first_delay=1, max_delay=5)
    for attempt, longest in ((1, 1), (2, 2), (3, 4), (4, 5), (8, 5)):
        assert longest / 2 <= policy.delay_after(GET, attempt, error) <= longest
    assert policy.delay_after(GET, 9, error) is None


@pytest.mark.parametrize(
    "error",
    [
        failure(404),
        failure(500),
        failure(304),
        ValueError(),
        ssl.SSLCertVerificationError(),
        PermissionError(),
        ZeroDivisionError(),
    ],
)
def test_what_will_not_pass_is_not(error):
    assert RetryPolicy().delay_after(GET, 1, error) is None


async def produce(write):
    pass


@pytest.mark.parametrize(
    "options",
    [
        {"method": "POST", "body": b""},
        {"method": "PATCH", "body": b""},
        {"method": "PUT", "body_producer": produce},
        {"streaming_callback": print},
    ],
)
def test_only_what_can_be_repeated(options):
    assert RetryPolicy().delay_after(HTTPRequest("http://a.test/", **options), 1, OSError()) is None


def test_a_server_may_say_when():
    policy = RetryPolicy(max_delay=60)
    assert policy.delay_after(GET, 1, failure(503, Retry_After="7")) == 7
    date = formatdate(time.time() + 30, usegmt=True)
    assert 25 < policy.delay_after(GET, 1, failure(503, Retry_After=date)) <= 30
    past = formatdate(time.time() - 30, usegmt=True)
    assert policy.delay_after(GET, 1, failure(503, Retry_After=past)) == 0
    assert policy.delay_after(GET, 1, failure(503, Retry_After="61")) is None
    assert policy.delay_after(GET, 1, failure(503, Retry_After="9" * 30)) is not None
    assert policy.delay_after(GET, 1, failure(503, Retry_After="soon")) <= 0.2


@pytest.mark.parametrize("form", ["%a %b %d %H:%M:%S %Y", "%A, %d-%b-%y %H:%M:%S GMT"])
def test_the_older_forms_of_dates_are_in_utc_too(monkeypatch, form):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        date = time.strftime(form, time.gmtime(time.time() + 30))
        delay = RetryPolicy(max_delay=60).delay_after(GET, 1, failure(503, Retry_After=date))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert 25 < delay <= 30


async def test_who_is_not_trusted_is_not_asked_again(
    canned_server, either, server_tls, ca_file, tmp_path, fast
):
    nothing = str(tmp_path / "none.pem")
    async with canned_server(OK, tls=server_tls("other.test")) as server:
        for options in ({}, {"ca_certs": ca_file}, {"ca_certs": nothing}, {"client_cert": nothing}):
            with pytest.raises((OSError, HTTPClientError)) as caught:
                await either.fetch(server.url(), **options)
            assert fast.delay_after(GET, 1, caught.value) is None


def test_a_budget_bounds_retries_by_requests():
    budget = RetryBudget(ratio=0.5, reserve=2)
    assert [budget.take() for _ in range(3)] == [True, True, False]
    budget.request_made()
    assert not budget.take()
    budget.request_made()
    assert budget.take()
    for _ in range(100):
        budget.request_made()
    assert [budget.take() for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize("form", [HTTPRequest, str])
async def test_until_it_succeeds(canned_server, client, form, fast):
    async with canned_server(lambda number, *_: OK if number == 3 else DOWN) as server:
        response = await fetch_with_retries(client, form(server.url()), fast)
    assert response.body == b"ok"
    assert len(server.heads) == 3


async def test_until_the_attempts_or_the_budget_are_used_up(canned_server, client, fast):
    async with canned_server(DOWN) as server:
        request = HTTPRequest(server.url())
        with pytest.raises(HTTPClientError):
            await fetch_with_retries(client, request, fast)
        assert len(server.heads) == 3
        poor = RetryPolicy(budget=RetryBudget(reserve=0))
        with pytest.raises(HTTPClientError):
            await fetch_with_retries(client, request, poor)
        assert len(server.heads) == 4


async def test_cancelling_within_the_pause(canned_server, client, eventually):
    slow = RetryPolicy(first_delay=20)
    async with canned_server(DOWN.replace(b"Retry-After: 0\r\n", b"")) as server:
        fetch = asyncio.ensure_future(fetch_with_retries(client, HTTPRequest(server.url()), slow))
        await eventually(lambda: server.heads)
        await asyncio.sleep(0.05)
        fetch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetch
    assert len(server.heads) == 1
