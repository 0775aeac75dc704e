"""SpooledForm: what arrives in pieces and may be large."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from etesian.http_wire import HTTPInputError, SpooledForm

KIND = "multipart/form-data; boundary=B"
LARGE = bytes(range(256)) * 1024


def body_of(*parts):
    return b"".join(b"--B\r\n%b\r\n\r\n%b\r\n" % part for part in parts) + b"--B--\r\n"


def field(name, value):
    return b'Content-Disposition: form-data; name="%b"' % name, value


def upload(name, filename, value):
    disposition = b'Content-Disposition: form-data; name="%b"; filename="%b"'
    return disposition % (name, filename) + b"\r\nContent-Type: image/x", value


def open_files(directory):
    """The open descriptors of this process that lead into a folder, with a name or without."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = os.readlink(descriptor)  # noqa: PTH115  # a path that was, not one that is
        except FileNotFoundError:
            continue
        if target.startswith(f"{directory}/"):
            found.append(int(descriptor.name))
    return found


@pytest.mark.parametrize("step", [1, 7, 1000, 10**9])
def test_fields_and_files_come_out_as_they_went_in_at_every_cut(step):
    body = body_of(
        field(b"a", b"1"),
        upload(b"f", b"dir/x.png", b"small\r\n--not"),
        field(b"a", b""),
        upload(b"f", b"y", LARGE[:5000]),
    )
    with SpooledForm(KIND, memory_per_file=100) as form:
        for start in range(0, len(body), step):
            form.feed(body[start : start + step])
        form.close()
        assert form.arguments == {"a": [b"1", b""]}
        first, second = form.files["f"]
        assert (first.filename, first.raw_filename) == ("x.png", "dir/x.png")
        assert first.content_type == "image/x"
        assert first.file.read() == b"small\r\n--not"
        assert second.file.read() == LARGE[:5000]


@pytest.mark.spec("S255")
def test_a_large_file_is_on_the_disk_without_a_name_and_for_its_owner_alone(tmp_path):
    old = os.umask(0)  # which would let everybody in, did the mode not say otherwise
    try:
        with SpooledForm(KIND, memory_per_file=1000, directory=tmp_path) as form:
            form.feed(body_of(upload(b"f", b"x", LARGE)))
            form.close()
            assert list(tmp_path.iterdir()) == []
            (descriptor,) = open_files(tmp_path)
            status = os.fstat(descriptor)
            assert stat.S_IMODE(status.st_mode) == 0o600
            assert status.st_nlink == 0
            assert status.st_size == len(LARGE)
            assert not os.get_inheritable(descriptor)
        assert open_files(tmp_path) == []
    finally:
        os.umask(old)


@pytest.mark.spec("S255")
def test_where_files_must_have_names_the_name_is_new_random_and_gone_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile._O_TMPFILE_WORKS", False)
    opened = []
    real = os.open

    def watched(path, flags, mode=0o777, **options):
        opened.append((path, flags, mode))
        return real(path, flags, mode, **options)

    monkeypatch.setattr("tempfile._os.open", watched)
    with SpooledForm(KIND, memory_per_file=1, directory=tmp_path) as form:
        form.feed(body_of(upload(b"f", b"x", LARGE), upload(b"f", b"x", LARGE)))
        assert list(tmp_path.iterdir()) == []
    names = {path for path, *_ in opened}
    assert len(names) == 2
    for path, flags, mode in opened:
        assert Path(path).parent == tmp_path
        assert flags & os.O_EXCL
        assert flags & os.O_CREAT
        assert mode == 0o600


@pytest.mark.spec("S255")
async def test_nothing_is_left_of_an_upload_whose_peer_leaves(
    serve, connect, make_recorder, eventually, tmp_path
):
    recorder = make_recorder()
    make = recorder.start_request

    def start_request(server_conn, request_conn):
        delegate = make(server_conn, request_conn)
        form = SpooledForm(KIND, memory_per_file=1000, directory=tmp_path)
        leave = delegate.on_connection_close
        delegate.data_received = form.feed
        delegate.on_connection_close = lambda: (leave(), form.discard())
        return delegate

    recorder.start_request = start_request
    peer = await connect(serve(recorder))
    body = body_of(upload(b"f", b"x", LARGE))
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)
    await peer.send(head + body[:-100])
    await eventually(lambda: open_files(tmp_path))
    await peer.close()
    await eventually(lambda: recorder.requests[0].closed)
    assert open_files(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.spec("S255")
async def test_nothing_is_left_of_an_upload_that_is_cancelled(tmp_path):
    started = asyncio.Event()

    async def receive():
        with SpooledForm(KIND, memory_per_file=1000, directory=tmp_path) as form:
            form.feed(body_of(upload(b"f", b"x", LARGE))[:-100])
            started.set()
            await asyncio.Event().wait()

    task = asyncio.ensure_future(receive())
    await started.wait()
    assert len(open_files(tmp_path)) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert open_files(tmp_path) == []


@pytest.mark.parametrize("broken", [b"--B\r\nno form-data\r\n\r\nx", b"--Bxy"])
def test_a_malformed_body_discards_what_came_before_it(tmp_path, broken):
    form = SpooledForm(KIND, memory_per_file=1, directory=tmp_path)
    form.feed(body_of(upload(b"f", b"x", LARGE)).removesuffix(b"--B--\r\n"))
    assert open_files(tmp_path)
    with pytest.raises(HTTPInputError):
        form.feed(broken)
    assert open_files(tmp_path) == []


def test_a_body_that_ends_too_soon_is_an_error(tmp_path):
    form = SpooledForm(KIND, memory_per_file=1, directory=tmp_path)
    form.feed(body_of(upload(b"f", b"x", LARGE))[:-10])
    with pytest.raises(HTTPInputError):
        form.close()
    assert open_files(tmp_path) == []
    assert form.files == {}


FULL = """
import resource, sys
from etesian.http_wire import SpooledForm

resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
kind, body, ending = "multipart/form-data; boundary=B", b"", sys.argv[1].encode()
for name in b"ab":
    body += b"--B\\r\\nContent-Disposition: form-data; name=%c; filename=f\\r\\n\\r\\n" % name
    body += b"x" * (19_000 if name == 97 else 10_000) + b"\\r\\n"
form = SpooledForm(kind, memory_per_file=1)
kept = []
try:
    form.feed(body)
    kept = [upload.file for uploads in form.files.values() for upload in uploads]
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 20_000))
    form.feed(ending)
    form.close()
except Exception as error:
    print(type(error).__name__, form.files, [file.closed for file in kept])
"""


@pytest.mark.parametrize(("ending", "error"), [("--B--", "OSError"), ("bad", "HTTPInputError")])
def test_a_disk_that_is_full_leaves_no_file_open(ending, error):
    done = subprocess.run(
        [sys.executable, "-c", FULL, ending], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{error} {{}} [True, True]\n"


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", ""])
def test_another_type_is_an_error(kind):
    with pytest.raises(HTTPInputError):
        SpooledForm(kind)
