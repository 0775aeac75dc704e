"""Several ranges at once, and the bounds of that (RFC 9110, 14)."""

import email.parser
import email.policy
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.web import StaticFileHandler
from etesian.web.static_files.byte_range import (
    ByteRange,
    UnsatisfiableRangeError,
    select_ranges,
)

CONTENT = bytes(range(256)) * 4
LARGE = os.urandom(1024) * 1024


@pytest.fixture
async def site(serve, tmp_path):
    (tmp_path / "file.bin").write_bytes(CONTENT)
    (tmp_path / "large.bin").write_bytes(LARGE)
    StaticFileHandler.reset()
    arguments = {"max_ranges": 4}
    return serve([], static_path=str(tmp_path), static_handler_args=arguments)


def parts(response):
    """Give (Content-Range, octets) of each part, as the standard library parses MIME."""
    head = f"Content-Type: {response.headers['Content-Type']}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + response.body)
    assert message.is_multipart()
    return [(part["Content-Range"], part.get_payload(decode=True)) for part in message.iter_parts()]


@pytest.mark.parametrize(("name", "content"), [("file.bin", CONTENT), ("large.bin", LARGE)])
async def test_each_range_is_a_part_with_its_octets_in_the_order_asked_for(site, name, content):
    # Printable octets only: the parser of mail must not change line ends.
    size = len(content)
    headers = {"Range": "bytes=600-601, 100-101, -1"}
    response = await site.fetch(f"/static/{name}", headers=headers)
    assert response.status == 206
    assert "Content-Range" not in response.headers
    assert int(response.headers["Content-Length"]) == len(response.body)
    boundary = response.headers["Content-Type"].partition("boundary=")[2].encode()
    expected = b""
    for start, end in ((600, 602), (100, 102), (size - 1, size)):
        expected += b"\r\n--%s\r\nContent-Type: application/octet-stream\r\n" % boundary
        expected += b"Content-Range: bytes %d-%d/%d\r\n\r\n" % (start, end - 1, size)
        expected += content[start:end]
    assert response.body == expected + b"\r\n--%s--\r\n" % boundary
    head = await site.fetch(f"/static/{name}", "HEAD", headers=headers)
    assert (head.body, head.headers["Content-Length"]) == (b"", str(len(response.body)))


async def test_another_reader_understands_the_parts(site):
    response = await site.fetch("/static/file.bin", headers={"Range": "bytes=65-70,353-360"})
    assert [each[0] for each in parts(response)] == ["bytes 65-70/1024", "bytes 353-360/1024"]
    assert parts(response)[0][1].rstrip(b"\n") == b"ABCDEF"


@pytest.mark.spec("S076")
@pytest.mark.parametrize(
    ("header", "status", "content_range"),
    [
        ("bytes=0-9,5-20", 206, "bytes 0-20/1024"),
        ("bytes=0-9,60-69", 206, "bytes 0-69/1024"),  # a part costs more than the gap
        ("bytes=0-0,5000-6000", 206, "bytes 0-0/1024"),
        ("bytes=5000-,6000-", 416, "bytes */1024"),
        ("bytes=0-,0-,0-,0-", 200, None),
        ("bytes=0-511,512-", 200, None),
        ("bytes=" + ",".join(["0-0"] * 5), 200, None),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(0, 1024, 100)), 200, None),
        ("bytes=0-1,x-2", 200, None),
        ("bytes=0-1,5-2", 200, None),
        ("bytes=0-1,,3-4", 200, None),
        ("bytes=" + " " * 300 + "0-1,3-4", 200, None),
        ("lines=0-1,200-204", 200, None),
    ],
)
async def test_what_overlaps_is_joined_and_what_is_too_much_ignored(
    site, header, status, content_range
):
    response = await site.fetch("/static/file.bin", headers={"Range": header})
    assert (response.status, response.headers["Content-Range"]) == (status, content_range)
    if status == 200:
        assert response.body == CONTENT


async def test_an_old_etag_gets_all_of_it(site):
    fields = {"Range": "bytes=0-1,500-501", "If-Range": '"old"'}
    assert (await site.fetch("/static/file.bin", headers=fields)).body == CONTENT


@pytest.mark.parametrize("pieces", [False, True])
async def test_parts_of_contents_from_elsewhere(serve, pieces):
    class Elsewhere(StaticFileHandler):
        def validate_absolute_path(self, root, absolute_path):
            return absolute_path

        @classmethod
        def get_content(cls, abspath, start=None, end=None):
            found = CONTENT[start:end]
            return iter([found[:1], found[1:]]) if pieces else found

        def get_content_size(self):
            return len(CONTENT)

        def get_modified_time(self):
            return None

    site = serve([(r"/(.*)", Elsewhere, {"path": "/x", "max_ranges": 2})])
    response = await site.fetch("/name", headers={"Range": "bytes=1-2,500-502"})
    assert response.status == 206
    assert len(response.body) == int(response.headers["Content-Length"])
    assert CONTENT[1:3] + b"\r\n--" in response.body
    assert CONTENT[500:503] + b"\r\n--" in response.body


@given(
    asked=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 500)), min_size=1, max_size=8),
    size=st.integers(1, 2500),
)
def test_the_parts_hold_what_was_asked_for_and_never_more_than_the_content(asked, size):
    header = "bytes=" + ",".join(f"{start}-{start + length}" for start, length in asked)
    wanted = {n for start, length in asked for n in range(start, min(start + length + 1, size))}
    try:
        ranges = select_ranges(header, size, 8)
    except UnsatisfiableRangeError:
        assert not wanted
        return
    ranges = ranges or (ByteRange(0, size),)
    given_octets = [n for start, end in ranges for n in range(start, end)]
    assert len(given_octets) == len(set(given_octets)) <= size
    assert wanted <= set(given_octets)
