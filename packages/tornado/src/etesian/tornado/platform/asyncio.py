"""``tornado.platform.asyncio``: the event loop as asyncio's, and the other way round."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "core_loop.platform.asyncio": """
            AsyncIOMainLoop AsyncIOLoop to_tornado_future to_asyncio_future BaseAsyncIOLoop
            AnyThreadEventLoopPolicy
        """,
    },
)
