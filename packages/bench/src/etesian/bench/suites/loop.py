"""What the event loop itself does: callbacks, timers, wake-ups, waiting for many."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

from etesian.bench.contender import Contender, Sample, Suite
from etesian.bench.cores import server_core

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from etesian.bench.contender import Running

# Operations in one go: enough that starting and ending it costs nothing that counts, few enough
# to stay in the caches, as those of a program do.
BATCH = 1000
# Callbacks that are on their way at once in a busy program.
AT_ONCE = 100
# Timers that are added before any fires: adding them takes each loop longer than the moment that
# they wait, or the measure would be of waiting.
MANY = 10_000
# Futures that one `multi` waits for.
SEVERAL = 100
# Seconds until a timer that is taken back would fire: a usual timeout of a request.
LONG = 60.0
# Seconds until a timer that fires does: one that no loop takes for a callback.
SHORT = 0.001


@dataclass(frozen=True)
class Face:
    """What one library calls the same things. ``remove`` takes what ``call_later`` gave."""

    add_callback: Callable[..., object]
    call_later: Callable[..., Any]
    remove: Callable[[Any], object]
    multi: Callable[[list[asyncio.Future[int]]], Awaitable[list[int]]]


def _raw() -> Face:
    async def gather(futures: list[asyncio.Future[int]]) -> list[int]:
        return await asyncio.gather(*futures)

    loop = asyncio.get_running_loop()
    return Face(loop.call_soon, loop.call_later, asyncio.TimerHandle.cancel, gather)


def _raw_uvloop() -> Face:
    face = _raw()
    # The handles of uvloop are of its own kind.
    return Face(face.add_callback, face.call_later, lambda handle: handle.cancel(), face.multi)


def _etesian() -> Face:
    from etesian.core_loop import IOLoop, gen  # noqa: PLC0415 - each when its turn comes

    loop = IOLoop.current()
    return Face(loop.add_callback, loop.call_later, loop.remove_timeout, gen.multi)


def _tornado() -> Face:
    from tornado.gen import multi  # noqa: PLC0415
    from tornado.ioloop import IOLoop  # noqa: PLC0415

    loop = IOLoop.current()
    return Face(loop.add_callback, loop.call_later, loop.remove_timeout, multi)


def _nothing() -> None:
    pass


# Each of these gives the number of operations that it did.


async def _burst(face: Face) -> int:
    """Add all callbacks, then let them run."""
    done = asyncio.get_running_loop().create_future()
    add_callback = face.add_callback
    for _ in range(BATCH - 1):
        add_callback(_nothing)
    add_callback(done.set_result, None)
    await done
    return BATCH


async def _chains(face: Face) -> int:
    """Let each callback add the next one, in many chains at once."""
    done = asyncio.get_running_loop().create_future()
    add_callback, left = face.add_callback, BATCH

    def step() -> None:
        nonlocal left
        left -= 1
        if left >= AT_ONCE:
            add_callback(step)
        elif not left:
            done.set_result(None)

    for _ in range(AT_ONCE):
        add_callback(step)
    await done
    return BATCH


async def _timers_cancelled(face: Face) -> int:
    call_later, remove = face.call_later, face.remove
    for _ in range(BATCH):
        remove(call_later(LONG, _nothing))
    await asyncio.sleep(0)
    return BATCH


async def _timers_fired(face: Face) -> int:
    done = asyncio.get_running_loop().create_future()
    call_later = face.call_later
    for _ in range(MANY - 1):
        call_later(SHORT, _nothing)
    call_later(SHORT, done.set_result, None)
    await done
    return MANY


async def _wake_ups(face: Face) -> int:
    create_future, add_callback = asyncio.get_running_loop().create_future, face.add_callback
    for _ in range(BATCH):
        future = create_future()
        add_callback(future.set_result, None)
        await future
    return BATCH


async def _multi(face: Face) -> int:
    create_future = asyncio.get_running_loop().create_future
    futures = [create_future() for _ in range(SEVERAL)]
    together = face.multi(futures)
    for number, future in enumerate(futures):
        future.set_result(number)
    if await together != list(range(SEVERAL)):
        raise AssertionError("another result than the futures had")
    return 1


Work: TypeAlias = "Callable[[Face], Awaitable[int]]"


class Looping:
    """A loop that is ready, and idle while it is not measured."""

    def __init__(self, runner: asyncio.Runner, face: Callable[[], Face], work: Work) -> None:
        self._runner = runner
        self._face = face
        self._work = work

    def answer(self) -> bytes:
        """Do it once; what cannot be done raises, so all that could say the same."""
        self._runner.run(self._once())
        return b"done"

    def measure(self, seconds: float) -> Sample:
        """Do it again and again for that long."""
        return self._runner.run(self._repeat(seconds))

    async def _once(self) -> None:
        await self._work(self._face())

    async def _repeat(self, seconds: float) -> Sample:
        work, face, count = self._work, self._face(), 0
        started, cpu = time.perf_counter(), time.process_time()
        while time.perf_counter() - started < seconds:
            count += await work(face)
        elapsed = time.perf_counter() - started
        cpu = time.process_time() - cpu
        return Sample(rate=count / elapsed, cpu_us=1e6 * cpu / count)


@contextmanager
def _looping(face: Callable[[], Face], work: Work, *, uvloop: bool) -> Iterator[Running]:
    os.sched_setaffinity(0, {server_core()})
    factory = import_module("uvloop").new_event_loop if uvloop else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        yield Looping(runner, face, work)


def _contenders(work: Work) -> tuple[Contender, ...]:
    on = partial(partial, _looping, work=work)
    return (
        Contender("asyncio", on(_raw, uvloop=False)),
        Contender("uvloop", on(_raw_uvloop, uvloop=True), ("uvloop",)),
        Contender("tornado on asyncio", on(_tornado, uvloop=False), ("tornado",)),
        Contender("tornado on uvloop", on(_tornado, uvloop=True), ("tornado", "uvloop")),
        Contender("etesian on asyncio", on(_etesian, uvloop=False)),
        Contender("etesian on uvloop", on(_etesian, uvloop=True), ("uvloop",)),
    )


def _suite(title: str, unit: str, work: Work) -> Suite:
    baselines = ("asyncio", "tornado on asyncio", "uvloop", "tornado on uvloop")
    return Suite(title=title, unit=unit, baselines=baselines, contenders=_contenders(work))


SUITES = (
    _suite("Empty callbacks, added in a burst", "callback", _burst),
    _suite(f"Callbacks that each add another, {AT_ONCE} at once", "callback", _chains),
    _suite("Timers added and taken back", "timer", _timers_cancelled),
    _suite("Timers of a millisecond that fire", "timer", _timers_fired),
    _suite("Futures that wake up a coroutine", "wake-up", _wake_ups),
    _suite(f"multi (or gather) of {SEVERAL} futures", "multi", _multi),
)
