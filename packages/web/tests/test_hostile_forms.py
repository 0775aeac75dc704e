"""Multipart bodies that are meant to cost, over a real socket."""

import io
import time

import pytest

from etesian.web import Application, RequestHandler, WSGIAdapter

MULTIPART = {"Content-Type": "multipart/form-data; boundary=BB"}
GOOD = b'--BB\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--BB--\r\n'


class Names(RequestHandler):
    def post(self):
        self.write({"names": sorted(self.request.body_arguments)})


async def _post(site, body):
    started = time.perf_counter()
    answer = await site.fetch("/", "POST", headers=MULTIPART, body=body)
    # Linear work on a few megabytes takes milliseconds; quadratic work would take minutes.
    assert time.perf_counter() - started < 5
    return answer


@pytest.mark.spec("S137")
@pytest.mark.parametrize("near_miss", [b"\r\n--B", b"\r\n" * 2, b"\r", b"--BB-"])
async def test_a_search_for_the_boundary_is_linear(serve, near_miss):
    body = GOOD[:-8] + near_miss * 300_000 + b"\r\n--BB--\r\n"
    assert (await _post(serve(Names), body)).status in (200, 400, 413)


@pytest.mark.spec("S138")
@pytest.mark.parametrize("where", ["before", "after"])
async def test_what_lies_around_the_parts_is_dropped_or_refused(serve, where):
    filler = b"x" * 3_000_000
    body = filler + b"\r\n" + GOOD if where == "before" else GOOD + filler
    answer = await _post(serve(Names), body)
    assert answer.status in (200, 400, 413)
    if answer.status == 200:
        assert answer.json() == {"names": ["a"]}


@pytest.mark.spec("S140")
@pytest.mark.parametrize("separator", [b"\r", b"\n"])
async def test_only_crlf_separates_the_headers_of_a_part(serve, separator):
    body = GOOD.replace(b'name="a"', b'name="a"' + separator + b"X-Smuggled: 1")
    assert (await _post(serve(Names), body)).status == 400


@pytest.mark.spec("S142")
async def test_a_field_that_is_no_file_has_a_limit(serve):
    body = GOOD.replace(b"\r\n1\r\n", b"\r\n" + b"x" * 8_000_000 + b"\r\n")
    assert (await _post(serve(Names), body)).status in (400, 413)


@pytest.mark.spec("S144")
async def test_a_part_that_is_multipart_itself_is_not_opened(serve):
    nested = b"Content-Type: multipart/mixed; boundary=C\r\n"
    part = b'Content-Disposition: form-data; name="a"\r\n'
    body = b"--BB\r\n" + part + nested + b"\r\n" + b"--C\r\n" * 1000 + b"\r\n--BB--\r\n"
    answer = await _post(serve(Names), body)
    assert answer.status == 400 or answer.json() == {"names": ["a"]}


@pytest.mark.spec("S014")
@pytest.mark.parametrize("length", ["-1", "-4294967296", "-0", "\u0663"])
async def test_a_negative_length_is_an_error_and_no_endless_read(serve, length):
    raw = await serve(Names).exchange(
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: " + length.encode() + b"\r\n\r\na=1&b=2"
    )
    assert raw.startswith(b"HTTP/1.1 400 ")


@pytest.mark.spec("S014")
async def test_a_negative_length_of_a_part_decides_nothing(serve):
    body = GOOD.replace(b'"a"\r\n', b'"a"\r\nContent-Length: -5\r\n')
    assert (await _post(serve(Names), body)).json() == {"names": ["a"]}


@pytest.mark.spec("S014")
@pytest.mark.parametrize("length", ["-1", "-5", "1e9", "+3", " 3"])
def test_a_wsgi_server_that_passes_a_negative_length_on_is_read_nothing_of(length):
    class Endless(io.RawIOBase):
        def read(self, size=-1):
            raise AssertionError("it was read")

    environ = {"wsgi.input": Endless(), "CONTENT_LENGTH": length, "REQUEST_METHOD": "POST"}
    environ |= {"CONTENT_TYPE": "application/x-www-form-urlencoded", "wsgi.url_scheme": "http"}
    environ |= {"SERVER_NAME": "h", "SERVER_PORT": "80", "wsgi.input_terminated": True}
    statuses = []
    answer = WSGIAdapter(Application([("/", Names)]))(environ, lambda *head: statuses.append(head))
    assert (statuses[0][0], answer) == ("200 OK", [b'{"names": []}'])
