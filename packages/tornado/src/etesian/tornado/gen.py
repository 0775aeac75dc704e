"""``tornado.gen``: coroutines."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "core_loop.gen": """
            coroutine Return with_timeout sleep moment WaitIterator multi multi_future
            convert_yielded maybe_future is_coroutine_function is_future BadYieldError
            TimeoutError Runner
        """,
    },
)
