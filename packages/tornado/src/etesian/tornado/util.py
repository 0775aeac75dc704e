"""``tornado.util``: what fits nowhere else."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "core_loop.util": """
            ObjectDict GzipDecompressor import_object exec_in raise_exc_info
            errno_from_exception re_unescape Configurable ArgReplacer timedelta_to_seconds
            unicode_type TimeoutError
        """,
    },
    own="PY3 bytes_type basestring_type",
)

# What differed between Python 2 and 3.
PY3 = True
bytes_type = bytes
basestring_type = str
