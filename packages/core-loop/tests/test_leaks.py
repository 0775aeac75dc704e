from __future__ import annotations

import asyncio
import socket

import pytest

from etesian.core_loop.testing import leaks
from etesian.core_loop.testing.leaks import LeakCheck

HERE = __file__


@pytest.fixture
def check(ioloop, monkeypatch):
    monkeypatch.setattr(leaks, "_GRACE", 0.1)
    check = LeakCheck(ioloop.asyncio_loop)
    check.begin()
    return check


async def forever():
    await asyncio.sleep(3600)


def test_nothing_is_said_of_what_has_ended(ioloop, check):
    async def use() -> None:
        await asyncio.create_task(asyncio.sleep(0))
        one, other = socket.socketpair()
        one.close()
        other.close()

    ioloop.run_sync(use)
    assert check.end() == []


def test_a_pending_task_is_named_with_where_it_was_made_and_waits(ioloop, check):
    kept = []

    async def use() -> None:
        kept.append(asyncio.create_task(forever()))
        await asyncio.sleep(0)

    ioloop.run_sync(use)
    (line,) = check.end()
    made = use.__code__.co_firstlineno + 1
    waits = forever.__code__.co_firstlineno + 1
    assert line == (
        f"the pending task forever(), made at {HERE}:{made} in use, "
        f"waiting at {HERE}:{waits} in forever"
    )
    kept[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        ioloop.run_sync(lambda: kept[0])


def test_what_ends_soon_is_waited_for(ioloop, check):
    kept = []

    async def use() -> None:
        kept.append(asyncio.create_task(asyncio.sleep(0.02)))

    ioloop.run_sync(use)
    assert check.end() == []
    assert kept[0].done()


def test_an_open_socket_is_named_with_where_it_was_made(check):
    def make() -> socket.socket:
        return socket.create_server(("127.0.0.1", 0))

    with make() as listening:
        (line,) = check.end()
        made = make.__code__.co_firstlineno + 1
        assert line == (
            f"the open socket {listening.fileno()} of {listening.getsockname()}, "
            f"made at {HERE}:{made} in make"
        )


def test_a_connection_that_a_task_of_the_library_opened_is_seen(ioloop, check):
    listening = socket.create_server(("127.0.0.1", 0))

    async def use() -> asyncio.StreamWriter:
        _, writer = await asyncio.open_connection(*listening.getsockname())
        return writer

    writer = ioloop.run_sync(use)
    lines = check.end()
    writer.transport.abort()
    ioloop.run_sync(lambda: asyncio.sleep(0))
    listening.close()
    # uvloop connects without Python's knowledge.
    assert len(lines) == (1 if "uvloop" in type(ioloop.asyncio_loop).__module__ else 2)


def test_sockets_are_as_before_when_it_has_ended(ioloop):
    before = socket.socket.__init__
    check = LeakCheck(ioloop.asyncio_loop)
    check.begin()
    assert socket.socket.__init__ is not before
    check.end()
    assert socket.socket.__init__ is before
    assert ioloop.asyncio_loop.get_task_factory() is None
