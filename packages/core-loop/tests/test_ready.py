from __future__ import annotations

import asyncio

from etesian.core_loop.ioloop.ready import ready_queue

# How callbacks run that go into this queue is tested in test_batching.py, with all other ways.


def test_only_loops_that_are_known_to_have_a_queue_show_it() -> None:
    class WithItsOwnCallSoon(asyncio.SelectorEventLoop):
        def call_soon(self, callback, *args, context=None):
            return super().call_soon(callback, *args, context=context)

    for factory, shows in ((asyncio.SelectorEventLoop, True), (WithItsOwnCallSoon, False)):
        loop = factory()
        assert (ready_queue(loop) is not None) is shows
        loop.close()
