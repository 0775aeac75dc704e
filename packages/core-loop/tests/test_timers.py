from __future__ import annotations

import asyncio
import gc
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.core_loop import IOLoop
from etesian.core_loop.ioloop import timers
from etesian.core_loop.ioloop.timers import Timer, TimerQueue


class Clock:
    """What a TimerQueue asks of a loop, with a clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0
        self.wake_ups: list[asyncio.TimerHandle] = []

    def time(self) -> float:
        return self.now

    def is_closed(self) -> bool:
        return False

    def get_debug(self) -> bool:
        return False

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None: ...

    def call_at(self, when: float, callback) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, (), self)
        self.wake_ups.append(handle)
        return handle

    def advance(self, now: float) -> None:
        """Do what a loop does when it wakes up."""
        self.now = now
        while ready := [h for h in self.wake_ups if h.when() <= now and not h.cancelled()]:
            self.wake_ups = [h for h in self.wake_ups if h not in ready and not h.cancelled()]
            for handle in ready:
                handle._run()


def queue_with_clock() -> tuple[TimerQueue, Clock]:
    clock = Clock()
    return TimerQueue(clock, lambda callback, args, kwargs: callback(*args, **kwargs)), clock


STEPS = st.lists(
    st.tuples(st.just("add"), st.integers(0, 20))
    | st.tuples(st.just("cancel"), st.integers(0, 50))
    | st.tuples(st.just("advance"), st.integers(0, 4)),
    max_size=80,
)


@pytest.mark.spec("B-LOOP-040")
@given(STEPS)
def test_timers_fire_when_due_in_order_of_moment_and_creation(steps) -> None:
    queue, clock = queue_with_clock()
    queue._drop_at = 3
    made: list[Timer] = []
    waiting: dict[int, float] = {}
    fired: list[int] = []
    expected: list[int] = []
    for what, number in steps:
        if what == "add":
            when = clock.now + number
            waiting[len(made)] = when
            made.append(Timer(queue, when, fired.append, (len(made),), {}))
        elif what == "cancel" and made:
            waiting.pop(number % len(made), None)
            made[number % len(made)].cancel()
        elif what == "advance":
            now = clock.now + number
            due = sorted((when, n) for n, when in waiting.items() if when <= now)
            expected += [n for _, n in due]
            for _, n in due:
                del waiting[n]
            clock.advance(now)
        assert fired == expected
    assert sum(timer.callback is not None for timer in made) == len(waiting)


def test_a_clock_that_lags_behind_its_own_wake_up_fires_all_the_same() -> None:
    queue, clock = queue_with_clock()
    fired: list[int] = []
    Timer(queue, 1.0, fired.append, (1,), {})
    clock.now = 0.999
    (wake_up,) = clock.wake_ups
    wake_up._run()
    assert fired == [1]


def test_timers_made_while_others_fire_wait_for_the_next_iteration() -> None:
    queue, clock = queue_with_clock()
    fired: list[int] = []
    Timer(queue, 1.0, lambda: Timer(queue, 0.0, fired.append, (1,), {}), (), {})
    clock.now = 1.0
    clock.wake_ups[0]._run()
    assert fired == []
    clock.advance(1.0)
    assert fired == [1]


def test_cancelled_timers_are_dropped_without_looking_at_all_each_time() -> None:
    queue, _ = queue_with_clock()
    kept = [Timer(queue, 1000.0 + n, print, (), {}) for n in range(200)]
    for n in range(5000):
        Timer(queue, float(n), print, (), {}).cancel()
    assert sum(map(len, queue.buckets.values())) <= 2 * len(kept) + timers.MIN_CANCELLED
    assert queue._drop_at == 200


def test_a_cancelled_timer_keeps_nothing_alive() -> None:
    class Callback:
        def __call__(self) -> None: ...

    queue, _ = queue_with_clock()
    callback = Callback()
    gone = weakref.ref(callback)
    timer = Timer(queue, 5.0, print, (callback,), {"of": callback})
    timer.cancel()
    del callback
    gc.collect()
    assert gone() is None
    assert "cancelled" in repr(timer)


async def test_a_handle_tells_its_moment_and_its_state() -> None:
    loop = IOLoop.current()
    timer = loop.call_at(loop.time() + 5, print)
    assert timer.when() == pytest.approx(loop.time() + 5, abs=1)
    assert not timer.cancelled()
    loop.remove_timeout(timer)
    assert timer.cancelled()
    fired = loop.call_later(0, lambda: None)
    await asyncio.sleep(0.002)
    assert "fired" in repr(fired)
    assert not fired.cancelled()


async def test_no_number_is_refused() -> None:
    loop = IOLoop.current()
    for add in (loop.call_at, loop.call_later, loop.add_timeout):
        with pytest.raises(ValueError, match="must be a number, got NaN"):
            add(float("nan"), print)


async def test_a_moment_that_never_comes_is_allowed() -> None:
    loop = IOLoop.current()
    never = loop.call_later(float("inf"), pytest.fail, "it came")
    soon = asyncio.get_running_loop().create_future()
    loop.call_later(0.001, soon.set_result, None)
    await soon
    never.cancel()


def test_a_closed_loop_takes_no_timers(ioloop: IOLoop) -> None:
    ioloop.call_later(1, print)
    ioloop.close()
    with pytest.raises(RuntimeError, match="closed"):
        ioloop.call_later(1, print)


def test_an_interrupt_leaves_the_rest_due_in_front_of_what_came_later(ioloop: IOLoop) -> None:
    seen = []
    when = ioloop.time()

    def interrupt() -> None:
        ioloop.call_at(when, seen.append, 3)
        raise KeyboardInterrupt

    for callback, args in ((interrupt, ()), (seen.append, (1,)), (seen.append, (2,))):
        ioloop.call_at(when, callback, *args)
    with pytest.raises(KeyboardInterrupt):
        ioloop.start()
    ioloop.call_later(0.01, ioloop.stop)
    ioloop.start()
    assert seen == [1, 2, 3]
