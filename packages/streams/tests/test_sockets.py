from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest

from etesian.streams import bind_sockets


@pytest.fixture
def bound():
    """``bound(...)`` is bind_sockets, and what it gives is closed after the test."""
    opened = []

    def bind(*arguments, **options):
        found = bind_sockets(*arguments, **options)
        opened.extend(found)
        return found

    yield bind
    for sock in opened:
        sock.close()


@pytest.mark.spec("B-STR-066")
def test_port_0_is_one_free_port_for_all_addresses(bound):
    ports = {sock.getsockname()[1] for sock in bound(0)}
    assert len(ports) == 1
    assert ports != {0}


@pytest.mark.spec("B-STR-067", "B-STR-069")
@pytest.mark.parametrize("address", [None, ""])
def test_no_address_is_all_interfaces(bound, address):
    addresses = {sock.getsockname()[0] for sock in bound(0, address)}
    assert "0.0.0.0" in addresses
    assert addresses <= {"0.0.0.0", "::"}


def test_an_address_is_that_interface_alone(bound):
    (sock,) = bound(0, "127.0.0.1")
    assert sock.getsockname()[0] == "127.0.0.1"
    assert sock.family == socket.AF_INET
    with socket.create_connection(sock.getsockname()):
        pass


def test_a_family_leaves_the_other_out(bound):
    assert {sock.family for sock in bound(0, family=socket.AF_INET)} == {socket.AF_INET}


@pytest.mark.spec("B-STR-068")
def test_reuse_port_lets_two_bind_the_same(bound, monkeypatch):
    (first,) = bound(0, "127.0.0.1", reuse_port=True)
    (second,) = bound(first.getsockname()[1], "127.0.0.1", reuse_port=True)
    assert first.getsockname() == second.getsockname()
    monkeypatch.delattr(socket, "SO_REUSEPORT")
    with pytest.raises(ValueError, match="SO_REUSEPORT"):
        bind_sockets(0, reuse_port=True)


def _getaddrinfo(entries):
    return lambda *_: [
        (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", sockaddr)
        for family, sockaddr in entries
    ]


@pytest.mark.spec("B-STR-069")
def test_an_address_that_is_listed_twice_is_bound_once(bound, monkeypatch):
    entry = (socket.AF_INET, ("127.0.0.1", 0))
    monkeypatch.setattr(socket, "getaddrinfo", _getaddrinfo([entry, entry]))
    assert len(bound(0)) == 1


@pytest.mark.spec("B-STR-069")
def test_an_ipv6_address_that_the_machine_lacks_is_left_out(bound, monkeypatch):
    entries = [(socket.AF_INET6, ("2001:db8::1", 0, 0, 0)), (socket.AF_INET, ("127.0.0.1", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", _getaddrinfo(entries))
    (sock,) = bound(0)
    assert sock.family == socket.AF_INET
    monkeypatch.setattr(socket, "getaddrinfo", _getaddrinfo(entries[:1]))
    with pytest.raises(OSError, match="no address") as caught:
        bind_sockets(0)
    assert caught.value.errno == errno.EADDRNOTAVAIL


@pytest.mark.spec("B-STR-070")
def test_flags_reach_getaddrinfo(bound):
    with pytest.raises(socket.gaierror):
        bind_sockets(0, "localhost", flags=socket.AI_NUMERICHOST)
    assert bound(0, "127.0.0.1", flags=socket.AI_NUMERICHOST)


@pytest.mark.spec("B-STR-071")
def test_children_do_not_inherit_the_sockets(bound):
    assert not any(os.get_inheritable(sock.fileno()) for sock in bound(0))


def test_a_port_in_use_is_an_error_and_leaves_nothing_open(bound):
    (first,) = bound(0, "127.0.0.1")
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError, match="in use") as caught:
        bind_sockets(first.getsockname()[1], "127.0.0.1")
    assert caught.value.errno == errno.EADDRINUSE
    assert len(list(Path("/proc/self/fd").iterdir())) == before
