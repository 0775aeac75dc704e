"""The loggers of Etesian, and log records that are pleasant to read.

Everything that Etesian logs goes to one of these three, never to the root itself.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from etesian.core_loop.lazy import loader

if TYPE_CHECKING:
    from etesian.core_loop.log.formatter import LogFormatter
    from etesian.core_loop.log.pretty import define_logging_options, enable_pretty_logging

__all__ = [
    "LogFormatter",
    "access_log",
    "app_log",
    "define_logging_options",
    "enable_pretty_logging",
    "gen_log",
]

__getattr__ = loader(
    __name__,
    {
        "LogFormatter": ".formatter",
        "define_logging_options": ".pretty",
        "enable_pretty_logging": ".pretty",
    },
)

# Requests that were served, one record each.
access_log = logging.getLogger("etesian.access")
# Errors of the application: of handlers, callbacks, coroutines.
app_log = logging.getLogger("etesian.application")
# All else, warnings of Etesian itself for example.
gen_log = logging.getLogger("etesian.general")
