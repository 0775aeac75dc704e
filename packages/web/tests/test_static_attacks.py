"""What is done to a folder of files by those who ask for them, and by those who may write to it."""

import asyncio
import contextlib
import io
import os
import socket
from pathlib import Path

import pytest

from etesian.web import StaticFileHandler
from etesian.web.static_files import content_cache, judged_paths, opened_file
from etesian.web.static_files.confinement import is_truly_below
from etesian.web.static_files.content_cache import ContentCache
from etesian.web.static_files.opened_file import FileChangedError, open_regular, stamp_of

SECRET = "outside of the folder"


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "file.txt").write_text("inside")
    (root / "sub" / "file.txt").write_text("deeper")
    (root / "large.bin").write_bytes(b"x" * 1_000_000)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "file.txt").write_text(SECRET)
    StaticFileHandler.reset()
    return root


@pytest.fixture
async def site(serve, folder):
    return serve([], static_path=str(folder))


def turn(link, target):
    """Make ``link`` lead to ``target`` in one step, as an attacker would."""
    aside = link.with_name("aside")
    aside.symlink_to(target)
    aside.replace(link)


@pytest.mark.spec("S174", "S177", "S178", "S181")
@pytest.mark.parametrize(
    "path",
    [
        "../secret/file.txt",
        "sub/../../secret/file.txt",
        "..%2fsecret%2ffile.txt",
        "%2e%2e/secret/file.txt",
        "%2e%2e%2fsecret%2ffile.txt",
        "%252e%252e%252fsecret%252ffile.txt",
        ".%2e/secret/file.txt",
        "..%5csecret%5cfile.txt",
        "..\\secret\\file.txt",
        "..%c0%afsecret/file.txt",
        "%c0%ae%c0%ae/secret/file.txt",
        "%e0%80%ae%e0%80%ae/secret/file.txt",
        "\uff0e\uff0e/secret/file.txt",
        "..;/secret/file.txt",
        "....//secret/file.txt",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "file:///etc/passwd",
        "file.txt%00",
        "file.txt%00.html",
        "file.txt/",
        "file.txt::$DATA",
        "C:/Windows/win.ini",
        "c%3a/x",
        "%5c%5chost%5cshare%5cx",
        "CON",
        "con.txt",
        "sub/NUL",
        "aux.h",
        "com1.log",
        "LPT9",
        "conin$",
        "PRN%20.txt",
        "sub",
        "sub/",
        "",
    ],
)
async def test_no_spelling_of_a_path_leads_anywhere_else(site, path):
    target = "/static/" + "".join(
        c if c.isascii() else "".join(f"%{octet:02x}" for octet in c.encode()) for c in path
    )
    response = await site.fetch(target)
    assert response.status in (400, 403, 404)
    assert SECRET not in response.text
    assert "root:" not in response.text


@pytest.mark.spec("S176")
@pytest.mark.parametrize("what", ["fifo", "socket", "device", "folder link", "loop"])
async def test_what_is_no_file_is_neither_served_nor_waited_for(site, folder, what):
    path = folder / "odd"
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listening:
        if what == "fifo":
            os.mkfifo(path)
        elif what == "socket":
            listening.bind(str(path))
        elif what == "device":
            path.symlink_to("/dev/zero")
        elif what == "folder link":
            path.symlink_to(folder / "sub")
        else:
            path.symlink_to(path)
        async with asyncio.timeout(5):
            assert (await site.fetch("/static/odd")).status in (403, 404)


@pytest.mark.parametrize("what", ["fifo", "link"])
async def test_a_version_of_what_is_no_file_is_none(folder, what, caplog):
    if what == "fifo":
        os.mkfifo(folder / "odd")
    else:
        (folder / "odd").symlink_to("/dev/tty")
    assert StaticFileHandler.make_static_url({"static_path": str(folder)}, "odd") == "/static/odd"


@pytest.mark.spec("S176")
@pytest.mark.parametrize("name", ["file.txt", "sub/file.txt"])
async def test_a_link_turned_out_of_the_folder_later_is_seen(site, folder, name):
    assert (await site.fetch(f"/static/{name}")).status == 200
    if name == "file.txt":
        turn(folder / name, folder.parent / "secret" / "file.txt")
    else:
        (folder / "sub").rename(folder.parent / "moved")
        (folder / "sub").symlink_to(folder.parent / "secret")
    response = await site.fetch(f"/static/{name}")
    assert (response.status, SECRET in response.text) == (403, False)


