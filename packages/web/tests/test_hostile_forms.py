"""Multipart bodies that are meant to cost, over a real socket."""

import time

import pytest

from etesian.web import RequestHandler

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
