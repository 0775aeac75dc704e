from __future__ import annotations

import asyncio
import gc

import pytest

from etesian.websocket import WebSocketClosedError
from etesian.websocket.write_gate import WriteGate


@pytest.mark.spec("B-WS-022")
async def test_an_open_gate_makes_nobody_wait():
    gate = WriteGate(asyncio.get_running_loop())
    passed = gate.passed()
    passed.cancel()
    assert passed.done()
    assert not passed.cancelled()
    await gate.passed()


@pytest.mark.spec("B-WS-022")
async def test_a_shut_gate_makes_each_writer_wait_for_itself():
    gate = WriteGate(asyncio.get_running_loop())
    gate.shut()
    one, two = gate.passed(), gate.passed()
    one.cancel()
    assert not two.done()
    gate.open()
    await two
    assert one.cancelled()


async def test_a_failed_gate_tells_who_waits_and_logs_nothing_of_who_does_not(caplog):
    gate = WriteGate(asyncio.get_running_loop())
    gate.shut()
    waiting, ignored = gate.passed(), gate.passed()
    gate.fail()
    with pytest.raises(WebSocketClosedError):
        await waiting
    del ignored
    gc.collect()
    assert caplog.text == ""