@pytest.mark.spec("S176")
@pytest.mark.parametrize("name", ["file.txt", "large.bin"])
async def test_a_link_turned_between_the_look_and_the_opening_gives_nothing(
    site, folder, monkeypatch, name
):
    secret = folder.parent / "secret" / "file.txt"
    secret.write_bytes((folder / name).read_bytes())
    assert (await site.fetch(f"/static/{name}")).status == 200  # judged, and the hash is known
    StaticFileHandler._contents.clear()
    turned = []
    real = os.open

    def turning(path, *args, **kwargs):
        if str(path).endswith(name) and not turned:
            turned.append(path)
            turn(folder / name, secret)
        return real(path, *args, **kwargs)

    monkeypatch.setattr(opened_file.os, "open", turning)
    response = await site.fetch(f"/static/{name}")
    assert turned
    assert response.status == 503


@pytest.mark.spec("S176")
async def test_a_link_turned_while_it_is_judged_gives_nothing(site, folder, monkeypatch):
    """First it leads out, so that the file outside is looked at; then in, for the judge."""
    link = folder / "link.txt"
    link.symlink_to(folder.parent / "secret" / "file.txt")
    real = judged_paths.is_truly_below

    def judge(root, path, stamp):
        turn(link, folder / "file.txt")
        return real(root, path, stamp)

    monkeypatch.setattr(judged_paths, "is_truly_below", judge)
    response = await site.fetch("/static/link.txt")
    assert (response.status, SECRET in response.text) == (404, False)


@pytest.mark.parametrize("kernel_tells", [True, False])
def test_a_file_is_judged_by_where_it_truly_lies(folder, monkeypatch, kernel_tells):
    if not kernel_tells:
        monkeypatch.setattr(opened_file, "_DESCRIPTORS", "/nowhere")
    (folder / "in.txt").symlink_to(folder / "sub" / "file.txt")
    (folder / "out.txt").symlink_to(folder.parent / "secret" / "file.txt")
    for name, expected in (("file.txt", True), ("in.txt", True), ("out.txt", False)):
        path = folder / name
        assert is_truly_below(str(folder), str(path), stamp_of(path.stat())) is expected
    with pytest.raises(FileChangedError):
        is_truly_below(str(folder), str(path), stamp_of((folder / "file.txt").stat()))


def test_a_file_that_was_written_with_its_old_time_is_another(folder):
    path = folder / "file.txt"
    before = path.stat()
    stamp = stamp_of(before)
    path.write_text("INSIDE")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(FileChangedError):
        open_regular(str(path), stamp)


async def test_a_file_that_may_not_be_opened_is_a_403(site, monkeypatch):
    def refuse(*_args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(opened_file.os, "open", refuse)
    assert (await site.fetch("/static/file.txt")).status == 403


class Elsewhere(StaticFileHandler):
    """Sends names to a folder of its own."""

    @classmethod
    def get_absolute_path(cls, root, path):
        return str(Path(root, "sub", path))


async def test_where_a_subclass_sends_a_name_is_not_where_others_send_it(serve, folder):
    arguments = {"path": str(folder)}
    site = serve([(r"/sub/(.*)", Elsewhere, arguments), (r"/(.*)", StaticFileHandler, arguments)])
    assert (await site.fetch("/sub/file.txt")).text == "deeper"
    assert (await site.fetch("/file.txt")).text == "inside"


async def test_two_classes_that_know_a_content_by_the_same_name_have_etags_of_their_own(serve):
    class Text(StaticFileHandler):
        text = b"one"

        @classmethod
        def get_absolute_path(cls, _root, path):
            return path

        def validate_absolute_path(self, _root, absolute_path):
            return absolute_path

        @classmethod
        def get_content(cls, _abspath, start=None, end=None):
            return cls.text[start:end]

        def get_content_size(self):
            return len(self.text)

        def get_modified_time(self):
            return None

    class Other(Text):
        text = b"two"

    site = serve([(r"/one/(.*)", Text, {"path": ""}), (r"/two/(.*)", Other, {"path": ""})])
    etag = (await site.fetch("/one/name")).headers["Etag"]
    second = await site.fetch("/two/name", headers={"If-None-Match": etag})
    assert (second.status, second.text) == (200, "two")


def test_what_was_changed_within_the_tick_of_the_clock_is_read_again(folder, monkeypatch):
    path = str(folder / "file.txt")
    stamp = stamp_of((folder / "file.txt").stat())
    cache = ContentCache()
    # As on a kernel whose clock did not tick between two changes: another content, the same stamp.
    opened = iter([b"inside", b"edited", b"......"])
    monkeypatch.setattr(
        content_cache, "open_regular", lambda *_: contextlib.closing(io.BytesIO(next(opened)))
    )
    now = stamp.changed_ns + 1_000_000
    monkeypatch.setattr(opened_file.time, "time_ns", lambda: now)
    assert cache.get(path, stamp) == b"inside"
    assert cache.get(path, stamp) == b"edited"
    now += 1_000_000_000
    assert cache.get(path, stamp) == b"......"
    assert cache.get(path, stamp) == b"......"
