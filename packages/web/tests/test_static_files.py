import os
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.web import RequestHandler, StaticFileHandler
from etesian.web.static_files import opened_file
from etesian.web.static_files.byte_range import UnsatisfiableRangeError, select_ranges

CONTENT = "0123456789"
LARGE = b"large" * 200_000


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "index.html").write_text("<p>index")
    (root / "a b.txt").write_text("spaced")
    (root / "file.txt").write_text(CONTENT)
    (root / "robots.txt").write_text("User-agent: *")
    (root / "page.html.gz").write_bytes(b"\x1f\x8b")
    (root / "noext").write_bytes(b"?")
    (root / ".hidden").write_text("secret")
    (root / "large.bin").write_bytes(LARGE)
    (tmp_path / "root2").mkdir()
    (tmp_path / "root2" / "file.txt").write_text("sibling")
    (tmp_path / "outside.txt").write_text("outside")
    (root / "link.txt").symlink_to(tmp_path / "outside.txt")
    (root / "inner.txt").symlink_to(root / "file.txt")
    StaticFileHandler.reset()
    return root


@pytest.fixture
async def site(serve, folder):
    return serve([], static_path=str(folder))


@pytest.mark.spec("B-WEB-165")
async def test_files_are_served_below_the_prefix_and_two_at_the_root(serve, folder):
    site = serve([], static_path=str(folder), static_url_prefix="/files/")
    assert (await site.fetch("/files/file.txt")).text == CONTENT
    assert (await site.fetch("/robots.txt")).text == "User-agent: *"
    assert (await site.fetch("/favicon.ico")).status == 404
    assert (await site.fetch("/static/file.txt")).status == 404
    assert (await site.fetch("/files/a%20b.txt")).text == "spaced"


@pytest.mark.spec("B-WEB-166", "S179")
@pytest.mark.parametrize(
    ("path", "status"),
    [("none", 404), ("sub/", 403), ("", 403), (".hidden", 404), (".git/config", 404)],
)
async def test_what_is_not_there_is_404_and_a_folder_403(site, path, status):
    assert (await site.fetch("/static/" + path)).status == status


@pytest.mark.spec("B-WEB-167", "S171", "S172")
async def test_a_folder_is_its_default_file_after_a_redirect_to_the_slash(serve, folder):
    site = serve(
        [(r"/(.*)", StaticFileHandler, {"path": str(folder), "default_filename": "index.html"})]
    )
    first = await site.fetch("/sub")
    assert (first.status, first.headers["Location"]) == (301, "/sub/")
    assert (await site.fetch("/sub/")).text == "<p>index"
    evil = await site.fetch("//sub")
    assert evil.headers.get("Location", "/x")[:2] not in ("//", "/\\")
    evil = await site.fetch("//evil.example/..%2fsub")
    assert not evil.headers.get("Location", "/").startswith("//")


@pytest.mark.spec("B-WEB-168", "S174", "S175", "S177", "S178", "S181")
@pytest.mark.parametrize(
    "path",
    [
        "../outside.txt",
        "../root2/file.txt",
        "%2e%2e/outside.txt",
        "..%2foutside.txt",
        "sub/../../outside.txt",
        "/etc/passwd",
        "//etc/passwd",
        "..%5coutside.txt",
        "file.txt%00.html",
        "%00",
        "%c0%ae%c0%ae/outside.txt",
        "%252e%252e/outside.txt",
        "C:/x",
        "C:%5cx",
        "CON",
        "aux.txt",
        "file.txt:stream",
        "%5c%5chost%5cshare",
        "....//outside.txt",
        "file.txt/",
        "sub%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    ],
)
async def test_no_path_leads_out_of_the_folder(site, path):
    answer = await site.fetch("/static/" + path)
    assert answer.status in (403, 404)
    assert "outside" not in answer.text
    assert "sibling" not in answer.text


@pytest.mark.spec("B-WEB-168")
@pytest.mark.parametrize("path", ["../outside.txt", "../root2/file.txt"])
async def test_a_path_out_of_the_folder_is_a_403(site, path):
    assert (await site.fetch("/static/" + path)).status == 403


@pytest.mark.spec("S176")
async def test_a_link_out_of_the_folder_is_refused_also_after_it_was_turned(site, folder):
    assert (await site.fetch("/static/link.txt")).status == 403
    assert (await site.fetch("/static/inner.txt")).text == CONTENT
    (folder / "inner.txt").unlink()
    (folder / "inner.txt").symlink_to(folder.parent / "outside.txt")
    assert (await site.fetch("/static/inner.txt")).status == 403


@pytest.mark.spec("B-WEB-169", "B-WEB-170")
async def test_roots_may_be_relative_a_link_or_the_root_of_the_system(serve, folder, monkeypatch):
    monkeypatch.chdir(folder)
    linked = folder.parent / "linked"
    linked.symlink_to(folder)
    for root in (".", "./sub/..", str(linked), str(folder) + "/"):
        assert (await serve([], static_path=root).fetch("/static/file.txt")).text == CONTENT
    below = str(folder / "file.txt").lstrip("/")
    assert (await serve([], static_path="/").fetch("/static/" + below)).text == CONTENT


@pytest.mark.spec("B-WEB-171")
async def test_head_gives_the_headers_and_reads_nothing(site, monkeypatch):
    get = await site.fetch("/static/file.txt")
    StaticFileHandler._contents.clear()
    monkeypatch.setattr("etesian.web.static_files.content_cache.open", None, raising=False)
    monkeypatch.setattr("etesian.web.static_files.handler.open", None, raising=False)
    head = await site.fetch("/static/file.txt", "HEAD")
    assert (head.status, head.body) == (200, b"")
    for name in ("Content-Length", "Etag", "Last-Modified", "Content-Type"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.spec("B-WEB-172")
@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("file.txt", "text/plain"),
        ("sub/index.html", "text/html"),
        ("page.html.gz", "application/gzip"),
        ("noext", "application/octet-stream"),
    ],
)
async def test_the_type_follows_the_name(site, name, content_type):
    headers = (await site.fetch("/static/" + name)).headers
    assert headers["Content-Type"] == content_type
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Encoding" not in headers


