import gzip
import os

import pytest

from etesian.web import StaticFileHandler

TEXT = b"text " * 100


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.css").write_bytes(TEXT)
    (root / "a.css.gz").write_bytes(gzip.compress(TEXT))
    (root / "a.css.br").write_bytes(b"brotli")
    (root / "old.css").write_bytes(TEXT)
    (root / "old.css.gz").write_bytes(b"out of date")
    os.utime(root / "old.css.gz", (1, 1))
    (root / "bare.css").write_bytes(TEXT)
    (tmp_path / "outside.gz").write_bytes(b"outside")
    (root / "linked.css").write_bytes(TEXT)
    (root / "linked.css.gz").symlink_to(tmp_path / "outside.gz")
    StaticFileHandler.reset()
    return root


@pytest.fixture
async def site(serve, folder):
    arguments = {"precompressed": True}
    return serve([], static_path=str(folder), static_handler_args=arguments)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("gzip, br", "br"),
        ("zstd, gzip;q=0.1", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
async def test_the_best_coding_that_is_there_and_accepted_is_sent(site, accepted, coding):
    answer = await site.fetch("/static/a.css", headers={"Accept-Encoding": accepted})
    assert answer.headers["Content-Encoding"] == coding
    assert answer.headers["Content-Type"] == "text/css"
    assert answer.headers["Vary"] == "Accept-Encoding"
    body = gzip.decompress(answer.body) if coding == "gzip" else answer.body
    assert body == (b"brotli" if coding == "br" else TEXT)


async def test_each_coding_has_an_etag_of_its_own(site):
    tags = set()
    for accepted in ("gzip", "br", "identity"):
        headers = {"Accept-Encoding": accepted}
        etag = (await site.fetch("/static/a.css", headers=headers)).headers["Etag"]
        again = await site.fetch("/static/a.css", headers={**headers, "If-None-Match": etag})
        assert (again.status, again.headers["Vary"]) == (304, "Accept-Encoding")
        tags.add(etag)
    assert len(tags) == 3


@pytest.mark.spec("S176")
@pytest.mark.parametrize("name", ["old.css", "bare.css", "linked.css"])
async def test_what_is_out_of_date_missing_or_elsewhere_is_not_sent(site, name):
    answer = await site.fetch(f"/static/{name}", headers={"Accept-Encoding": "gzip, br"})
    assert (answer.body, answer.headers["Content-Encoding"]) == (TEXT, None)


async def test_without_the_option_nothing_is_looked_for(serve, folder):
    site = serve([], static_path=str(folder))
    answer = await site.fetch("/static/a.css", headers={"Accept-Encoding": "gzip"})
    assert (answer.body, answer.headers["Vary"]) == (TEXT, None)
