import gzip
import hashlib
import zlib

import pytest

from etesian.web import GZipContentEncoding, OutputTransform, RequestHandler
from etesian.web.accept_encoding import accepts_coding

BODY = "text " * 1000
ETAG = f'"{hashlib.sha1(BODY.encode()).hexdigest()}"'
GZIP = {"Accept-Encoding": "gzip"}


class Page(RequestHandler):
    def get(self):
        self.set_header("Content-Language", "en")
        self.write(BODY)

    head = get


@pytest.mark.spec("B-WEB-155")
async def test_the_etag_is_a_hash_of_the_body_in_quotes(serve):
    assert (await serve(Page).fetch("/")).headers["Etag"] == ETAG


@pytest.mark.spec("B-WEB-152", "B-WEB-153")
@pytest.mark.parametrize(
    "tags", [ETAG, "W/" + ETAG, f'"other", {ETAG}', f'W/"a,b",{ETAG}', "*", ' "x" , ' + ETAG]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_client_that_has_the_body_gets_304_without_headers_of_a_body(serve, tags, method):
    answer = await serve(Page).fetch("/", method, headers={"If-None-Match": tags})
    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers["Etag"] == ETAG
    assert not {"Content-Type", "Content-Length", "Content-Language"} & set(answer.headers)


@pytest.mark.spec("B-WEB-153", "S180")
@pytest.mark.parametrize("tags", ['"other"', ETAG.strip('"'), "W/", '"' * 5000, "", "W/*", "\xff"])
async def test_other_tags_and_malformed_ones_get_the_body(serve, tags):
    assert (await serve(Page).fetch("/", headers={"If-None-Match": tags})).text == BODY


@pytest.mark.spec("B-WEB-154")
async def test_there_is_no_etag_where_compute_etag_gives_none(serve):
    class Plain(Page):
        def compute_etag(self):
            return None

    answer = await serve(Plain).fetch("/", headers={"If-None-Match": "*"})
    assert (answer.status, "Etag" in answer.headers) == (200, False)


# Compression


@pytest.mark.spec("B-WEB-156", "B-WEB-158", "B-WEB-159")
@pytest.mark.parametrize("setting", ["compress_response", "gzip"])
@pytest.mark.spec("B-WEB-164")
async def test_text_is_compressed_for_who_takes_it(serve, setting):
    site = serve(Page, **{setting: True})
    answer = await site.fetch("/", headers=GZIP)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert int(answer.headers["Content-Length"]) == len(answer.body) < 200
    assert gzip.decompress(answer.body).decode() == BODY
    assert GZipContentEncoding.GZIP_LEVEL == 6


@pytest.mark.spec("B-WEB-160", "B-WEB-158")
@pytest.mark.parametrize("accepted", [None, "br", "gzip;q=0", "*;q=0", "identity", "gzip;q=x"])
async def test_others_get_the_text_as_it_is(serve, accepted):
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    answer = await serve(Page, compress_response=True).fetch("/", headers=headers)
    assert answer.text == BODY
    assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "header", ["gzip", "GZIP", "x-gzip", "*", "br, gzip;q=0.1", "gzip ; q=1.000", "deflate,*;q=0.5"]
)
def test_ways_to_accept_gzip(header):
    assert accepts_coding(header, "gzip")


@pytest.mark.spec("S077")
def test_a_list_of_codings_without_end_is_not_read_to_its_end():
    assert not accepts_coding("a," * 100_000 + "gzip", "gzip")


def _typed(content_type, body=BODY, **headers):
    class Typed(RequestHandler):
        def get(self):
            self.set_header("Content-Type", content_type)
            for name, value in headers.items():
                self.set_header(name.replace("_", "-"), value)
            self.write(body)

    return Typed


@pytest.mark.spec("B-WEB-156", "B-WEB-162")
@pytest.mark.parametrize(
    ("content_type", "compressed"),
    [
        ("text/css", True), ("TEXT/plain; charset=x", True), ("application/json", True),
        ("application/json; charset=UTF-8", True), ("image/svg+xml", True),
        ("application/javascript", True), ("image/png", False), ("application/octet-stream", False),
    ],
)  # fmt: skip
async def test_only_what_gets_smaller_is_compressed(serve, content_type, compressed):
    answer = await serve(_typed(content_type), compress_response=True).fetch("/", headers=GZIP)
    assert ("Content-Encoding" in answer.headers) is compressed


@pytest.mark.spec("B-WEB-157", "B-WEB-161", "S157")
@pytest.mark.parametrize(
    "handler", [_typed("text/plain", "short"), _typed("text/plain", Content_Encoding="identity")]
)
async def test_small_or_encoded_bodies_are_left_alone(serve, handler):
    answer = await serve(handler, compress_response=True).fetch("/", headers=GZIP)
    assert answer.headers.get("Content-Encoding") != "gzip"
    assert int(answer.headers["Content-Length"]) == len(answer.body)


@pytest.mark.spec("B-WEB-158")
@pytest.mark.parametrize(
    ("vary", "result"),
    [("Cookie", "Cookie, Accept-Encoding"), ("accept-encoding", "accept-encoding"), ("*", "*")],
)
async def test_vary_is_merged(serve, vary, result):
    answer = await serve(_typed("text/plain", Vary=vary), compress_response=True).fetch("/")
    assert answer.headers["Vary"] == result


@pytest.mark.spec("B-WEB-163")
async def test_compressed_head_and_304_agree_with_the_compressed_get(serve):
    site = serve(Page, compress_response=True)
    get = await site.fetch("/", headers=GZIP)
    head = await site.fetch("/", "HEAD", headers=GZIP)
    for name in ("Etag", "Content-Length", "Content-Encoding", "Vary"):
        assert head.headers[name] == get.headers[name]
    # The octets differ from those of the plain body: the tag is a weak one.
    assert get.headers["Etag"] == "W/" + ETAG
    same = await site.fetch("/", headers={**GZIP, "If-None-Match": get.headers["Etag"]})
    assert (same.status, same.body, same.headers["Vary"]) == (304, b"", "Accept-Encoding")
    assert "Content-Encoding" not in same.headers


async def test_a_flushed_piece_can_be_read_before_the_next(serve):
    class Slow(RequestHandler):
        async def get(self):
            for number in range(3):
                self.write(f"{number}" * 10)
                await self.flush()

    raw = await serve(Slow, compress_response=True).exchange(
        b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\r\n"
    )
    head, _, body = raw.partition(b"\r\n\r\n")
    assert b"Content-Length" not in head
    size, _, rest = body.partition(b"\r\n")
    assert zlib.decompressobj(31).decompress(rest[: int(size, 16)]) == b"0" * 10


async def test_an_application_may_filter_the_output_itself(serve):
    class Upper(OutputTransform):
        def transform_first_chunk(self, status_code, headers, chunk, finishing):
            headers["X-Filtered"] = "1"
            return 201, headers, self.transform_chunk(chunk, finishing)

        def transform_chunk(self, chunk, finishing):
            return chunk.upper()

    site = serve(Page)
    site.application.add_transform(Upper)
    answer = await site.fetch("/")
    assert (answer.status, answer.headers["X-Filtered"], answer.text) == (201, "1", BODY.upper())
