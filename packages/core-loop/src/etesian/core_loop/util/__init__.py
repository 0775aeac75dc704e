"""Small things that several parts need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.core_loop.lazy import loader

if TYPE_CHECKING:
    from etesian.core_loop.util.arguments import ArgReplacer
    from etesian.core_loop.util.configurable import Configurable
    from etesian.core_loop.util.errors import TimeoutError  # noqa: A004  the documented name
    from etesian.core_loop.util.functions import (
        errno_from_exception,
        exec_in,
        raise_exc_info,
        re_unescape,
        timedelta_to_seconds,
    )
    from etesian.core_loop.util.gzip import GzipDecompressor
    from etesian.core_loop.util.importing import import_object
    from etesian.core_loop.util.object_dict import ObjectDict

__all__ = [
    "ArgReplacer",
    "Configurable",
    "GzipDecompressor",
    "ObjectDict",
    "TimeoutError",
    "errno_from_exception",
    "exec_in",
    "import_object",
    "raise_exc_info",
    "re_unescape",
    "timedelta_to_seconds",
    "unicode_type",
]

__getattr__ = loader(
    __name__,
    {
        "ArgReplacer": ".arguments",
        "Configurable": ".configurable",
        "GzipDecompressor": ".gzip",
        "ObjectDict": ".object_dict",
        "TimeoutError": ".errors",
        "errno_from_exception": ".functions",
        "exec_in": ".functions",
        "import_object": ".importing",
        "raise_exc_info": ".functions",
        "re_unescape": ".functions",
        "timedelta_to_seconds": ".functions",
    },
)

# The name that code for two major versions of Python has for it.
unicode_type = str
