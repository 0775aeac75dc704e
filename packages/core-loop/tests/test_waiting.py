"""Cancellation at any moment, against a plain model.

The clients of a lock or queue are Tasks; a rule starts one, cancels one, lets one go on, or
lets the loop go round once. Whatever the interleaving, nothing may be lost and nobody may wait
for what is there.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from etesian.core_loop import gen, locks, queues


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.tasks: list[asyncio.Task[Any]] = []

    def spawn(self, coroutine: Any) -> asyncio.Task[Any]:
        task = self.loop.create_task(coroutine)
        self.tasks.append(task)
        return task

    @rule()
    def go_round(self) -> None:
        # One iteration and no more: what was handed over in it is not yet received.
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()

    def settle(self) -> None:
        for _ in range(8):
            self.go_round()

    def teardown(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.settle()
        self.loop.close()


class SemaphoreMachine(Machine):
    """Clients that acquire, hold until told, and release."""

    clients = Bundle("clients")
    LIMIT = 2

    def __init__(self) -> None:
        super().__init__()
        self.semaphore = locks.BoundedSemaphore(self.LIMIT)
        self.inside: list[asyncio.Event] = []
        self.came: list[int] = []
        self.entered: list[int] = []
        self.waited: set[int] = set()
        self.cancelled: set[int] = set()

    @rule(target=clients)
    def come(self) -> tuple[int, asyncio.Task[Any]]:
        number = len(self.came)
        self.came.append(number)

        async def client() -> None:
            acquired = self.semaphore.acquire()
            if not acquired.done():
                self.waited.add(number)
            with await acquired:
                leave = asyncio.Event()
                self.entered.append(number)
                self.inside.append(leave)
                try:
                    await leave.wait()
                finally:
                    self.inside.remove(leave)

        return number, self.spawn(client())

    @rule(client=clients)
    def cancel(self, client: tuple[int, asyncio.Task[Any]]) -> None:
        number, task = client
        if task.cancel():
            self.cancelled.add(number)

    @rule(index=st.integers(0, 3))
    def leave(self, index: int) -> None:
        if index < len(self.inside):
            self.inside[index].set()

    @invariant()
    def never_too_many_inside(self) -> None:
        assert len(self.inside) <= self.LIMIT

    @invariant()
    def who_waits_and_is_not_cancelled_enters_in_order(self) -> None:
        kept = [n for n in self.entered if n in self.waited and n not in self.cancelled]
        assert kept == sorted(kept)

    @rule()
    def nobody_waits_while_there_is_room(self) -> None:
        self.settle()
        waiting = sum(not task.done() for task in self.tasks) - len(self.inside)
        assert waiting == 0 or len(self.inside) == self.LIMIT

    def teardown(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.settle()

        async def take_all() -> None:
            for _ in range(self.LIMIT):
                assert self.semaphore.acquire().done(), "a permit was lost"
            assert not self.semaphore.acquire().done(), "a permit was invented"

        self.loop.run_until_complete(take_all())
        super().teardown()


class QueueMachine(Machine):
    """Producers and consumers of one bounded queue."""

    tasks_made = Bundle("tasks_made")
    LIMIT = 2

    def __init__(self) -> None:
        super().__init__()
        self.queue: queues.Queue[int] = queues.Queue(self.LIMIT)
        self.next_item = 0
        self.put: set[int] = set()
        self.got: list[int] = []
        self.unclear: set[int] = set()  # cancelled while being put: in the queue, or not
        self.putting: dict[asyncio.Task[Any], int] = {}

    @rule(target=tasks_made)
    def produce(self) -> asyncio.Task[Any]:
        item, self.next_item = self.next_item, self.next_item + 1

        async def producer() -> None:
            await self.queue.put(item)
            self.put.add(item)

        task = self.spawn(producer())
        self.putting[task] = item
        return task

    @rule(target=tasks_made, within=st.sampled_from([None, timedelta(days=1)]))
    def consume(self, within: timedelta | None) -> asyncio.Task[Any]:
        async def consumer() -> None:
            item = self.queue.get()
            self.got.append(await (gen.with_timeout(within, item) if within else item))

        return self.spawn(consumer())

    @rule(task=tasks_made)
    def cancel_one(self, task: asyncio.Task[Any]) -> None:
        self.cancel(task)

    def cancel(self, task: asyncio.Task[Any]) -> None:
        if task.cancel() and task in self.putting:
            self.unclear.add(self.putting[task])

    @rule(task=tasks_made)
    def hand_over_then_cancel(self, task: asyncio.Task[Any]) -> None:
        self.settle()
        if not self.queue.full():
            self.queue.put_nowait(self.next_item)
            self.put.add(self.next_item)
            self.next_item += 1
        self.cancel(task)

    @invariant()
    def nothing_comes_twice(self) -> None:
        assert len(self.got) == len(set(self.got))

    @rule()
    def nobody_waits_for_what_is_there(self) -> None:
        self.settle()
        assert self.queue.qsize() <= self.LIMIT + 1
        waiting = [task for task in self.tasks if not task.done()]
        producers = [task for task in waiting if task in self.putting]
        consumers = [task for task in waiting if task not in self.putting]
        assert not consumers or self.queue.empty()
        assert not producers or self.queue.full()

    def teardown(self) -> None:
        for task in self.tasks:
            self.cancel(task)
        self.settle()
        left = [self.queue.get_nowait() for _ in range(self.queue.qsize())]
        found = set(self.got) | set(left)
        assert len(found) == len(self.got) + len(left), "an item is there twice"
        assert self.put <= found, "an item was lost"
        assert found <= self.put | self.unclear, "an item came from nowhere"
        super().teardown()


class ConditionMachine(Machine):
    """Waiters, and notifications each of which wakes one who is there to be woken."""

    waiters = Bundle("waiters")

    def __init__(self) -> None:
        super().__init__()
        self.condition = locks.Condition()
        self.woken = 0

    def waiting(self) -> int:
        return sum(not task.done() for task in self.tasks)

    @rule(target=waiters)
    def wait(self) -> asyncio.Task[Any]:
        async def waiter() -> None:
            await self.condition.wait()
            self.woken += 1

        return self.spawn(waiter())

    @rule(task=waiters)
    def cancel(self, task: asyncio.Task[Any]) -> None:
        task.cancel()

    @rule(victims=st.lists(waiters, max_size=3), rounds=st.integers(0, 2))
    def notify_then_cancel(self, victims: list[asyncio.Task[Any]], rounds: int) -> None:
        self.settle()
        before = self.woken
        self.condition.notify()
        for _ in range(rounds):
            self.go_round()
        for task in victims:
            task.cancel()
        self.settle()
        # The notification went to somebody, unless all who waited were cancelled.
        assert self.woken == before + 1 or (self.woken == before and self.waiting() == 0)


def run(machine: type[Machine]) -> None:
    run_state_machine_as_test(
        machine, settings=settings(max_examples=80, stateful_step_count=25, deadline=None)
    )


@pytest.mark.parametrize("machine", [SemaphoreMachine, QueueMachine, ConditionMachine])
def test_no_interleaving_of_cancellations_loses_anything(machine: type[Machine]) -> None:
    run(machine)


@pytest.mark.parametrize("timeout", [timedelta(milliseconds=100), None])
async def test_a_cancellation_wins_over_what_comes_with_it(timeout: timedelta | None) -> None:
    """The Task is cancelled when its wait is over, in vain or not, and it has not gone on yet."""
    semaphore = locks.Semaphore(0)
    acquired = semaphore.acquire(timeout)
    # Before the Task, which adds its own when it waits, long before the time is up: called first.
    acquired.add_done_callback(lambda _: task.cancel())
    task = asyncio.ensure_future(_wait_for(acquired))
    await asyncio.sleep(0)
    if timeout is None:
        semaphore.release()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert semaphore.acquire().done() is (timeout is None)


async def _wait_for(future: asyncio.Future[Any]) -> None:
    await future


async def test_a_deadline_that_is_no_number_is_refused() -> None:
    event = locks.Event()
    for wait in (event.wait, lambda when: gen.with_timeout(when, event.wait()), gen.sleep):
        with pytest.raises(ValueError, match="must be a number, got NaN"):
            wait(float("nan"))
    began = time.monotonic()
    await gen.sleep(0.001)
    assert time.monotonic() - began < 5
