"""``tornado.iostream``: streams over sockets and pipes."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "streams": """
            BaseIOStream IOStream SSLIOStream PipeIOStream StreamBufferFullError
            StreamClosedError UnsatisfiableReadError
        """,
    },
)