# Validators


@pytest.mark.spec("B-WEB-174", "B-WEB-175", "S180")
async def test_conditional_requests(site):
    headers = (await site.fetch("/static/file.txt")).headers
    etag, modified = headers["Etag"], headers["Last-Modified"]
    earlier = format_datetime(parsedate_to_datetime(modified) - timedelta(seconds=1), usegmt=True)

    async def status(**fields):
        fields = {name.replace("_", "-"): value for name, value in fields.items()}
        return (await site.fetch("/static/file.txt", headers=fields)).status

    assert await status(If_None_Match=etag) == 304
    assert await status(If_Modified_Since=modified) == 304
    assert await status(If_Modified_Since=earlier) == 200
    assert await status(If_None_Match='"other"', If_Modified_Since=modified) == 200
    assert await status(If_None_Match=etag, If_Modified_Since=earlier) == 304
    for bad in (
        "nonsense",
        "Thu, 01 Jan 1903 00:00:00 GMT",
        "Mon, 99 Foo 2020 99:99:99 GMT",
        "9" * 5000,
    ):
        assert await status(If_Modified_Since=bad) == 200


@pytest.mark.spec("B-WEB-173", "B-WEB-176")
async def test_a_part_has_the_etag_of_the_whole(site):
    whole = await site.fetch("/static/file.txt")
    part = await site.fetch("/static/file.txt", headers={"Range": "bytes=2-4"})
    assert (part.status, part.text) == (206, "234")
    assert part.headers["Content-Range"] == "bytes 2-4/10"
    assert part.headers["Etag"] == whole.headers["Etag"]


@pytest.mark.spec("B-WEB-177", "B-WEB-178", "B-WEB-179", "B-WEB-180", "S076")
@pytest.mark.parametrize(
    ("header", "status", "text", "content_range"),
    [
        ("bytes=7-", 206, "789", "bytes 7-9/10"),
        ("bytes=-3", 206, "789", "bytes 7-9/10"),
        ("bytes=-99", 200, CONTENT, None),
        ("bytes=0-", 200, CONTENT, None),
        ("bytes=0-9", 200, CONTENT, None),
        ("bytes=8-99", 206, "89", "bytes 8-9/10"),
        ("bytes=10-", 416, "", "bytes */10"),
        ("bytes=-0", 416, "", "bytes */10"),
        ("bytes=4-2", 200, CONTENT, None),
        ("bytes=1-2,4-5", 200, CONTENT, None),
        ("bytes=" + "0-," * 5000, 200, CONTENT, None),
        ("lines=1-2", 200, CONTENT, None),
        ("bytes=-", 200, CONTENT, None),
        ("bytes=\u0661-2".encode().decode("latin-1"), 200, CONTENT, None),
        ("bytes=1-" + "9" * 40, 200, CONTENT, None),
    ],
)
async def test_ranges(site, header, status, text, content_range):
    answer = await site.fetch("/static/file.txt", headers={"Range": header})
    assert (answer.status, answer.text) == (status, text)
    assert answer.headers["Content-Range"] == content_range


@pytest.mark.spec("S180")
async def test_if_range_compares_strongly(site):
    headers = (await site.fetch("/static/file.txt")).headers
    for value, status in [
        (headers["Etag"], 206),
        (headers["Last-Modified"], 206),
        ("W/" + headers["Etag"], 200),
        ('"other"', 200),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 200),
        ("nonsense", 200),
    ]:
        fields = {"Range": "bytes=0-1", "If-Range": value}
        assert (await site.fetch("/static/file.txt", headers=fields)).status == status


