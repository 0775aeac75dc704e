"""Options of a program: defined where they are used, set from outside.

A module says ``define("port", default=8888, help="where to listen")`` and reads
``options.port``; the program calls `parse_command_line` first. The options of logging are
there from the beginning, and parsing sets logging up; ``options.logging = None`` keeps it
from that.
"""

from __future__ import annotations

from etesian.core_loop.log.pretty import define_logging_options
from etesian.core_loop.options.errors import Error, InvalidValueError
from etesian.core_loop.options.parser import OptionParser

__all__ = [
    "Error",
    "InvalidValueError",
    "OptionParser",
    "add_parse_callback",
    "define",
    "options",
    "parse_command_line",
    "parse_config_file",
    "print_help",
]

# The program's own options, and its methods by their short names.
options = OptionParser()
define = options.define
parse_command_line = options.parse_command_line
parse_config_file = options.parse_config_file
print_help = options.print_help
add_parse_callback = options.add_parse_callback

define_logging_options(options)
