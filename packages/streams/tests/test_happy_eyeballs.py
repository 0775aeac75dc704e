from __future__ import annotations

import asyncio
import socket
import time

import pytest

from etesian.streams import bind_sockets
from etesian.streams.happy_eyeballs import _taking_turns, connect_first

SIX, FOUR = socket.AF_INET6, socket.AF_INET


@pytest.fixture
def listening():
    (sock,) = bind_sockets(0, "127.0.0.1")
    with sock:
        yield sock


@pytest.fixture
def silent():
    """An address whose connections hang: a listening socket with a full queue."""
    with socket.socket() as sock, socket.socket() as first, socket.socket() as second:
        sock.bind(("127.0.0.1", 0))
        sock.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(sock.getsockname())
        yield (FOUR, sock.getsockname())


@pytest.fixture
def refusing():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield (FOUR, sock.getsockname())


def test_the_families_take_turns():
    addresses = [(SIX, "a"), (SIX, "b"), (SIX, "c"), (FOUR, "d"), (FOUR, "e")]
    assert [name for _, name in _taking_turns(addresses)] == ["a", "d", "b", "e", "c"]
    assert _taking_turns([]) == []


@pytest.mark.spec("B-STR-088")
async def test_a_silent_address_is_overtaken_after_the_delay(silent, listening):
    began = time.perf_counter()
    sock = await connect_first([silent, (FOUR, listening.getsockname())], delay=0.05)
    elapsed = time.perf_counter() - began
    assert 0.04 < elapsed < 0.5
    assert sock.getpeername() == listening.getsockname()
    assert not sock.getblocking()
    sock.close()


@pytest.mark.spec("B-STR-088")
async def test_a_refused_address_is_passed_at_once(refusing, listening):
    began = time.perf_counter()
    sock = await connect_first([refusing, (FOUR, listening.getsockname())], delay=10)
    assert time.perf_counter() - began < 1
    sock.close()


async def test_when_all_fail_the_first_error_is_told(refusing):
    unusable = (FOUR, ("127.0.0.1", 0))
    with pytest.raises(ConnectionRefusedError) as caught:
        await connect_first([refusing, unusable])
    assert str(refusing[1][1]) in str(caught.value)


async def test_no_address_is_an_error():
    with pytest.raises(OSError, match="no address"):
        await connect_first([])


async def test_cancelling_is_heard_while_the_others_end(silent, listening):
    # As a timeout cancels: what would be connected after it would have no bound any more.
    connecting = asyncio.create_task(
        connect_first([silent, (FOUR, listening.getsockname())], delay=0.01)
    )
    while not _is_ending(connecting):  # noqa: ASYNC110 - each turn is looked at
        await asyncio.sleep(0)
    connecting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connecting


def _is_ending(connecting):
    assert not connecting.done()
    return getattr(connecting.get_coro().cr_await, "__qualname__", "") == "_Race.end"


async def test_cancelling_closes_all_attempts(silent):
    # Unclosed sockets would be warnings, which are errors here.
    connecting = asyncio.create_task(connect_first([silent, silent, silent], delay=0.01))
    await asyncio.sleep(0.05)
    connecting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connecting
