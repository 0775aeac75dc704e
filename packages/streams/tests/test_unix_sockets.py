from __future__ import annotations

import errno
import os
import socket
import stat
from pathlib import Path

import pytest

from etesian.streams import IOStream, StreamClosedError, TCPServer, bind_unix_socket


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "socket")


def _mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


@pytest.mark.spec("B-STR-073", "S256")
def test_only_the_owner_may_connect_unless_told_otherwise(path):
    before = os.umask(0)
    try:
        with bind_unix_socket(path):
            assert _mode(path) == 0o600
        with bind_unix_socket(path, mode=0o666):
            assert _mode(path) == 0o666
    finally:
        os.umask(before)


@pytest.mark.spec("S256")
def test_the_mode_is_not_wider_even_for_a_moment(path, monkeypatch):
    modes = []
    real = os.chmod

    def chmod(file, mode):
        modes.append(_mode(file))
        real(file, mode)

    monkeypatch.setattr(os, "chmod", chmod)
    before = os.umask(0)
    try:
        bind_unix_socket(path).close()
    finally:
        os.umask(before)
    assert modes == [0o600]


@pytest.mark.spec("B-STR-072")
def test_a_stale_socket_is_replaced(path):
    bind_unix_socket(path).close()
    assert os.path.lexists(path)
    with bind_unix_socket(path), socket.socket(socket.AF_UNIX) as client:
        client.connect(path)


@pytest.mark.spec("S256")
def test_a_socket_in_use_is_not_hijacked(path):
    with bind_unix_socket(path):
        with pytest.raises(OSError, match="listens") as caught:
            bind_unix_socket(path)
        assert caught.value.errno == errno.EADDRINUSE
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)


@pytest.mark.spec("S256")
def test_a_socket_whose_queue_is_full_is_in_use(path):
    with bind_unix_socket(path, backlog=0), socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        with pytest.raises(OSError, match="listens") as caught:
            bind_unix_socket(path)
        assert caught.value.errno == errno.EADDRINUSE


@pytest.mark.spec("S256")
def test_a_socket_of_another_type_is_in_use(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(path)
        with pytest.raises(OSError, match="listens") as caught:
            bind_unix_socket(path)
        assert caught.value.errno == errno.EADDRINUSE


@pytest.mark.spec("S256")
def test_a_socket_that_cannot_be_asked_stays(path, monkeypatch):
    bind_unix_socket(path).close()
    monkeypatch.setattr(socket.socket, "connect_ex", lambda _, __: errno.EACCES)
    with pytest.raises(PermissionError):
        bind_unix_socket(path)
    assert os.path.lexists(path)


def test_a_path_may_be_a_path(path):
    with bind_unix_socket(Path(path)) as sock:
        assert sock.getsockname() == path


def test_no_path_is_refused():
    with pytest.raises(ValueError, match="path"):
        bind_unix_socket("")


@pytest.mark.spec("B-STR-072", "S256")
@pytest.mark.parametrize("kind", ["file", "folder", "link to a socket", "link to nothing"])
def test_something_else_of_that_name_is_refused_and_stays(path, tmp_path, kind):
    if kind == "file":
        (tmp_path / "socket").write_text("precious")
    elif kind == "folder":
        (tmp_path / "socket").mkdir()
    else:
        if kind == "link to a socket":
            bind_unix_socket(str(tmp_path / "other")).close()
        (tmp_path / "socket").symlink_to(tmp_path / "other")
    with pytest.raises(ValueError, match="not a socket"):
        bind_unix_socket(path)
    assert os.path.lexists(path)


async def test_an_abstract_name_needs_no_file(tmp_path):
    name = f"\0{tmp_path}"
    with bind_unix_socket(name), socket.socket(socket.AF_UNIX) as client:
        client.connect(name)


async def test_a_server_serves_a_unix_socket(path):
    class Echo(TCPServer):
        async def handle_stream(self, stream, address):
            await stream.write(await stream.read_until(b"\n"))
            stream.close()

    server = Echo()
    server.add_socket(bind_unix_socket(path))
    stream = IOStream(socket.socket(socket.AF_UNIX))
    await stream.connect(path)
    await stream.write(b"line\n")
    assert await stream.read_until_close() == b"line\n"
    server.stop()
    stream = IOStream(socket.socket(socket.AF_UNIX))
    with pytest.raises(StreamClosedError):
        await stream.connect(path + ".other")


def test_who_comes_second_to_a_stale_file_is_told_so(path, monkeypatch):
    bind_unix_socket(path).close()
    real = os.chmod

    def chmod(file, mode):
        # What the other process does, which found the same stale file.
        Path(file).unlink()
        real(file, mode)

    monkeypatch.setattr(os, "chmod", chmod)
    with pytest.raises(OSError, match="just taken") as caught:
        bind_unix_socket(path)
    assert caught.value.errno == errno.EADDRINUSE


def test_a_folder_that_is_missing_is_named_as_such(tmp_path):
    with pytest.raises(FileNotFoundError):
        bind_unix_socket(str(tmp_path / "none" / "socket"))
