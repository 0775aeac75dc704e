from __future__ import annotations

import asyncio
import errno
import os
import socket

import pytest

from etesian.streams import add_accept_handler, bind_sockets


@pytest.fixture
def listening():
    (sock,) = bind_sockets(0, "127.0.0.1")
    with sock:
        yield sock


@pytest.mark.spec("B-STR-074", "B-STR-071")
async def test_the_callback_gets_each_connection_and_its_address(listening, eventually):
    accepted = []
    stop = add_accept_handler(listening, lambda *arguments: accepted.append(arguments))
    clients = [socket.create_connection(listening.getsockname()) for _ in range(3)]
    await eventually(lambda: len(accepted) == 3)
    assert {address for _, address in accepted} == {c.getsockname() for c in clients}
    for connection, _ in accepted:
        assert not connection.getblocking()
        assert not os.get_inheritable(connection.fileno())
        connection.close()
    stop()
    stop()
    clients.append(socket.create_connection(listening.getsockname()))
    await asyncio.sleep(0.02)
    assert len(accepted) == 3
    for client in clients:
        client.close()


class _Flooded(socket.socket):
    """A listening socket that always has another connection."""

    accepts = 0
    aborted = 0
    refusals = 0

    def accept(self):
        self.accepts += 1
        if self.refusals:
            self.refusals -= 1
            raise OSError(errno.EMFILE, "too many open files")
        if self.accepts <= self.aborted:
            raise ConnectionAbortedError
        here, there = socket.socketpair()
        there.close()
        return here, ""


@pytest.mark.spec("B-STR-075")
async def test_a_flood_of_connections_lets_others_have_their_turn(eventually):
    near, far = socket.socketpair()
    far.send(b"always readable")
    flooded = _Flooded(near.family, near.type, near.proto, near.detach())

    def callback(connection, _):
        connection.close()

    stop = add_accept_handler(flooded, callback)
    await eventually(lambda: flooded.accepts)
    await asyncio.sleep(0)
    stop()
    # Had it gone on as long as there are connections, this line would never be reached.
    assert flooded.accepts < 1000
    flooded.close()
    far.close()


@pytest.mark.spec("B-STR-076")
async def test_connections_that_were_aborted_are_passed_over(eventually):
    near, far = socket.socketpair()
    far.send(b"always readable")
    flooded = _Flooded(near.family, near.type, near.proto, near.detach())
    flooded.aborted = 3
    accepted = []

    def callback(connection, _):
        connection.close()
        accepted.append(connection)
        stop()

    stop = add_accept_handler(flooded, callback)
    await eventually(lambda: accepted)
    assert len(accepted) == 1
    assert flooded.accepts == 4
    flooded.close()
    far.close()


async def test_a_system_without_descriptors_is_not_asked_again_and_again(
    eventually, monkeypatch, caplog
):
    monkeypatch.setattr("etesian.streams.accept._PAUSE", 0.03)
    near, far = socket.socketpair()
    far.send(b"always readable")
    flooded = _Flooded(near.family, near.type, near.proto, near.detach())
    flooded.refusals = 2
    accepted = []

    def callback(connection, _):
        connection.close()
        accepted.append(connection)
        stop()

    stop = add_accept_handler(flooded, callback)
    await eventually(lambda: accepted)
    assert flooded.accepts == 3
    assert [record.name for record in caplog.records] == ["etesian.general"]
    caplog.clear()
    flooded.close()
    far.close()
