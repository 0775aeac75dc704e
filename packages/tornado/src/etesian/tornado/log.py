"""``tornado.log``: the loggers, and readable log lines."""

from __future__ import annotations

import logging

from etesian.tornado.lending import lend
from etesian.tornado.log_routing import route_logs

route_logs()

access_log = logging.getLogger("tornado.access")
app_log = logging.getLogger("tornado.application")
gen_log = logging.getLogger("tornado.general")

__getattr__, __dir__ = lend(
    __name__,
    {"core_loop.log": "LogFormatter enable_pretty_logging define_logging_options"},
    own="access_log app_log gen_log",
)
