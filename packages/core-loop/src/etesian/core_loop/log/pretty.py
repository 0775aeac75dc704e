"""Logging set up from options."""

from __future__ import annotations

import logging
import logging.handlers
from typing import TYPE_CHECKING, Any

from etesian.core_loop.log.formatter import LogFormatter

if TYPE_CHECKING:
    from etesian.core_loop.options.parser import OptionParser

__all__ = ["define_logging_options", "enable_pretty_logging"]

# Bytes of a log file before it is rotated, and rotated files that are kept: a gigabyte.
MAX_FILE_SIZE = 100 * 1000 * 1000
FILES_KEPT = 10


def enable_pretty_logging(options: Any = None, logger: logging.Logger | None = None) -> None:
    """Set logging up as `options` say: level, files and their rotation, standard error.

    `options` are by default those of the program, where `define_logging_options` defined what
    is read here; `logger` is by default the root. With ``options.logging`` None or ``"none"``
    nothing is done. Standard error gets the records when there is no file, or when asked for.

    Raises ValueError when ``log_rotate_mode`` is neither ``size`` nor ``time``, or the level
    is unknown.
    """
    if options is None:
        from etesian.core_loop.options import options  # noqa: PLC0415  it logs by this module
    level = options.logging
    if level is None or level.lower() == "none":
        return
    target = logging.getLogger() if logger is None else logger
    target.setLevel(level.upper())
    handlers = [_file_handler(options)] if options.log_file_prefix else []
    if options.log_to_stderr or (options.log_to_stderr is None and not target.handlers + handlers):
        handlers.append(logging.StreamHandler())
    for handler in handlers:
        to_file = isinstance(handler, logging.FileHandler)
        handler.setFormatter(LogFormatter(color=not to_file))
        target.addHandler(handler)


def _file_handler(options: Any) -> logging.Handler:
    mode = options.log_rotate_mode
    if mode == "size":
        return logging.handlers.RotatingFileHandler(
            options.log_file_prefix,
            maxBytes=options.log_file_max_size,
            backupCount=options.log_file_num_backups,
            encoding="utf-8",
        )
    if mode == "time":
        return logging.handlers.TimedRotatingFileHandler(
            options.log_file_prefix,
            when=options.log_rotate_when,
            interval=options.log_rotate_interval,
            backupCount=options.log_file_num_backups,
            encoding="utf-8",
        )
    raise ValueError(f"log_rotate_mode is 'size' or 'time', got {mode!r}")


def define_logging_options(options: OptionParser | None = None) -> None:
    """Define the options that `enable_pretty_logging` reads, and call it after parsing.

    `options` is by default the program's parser, which has them from the beginning.
    """
    if options is None:
        from etesian.core_loop.options import (  # noqa: PLC0415  it logs by this module
            options as program_options,
        )

        options = program_options
    parser = options
    define = parser.define
    group = "logging"
    define(
        "logging",
        default="info",
        group=group,
        metavar="debug|info|warning|error|none",
        help="the lowest level that is logged; none leaves logging as it is",
    )
    define(
        "log_to_stderr",
        type=bool,
        group=group,
        help="log to standard error (by default if no file is given)",
    )
    define(
        "log_file_prefix",
        type=str,
        group=group,
        metavar="PATH",
        help="log to this file; give each process of one program another one",
    )
    define(
        "log_file_max_size",
        default=MAX_FILE_SIZE,
        group=group,
        help="bytes of a log file before it is rotated (mode size)",
    )
    define("log_file_num_backups", default=FILES_KEPT, group=group, help="rotated files to keep")
    define(
        "log_rotate_when",
        default="midnight",
        group=group,
        help="unit of the interval: S, M, H, D, W0 to W6, midnight (mode time)",
    )
    define(
        "log_rotate_interval",
        default=1,
        group=group,
        help="units after which a log file is rotated (mode time)",
    )
    define("log_rotate_mode", default="size", group=group, help="rotate by size or by time")
    parser.add_parse_callback(lambda: enable_pretty_logging(parser))
