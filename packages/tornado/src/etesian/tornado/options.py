"""``tornado.options``: options of the command line and of files."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "core_loop.options": """
            define options parse_command_line parse_config_file print_help
            add_parse_callback Error OptionParser
        """,
    },
)