@given(header=st.from_regex(r"\Abytes=[0-9]{0,4}-[0-9]{0,4}\Z"), size=st.integers(0, 2000))
def test_a_selected_range_lies_within_the_content(header, size):
    try:
        selected = select_ranges(header, size)
    except UnsatisfiableRangeError:
        return
    assert all(0 <= start < end <= size for start, end in selected)


# Large files


@pytest.mark.spec("B-WEB-181")
async def test_a_large_file_is_streamed(site):
    assert (await site.fetch("/static/large.bin")).body == LARGE
    part = await site.fetch("/static/large.bin", headers={"Range": "bytes=-300000"})
    assert (part.status, part.body) == (206, LARGE[-300000:])
    assert (await site.fetch("/static/large.bin", "HEAD")).headers["Content-Length"] == str(
        len(LARGE)
    )


@pytest.mark.spec("B-WEB-181")
async def test_a_client_that_leaves_during_a_large_file_leaves_no_trace(serve, folder, caplog):
    (folder / "huge.bin").write_bytes(b"x" * 30_000_000)
    site = serve([], static_path=str(folder))
    reader, writer = await site.connect()
    writer.write(b"GET /static/huge.bin HTTP/1.1\r\nHost: h\r\n\r\n")
    await reader.readexactly(1000)
    writer.transport.abort()
    assert (await site.fetch("/static/file.txt")).text == CONTENT
    assert "Traceback" not in caplog.text


# Versions


@pytest.mark.spec("B-WEB-182", "B-WEB-183")
async def test_what_is_asked_for_by_version_may_be_kept_ten_years(site):
    versioned = (await site.fetch("/static/file.txt?v=abc")).headers
    assert versioned["Cache-Control"] == "max-age=315360000"
    expires = parsedate_to_datetime(versioned["Expires"])
    assert abs(expires - datetime.now(UTC) - timedelta(days=3650)) < timedelta(minutes=1)
    plain = (await site.fetch("/static/file.txt")).headers
    assert "Cache-Control" not in plain
    assert "Expires" not in plain


@pytest.mark.spec("B-WEB-184", "B-WEB-185", "B-WEB-186", "B-WEB-219")
async def test_static_url_names_the_version(serve, folder, caplog):
    class Urls(RequestHandler):
        include_host = False

        def get(self):
            self.write(
                {
                    "plain": self.static_url("file.txt"),
                    "unversioned": self.static_url("a b.txt", include_version=False),
                    "absolute": self.static_url(
                        "file.txt", include_host=True, include_version=False
                    ),
                    "missing": self.static_url("missing"),
                }
            )

    class Absolute(Urls):
        include_host = True

    routes = [("/", Urls), ("/absolute", Absolute)]
    site = serve(routes, static_path=str(folder))
    urls = (await site.fetch("/", headers={"Host": "h:1"})).json()
    assert urls["unversioned"] == "/static/a%20b.txt"
    assert urls["absolute"] == "http://h:1/static/file.txt"
    assert urls["missing"] == "/static/missing"
    assert "No version for the static file 'missing'" in caplog.text
    etag = (await site.fetch(urls["plain"])).headers["Etag"]
    assert urls["plain"] == f"/static/file.txt?v={etag.strip(chr(34))}"
    assert (await site.fetch("/absolute")).json()["plain"].startswith("http://")
    assert (await serve(routes).fetch("/")).status == 500
    assert "static_url needs the setting 'static_path'" in caplog.text


@pytest.mark.spec("B-WEB-187", "B-WEB-188")
def test_a_hash_is_computed_once_until_the_file_changes_or_the_cache_is_reset(folder, monkeypatch):
    computed = []

    class Counting(StaticFileHandler):
        @classmethod
        def get_content_version(cls, abspath):
            computed.append(abspath)
            return super().get_content_version(abspath)

    monkeypatch.setattr(opened_file, "_CLOCK_TICK", 0)  # the files were written just now
    settings = {"static_path": str(folder)}
    first = Counting.make_static_url(settings, "file.txt")
    assert Counting.make_static_url(settings, "file.txt") == first
    assert len(computed) == 1
    Counting.reset()
    Counting.make_static_url(settings, "file.txt")
    assert len(computed) == 2
    (folder / "file.txt").write_text("changed!")
    os.utime(folder / "file.txt", (1, 1))
    assert Counting.make_static_url(settings, "file.txt") != first
    for _ in range(2):
        Counting.make_static_url({**settings, "static_hash_cache": False}, "file.txt")
    assert len(computed) == 5


async def test_a_changed_file_is_served_as_it_is_now(site, folder):
    first = await site.fetch("/static/file.txt")
    (folder / "file.txt").write_text("new")
    os.utime(folder / "file.txt", (5, 5))
    second = await site.fetch("/static/file.txt")
    assert second.text == "new"
    assert second.headers["Etag"] != first.headers["Etag"]


async def test_a_file_that_changes_between_two_looks_is_a_503(site, folder, monkeypatch):
    monkeypatch.setattr(StaticFileHandler, "get_content_size", lambda _self: 11)
    assert (await site.fetch("/static/file.txt")).status == 503
