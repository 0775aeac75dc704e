from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from etesian.core_loop.ioloop import BlockingDetector

if TYPE_CHECKING:
    import logging

    from etesian.core_loop import IOLoop


def hold_the_loop_up(records: list[logging.LogRecord]) -> None:
    until = time.monotonic() + 10
    while not about_us(records) and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.4)  # it goes on for long, and is not logged again


def about_us(records: list[logging.LogRecord]) -> list[logging.LogRecord]:
    # A machine that stops the whole process holds the loop up elsewhere.
    return [record for record in records if "hold_the_loop_up" in record.getMessage()]


def test_the_stack_of_a_blocking_callback_is_logged_once(
    ioloop: IOLoop, caplog: pytest.LogCaptureFixture
) -> None:
    detector = BlockingDetector(ioloop.asyncio_loop, 0.1)
    ioloop.call_later(0.15, hold_the_loop_up, caplog.records)
    ioloop.call_later(0.2, ioloop.stop)
    ioloop.start()
    detector.stop()
    (record,) = about_us(caplog.records)
    assert record.name == "etesian.application"
    assert "0.1 seconds" in record.getMessage()


def test_an_idle_loop_is_not_a_blocked_one(
    ioloop: IOLoop, caplog: pytest.LogCaptureFixture
) -> None:
    # Longer than a busy machine lets a process wait for no fault of its own.
    detector = BlockingDetector(ioloop.asyncio_loop, 1)

    def stop_after_a_sign_of_life() -> None:
        if detector._loop_thread is None:
            ioloop.call_later(0.1, stop_after_a_sign_of_life)
        else:
            ioloop.stop()

    stop_after_a_sign_of_life()
    ioloop.start()
    detector.stop()
    assert caplog.records == []


def test_a_stopped_or_closed_loop_holds_nothing_up(
    ioloop: IOLoop, caplog: pytest.LogCaptureFixture
) -> None:
    detector = BlockingDetector(ioloop.asyncio_loop, 0.01)
    time.sleep(0.05)
    ioloop.close()
    time.sleep(0.05)
    detector.stop()
    assert caplog.records == []


def test_a_threshold_is_positive(ioloop: IOLoop) -> None:
    with pytest.raises(ValueError, match="more than 0 seconds"):
        BlockingDetector(ioloop.asyncio_loop, 0)


def test_one_that_is_stopped_while_it_asks_for_a_sign_of_life_ends() -> None:
    loop = asyncio.new_event_loop()
    detector = BlockingDetector(loop, 0.01)
    clear = detector._alive.clear

    def stopped_before_it_clears() -> None:
        detector._stopped.set()
        detector._alive.set()
        clear()

    detector._alive.clear = stopped_before_it_clears
    detector._thread.join(5)
    assert not detector._thread.is_alive()
    loop.close()
