from __future__ import annotations

import asyncio
import logging
import threading
import time

import pytest

from etesian.core_loop.interface import IOLoop as CoreIOLoop
from etesian.tornado.ioloop import IOLoop, PeriodicCallback, PollIOLoop


@pytest.fixture(autouse=True)
def no_instance():
    IOLoop.clear_instance()
    IOLoop.clear_current()
    yield
    IOLoop.clear_instance()
    current = IOLoop.current(instance=False)
    if current is not None:
        current.close()
    IOLoop.clear_current()


@pytest.mark.spec("B-LOOP-057")
def test_instance_is_the_same_loop_from_every_thread():
    assert not IOLoop.initialized()
    found = []
    threads = [threading.Thread(target=lambda: found.append(IOLoop.instance())) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1
    assert found[0] is IOLoop.instance()
    assert IOLoop.initialized()
    found[0].close()


def test_in_the_main_thread_instance_and_current_are_one():
    assert IOLoop.instance() is IOLoop.current()
    assert isinstance(IOLoop.instance(), PollIOLoop)


@pytest.mark.spec("B-LOOP-058")
def test_install_chooses_the_instance_and_clear_instance_undoes_it():
    loop = IOLoop(make_current=False)
    loop.install()
    assert IOLoop.instance() is loop
    IOLoop.clear_instance()
    assert IOLoop.instance() is not loop
    loop.close()


def test_every_loop_that_etesian_makes_is_one_of_these():
    assert isinstance(CoreIOLoop.current(), IOLoop)


@pytest.mark.spec("B-LOOP-060")
def test_a_blocked_loop_is_logged_with_its_stack(caplog):
    loop = IOLoop(make_current=False)
    loop.set_blocking_log_threshold(0.02)

    async def block_for_a_moment():
        for _ in range(50):
            await asyncio.sleep(0.05)  # the watching thread sees the loop run, if it has the time
            time.sleep(0.1)  # noqa: ASYNC251 - that it blocks is the point
            if "block_for_a_moment" in caplog.text:
                break

    with caplog.at_level(logging.WARNING):
        loop.run_sync(block_for_a_moment)
    loop.set_blocking_log_threshold(None)
    loop.close()
    assert "block_for_a_moment" in caplog.text


def test_log_stack_is_a_signal_handler(caplog):
    import sys

    IOLoop.current().log_stack(14, sys._getframe())
    assert "test_log_stack_is_a_signal_handler" in caplog.text


def test_another_action_on_a_blocked_loop_is_refused():
    with pytest.raises(NotImplementedError):
        IOLoop.current().set_blocking_signal_threshold(1, lambda signal, frame: None)


def test_a_periodic_callback_accepts_the_loop_of_4_x_or_the_jitter_of_6_x():
    loop = IOLoop.current()
    seen = []
    periodic = [
        PeriodicCallback(lambda: seen.append("positional"), 1, loop),
        PeriodicCallback(lambda: seen.append("named"), 1, io_loop=loop),
        PeriodicCallback(lambda: seen.append("jitter"), 1, 0.1),
    ]
    for one in periodic:
        one.start()
    loop.call_later(0.05, loop.stop)
    loop.start()
    for one in periodic:
        one.stop()
    assert set(seen) == {"positional", "named", "jitter"}
