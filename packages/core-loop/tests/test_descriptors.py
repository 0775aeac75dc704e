from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING

import pytest

from etesian.core_loop import IOLoop
from etesian.core_loop.testing import ExpectLog

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    with ours, theirs:
        yield ours, theirs


Pair = tuple[socket.socket, socket.socket]


@pytest.mark.spec("B-LOOP-016")
@pytest.mark.spec("B-LOOP-017")
async def test_the_handler_gets_what_was_registered(pair: Pair) -> None:
    ours, theirs = pair
    loop = IOLoop.current()
    seen = []
    theirs.send(b"x")
    loop.add_handler(ours, lambda fd, events: seen.append((fd, events)), loop.READ)
    await asyncio.sleep(0.005)
    loop.remove_handler(ours)
    assert set(seen) == {(ours, loop.READ)}
    seen.clear()
    loop.add_handler(ours.fileno(), lambda fd, events: seen.append((fd, events)), loop.READ)
    await asyncio.sleep(0.005)
    loop.remove_handler(ours.fileno())
    assert set(seen) == {(ours.fileno(), loop.READ)}


@pytest.mark.spec("B-LOOP-018")
async def test_a_second_handler_for_a_descriptor_is_refused(pair: Pair) -> None:
    loop = IOLoop.current()
    loop.add_handler(pair[0], print, loop.READ)
    with pytest.raises(ValueError, match=f"descriptor {pair[0].fileno()} has a handler"):
        loop.add_handler(pair[0].fileno(), print, loop.WRITE)
    loop.remove_handler(pair[0])


@pytest.mark.spec("B-LOOP-019")
@pytest.mark.spec("B-LOOP-022")
async def test_flags_combine(pair: Pair) -> None:
    ours, theirs = pair
    loop = IOLoop.current()
    assert (loop.NONE, loop.READ, loop.WRITE, loop.ERROR) == (0, 1, 4, 0x18)
    seen = set()
    theirs.send(b"x")
    loop.add_handler(ours, lambda _, events: seen.add(events), loop.READ | loop.WRITE | loop.ERROR)
    await asyncio.sleep(0.005)
    loop.remove_handler(ours)
    assert seen == {loop.READ, loop.WRITE}


@pytest.mark.spec("B-LOOP-020")
async def test_a_peer_that_closes_is_noticed_with_read(pair: Pair) -> None:
    ours, theirs = pair
    loop = IOLoop.current()
    seen = set()
    loop.add_handler(ours, lambda _, events: seen.add(events), loop.ERROR | loop.READ)
    theirs.close()
    await asyncio.sleep(0.005)
    loop.remove_handler(ours)
    assert seen == {loop.READ}


@pytest.mark.spec("B-LOOP-021")
async def test_update_changes_the_interest_and_remove_ends_it(pair: Pair) -> None:
    ours, theirs = pair
    loop = IOLoop.current()
    seen = []
    theirs.send(b"x")
    loop.add_handler(ours, lambda _, events: seen.append(events), loop.READ)
    loop.update_handler(ours, loop.WRITE)
    await asyncio.sleep(0.005)
    assert set(seen) == {loop.WRITE}
    loop.update_handler(ours, loop.READ)
    seen.clear()
    await asyncio.sleep(0.005)
    assert set(seen) == {loop.READ}
    loop.update_handler(ours, loop.NONE)
    seen.clear()
    await asyncio.sleep(0.005)
    assert seen == []
    loop.remove_handler(ours)
    loop.remove_handler(ours)
    with pytest.raises(KeyError, match="no handler"):
        loop.update_handler(ours, loop.READ)


async def test_a_closed_socket_can_still_be_removed() -> None:
    ours, theirs = socket.socketpair()
    number = ours.fileno()
    loop = IOLoop.current()
    loop.add_handler(ours, print, loop.READ)
    ours.close()
    loop.remove_handler(ours)
    theirs.close()
    reader, writer = os.pipe()
    assert number in (reader, writer)
    loop.add_handler(number, print, loop.READ if number == reader else loop.WRITE)
    loop.remove_handler(number)
    os.close(reader)
    os.close(writer)


async def test_the_error_of_a_handler_is_logged_and_the_loop_goes_on(pair: Pair) -> None:
    loop = IOLoop.current()
    calls = []

    def fail(fd: socket.socket, events: int) -> None:
        calls.append(events)
        loop.remove_handler(fd)
        raise ValueError

    with ExpectLog("etesian.application", "Exception in callback"):
        loop.add_handler(pair[0], fail, loop.WRITE)
        await asyncio.sleep(0.005)
    assert calls == [loop.WRITE]


@pytest.mark.spec("B-LOOP-014")
def test_close_with_all_fds_closes_descriptors_and_objects(ioloop: IOLoop, pair: Pair) -> None:
    reader, writer = os.pipe()
    ioloop.add_handler(reader, print, ioloop.READ)
    ioloop.add_handler(pair[0], print, ioloop.READ)
    ioloop.close(all_fds=True)
    assert pair[0].fileno() == -1
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(reader)
    os.close(writer)


@pytest.mark.spec("B-LOOP-015")
def test_close_leaves_descriptors_open(ioloop: IOLoop, pair: Pair) -> None:
    ioloop.add_handler(pair[0], print, ioloop.READ)
    ioloop.close()
    pair[0].send(b"still open")


def test_a_descriptor_is_split_and_closed_either_way(pair: Pair) -> None:
    reader, writer = os.pipe()
    assert IOLoop.split_fd(reader) == (reader, reader)
    assert IOLoop.split_fd(pair[0]) == (pair[0].fileno(), pair[0])
    for fd in (reader, writer, pair[0]):
        IOLoop.close_fd(fd)
        IOLoop.close_fd(fd)
    assert pair[0].fileno() == -1
