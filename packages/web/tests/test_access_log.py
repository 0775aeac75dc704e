import json
import logging
import re
from contextvars import ContextVar

import pytest

from etesian.web import AccessJSONFormatter, RequestHandler

VARIABLE: ContextVar[str] = ContextVar("variable", default="unset")


class Hello(RequestHandler):
    def get(self):
        VARIABLE.set("of the request")
        self.write("hello")


@pytest.fixture
def access_records():
    """Give the access records, each with what the context was when it was made."""
    records = []

    class Keeper(logging.Handler):
        def emit(self, record):
            record.variable = VARIABLE.get()
            records.append(record)

    logger = logging.getLogger("etesian.access")
    keeper = Keeper()
    logger.addHandler(keeper)
    level = logger.level
    logger.setLevel(logging.INFO)
    yield records
    logger.removeHandler(keeper)
    logger.setLevel(level)


async def test_a_record_holds_what_is_known_of_the_request(serve, access_records):
    await serve(Hello).fetch("/a?b", headers={"X-Request-ID": "abc-1.2_3"})
    (record,) = access_records
    assert record.request_id == "abc-1.2_3"
    assert (record.remote_ip, record.method, record.uri) == ("127.0.0.1", "GET", "/a?b")
    assert (record.handler, record.status, record.bytes_sent) == ("Hello", 200, 5)
    assert 0 <= record.duration_ms < 5000
    assert record.variable == "of the request"


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "<script>"])
async def test_a_request_without_a_sensible_id_gets_one(serve, access_records, given):
    site = serve(Hello)
    for _ in range(2):
        await site.fetch("/", headers={"X-Request-Id": given})
    first, second = (record.request_id for record in access_records)
    assert re.fullmatch(r"[0-9a-f]{16}", first)
    assert first != second


async def test_records_can_be_written_as_json(serve, access_records):
    await serve(Hello).fetch("/%22%0a")
    line = AccessJSONFormatter().format(access_records[0])
    entry = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry["time"])
    assert (entry["level"], entry["status"], entry["uri"]) == ("INFO", 200, "/%22%0a")
    assert len(line.splitlines()) == 1


def test_other_records_are_written_with_their_message():
    try:
        {}["x"]
    except KeyError:
        import sys

        record = logging.LogRecord("n", 30, "p", 1, "a\n\u2028 %s", ("b",), sys.exc_info())
    entry = json.loads(AccessJSONFormatter().format(record))
    assert entry["message"] == "a\n\u2028 b"
    assert "KeyError" in entry["exception"]


async def test_where_the_level_is_off_nothing_is_made(serve, monkeypatch):
    def fail(*_args, **_kwargs):
        raise AssertionError

    logger = logging.getLogger("etesian.access")
    monkeypatch.setattr(logger, "level", logging.ERROR)
    logger.manager._clear_cache()
    monkeypatch.setattr(logger, "_log", fail)
    assert (await serve(Hello).fetch("/")).text == "hello"
    monkeypatch.undo()
    logger.manager._clear_cache()
