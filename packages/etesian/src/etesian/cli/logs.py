"""The logging of a program that has set up none of its own."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from etesian.core_loop.interface import api as core_loop
from etesian.web.interface import api as web

if TYPE_CHECKING:
    from etesian.cli.command_line.options import RunOptions


def set_up_logging(options: RunOptions) -> None:
    """Log on stderr as the options say.

    Where the root logger has handlers already the program knows what it wants, and only
    what the command line says in so many words is done.
    """
    root = logging.getLogger()
    level = options.log_level or ("debug" if options.debug else None)
    if not root.handlers:
        handler = logging.StreamHandler()
        json = options.log_format == "json"
        handler.setFormatter(web.AccessJSONFormatter() if json else core_loop.log.LogFormatter())
        root.addHandler(handler)
        level = level or "info"
    if level is not None:
        root.setLevel(level.upper())
    # Debug records of asyncio's selector tell nobody anything.
    logging.getLogger("asyncio").setLevel(logging.INFO)
    if not options.access_log:
        logging.getLogger("etesian.access").disabled = True
