from __future__ import annotations

import asyncio
import socket
import time

import pytest

from etesian.websocket import WebSocketClosedError
from etesian.websocket.keepalive import Keepalive
from etesian.websocket.options import ConnectionOptions
from etesian.websocket.wire.frames import PING, PONG


@pytest.mark.spec("B-WS-039")
@pytest.mark.parametrize(
    ("interval", "timeout", "effective"),
    [(None, None, 30), (1, None, 30), (10, None, 30), (20, None, 60), (20, 5, 5)],
)
def test_the_default_timeout_is_the_larger_of_three_intervals_and_30(interval, timeout, effective):
    options = ConnectionOptions(ping_interval=interval, ping_timeout=timeout)
    assert options.effective_ping_timeout == effective


@pytest.mark.spec("B-WS-038")
async def test_pings_come_at_the_interval_and_pongs_keep_the_connection(
    serve, raw, recorder, events
):
    port = await serve(
        ("/", recorder, {"events": events}),
        websocket_ping_interval=0.1,
        websocket_ping_timeout=0.5,  # longer than a busy machine delays a pong
    )
    peer = await raw(port)
    for _ in range(8):
        frame = await peer.frame()
        assert frame.opcode == PING
        # Whatever it carries, it is a sign of life.
        peer.send_frame(PONG, b"other")
    assert (await events.next())[0] == "open"
    while not events.empty():
        assert await events.next() == ("pong", b"other")


@pytest.mark.spec("B-WS-038", "S233")
@pytest.mark.parametrize("timeout", [0.03, 0.15], ids=["shorter", "longer than the interval"])
async def test_without_a_pong_the_connection_is_closed(serve, raw, recorder, events, timeout):
    port = await serve(
        ("/", recorder, {"events": events}),
        websocket_ping_interval=0.05,
        websocket_ping_timeout=timeout,
    )
    loop = asyncio.get_running_loop()
    started = loop.time()
    peer = await raw(port)
    await events.next()
    await peer.read_to_end()
    assert (await events.next())[0] == "close"
    assert 0.05 + timeout <= loop.time() - started + 0.01 < 3


class Pinger:
    def __init__(self):
        self.pings = 0
        self.aborted = False
        self.is_reading = True

    def ping(self, data=b""):
        self.pings += 1

    def abort(self):
        self.aborted = True


@pytest.mark.spec("S233")
async def test_a_pong_that_waits_in_the_socket_while_the_process_slept_counts():
    loop = asyncio.get_running_loop()
    pinger = Pinger()
    far, near = socket.socketpair()
    near.setblocking(False)
    keepalive = Keepalive(pinger, loop, interval=0.02, timeout=0.2)

    def read():
        near.recv(10)
        keepalive.pong_received()

    loop.add_reader(near, read)
    await asyncio.sleep(0.05)
    assert pinger.pings
    far.send(b"pong")
    # The process is suspended until after the deadline; then all is due at once.
    time.sleep(0.3)  # noqa: ASYNC251 - that it blocks is the point
    await asyncio.sleep(0.05)
    assert not pinger.aborted
    keepalive.stop()
    loop.remove_reader(near)
    far.close()
    near.close()


@pytest.mark.spec("S233")
async def test_nobody_is_given_up_for_a_pong_that_we_do_not_read(eventually):
    pinger = Pinger()
    pinger.is_reading = False
    keepalive = Keepalive(pinger, asyncio.get_running_loop(), interval=0.01, timeout=0.01)
    await asyncio.sleep(0.05)
    assert not pinger.aborted
    pinger.is_reading = True
    await eventually(lambda: pinger.aborted)
    keepalive.stop()


async def test_after_stop_nothing_is_sent():
    pinger = Pinger()
    Keepalive(pinger, asyncio.get_running_loop(), interval=0.01, timeout=0.01).stop()
    await asyncio.sleep(0.03)
    assert (pinger.pings, pinger.aborted) == (0, False)


async def test_a_connection_that_takes_no_ping_is_no_error_of_ours(caplog):
    class Closed(Pinger):
        def ping(self, data=b""):
            raise WebSocketClosedError

    keepalive = Keepalive(Closed(), asyncio.get_running_loop(), interval=0.01, timeout=1)
    await asyncio.sleep(0.03)
    keepalive.stop()
    assert caplog.text == ""
