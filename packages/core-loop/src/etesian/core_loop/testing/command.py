"""Tests run from the command line."""

from __future__ import annotations

import locale
import sys
import unittest
from typing import Any

from etesian.core_loop.options import define, options, parse_command_line

__all__ = ["main"]


def _define_options() -> None:
    define("exception_on_interrupt", default=True, help="whether Ctrl-C shows where it came")
    define("verbose", type=bool, help="name every test", group="testing")
    define("quiet", type=bool, help="show failures alone", group="testing")
    define("failfast", type=bool, help="stop at the first failure", group="testing")
    define("catch", type=bool, help="let the running test end at Ctrl-C", group="testing")
    define("buffer", type=bool, help="show output of failed tests alone", group="testing")
    define("locale", type=str, help="the locale that tests run in", group="testing")


def main(**kwargs: Any) -> None:
    """Run the tests that the command line names, and exit with the result's status.

    Options of the program come first, its own and those of `unittest` (``--verbose``,
    ``--quiet``, ``--failfast``, ``--catch``, ``--buffer``); then names of modules, classes or
    methods. Without a name the tests are those of the calling program, or what its function
    ``all()`` returns. `kwargs` go to `unittest.main`.
    """
    if "verbose" not in options:
        _define_options()
    argv = [sys.argv[0], *parse_command_line(sys.argv)]
    if options.locale:
        locale.setlocale(locale.LC_ALL, options.locale)
    if options.verbose or options.quiet:
        kwargs.setdefault("verbosity", 0 if options.quiet else 2)
    if options.failfast:
        kwargs.setdefault("failfast", True)
    if options.catch or not options.exception_on_interrupt:
        kwargs.setdefault("catchbreak", True)
    if options.buffer:
        kwargs.setdefault("buffer", True)
    if len(argv) == 1 and hasattr(sys.modules["__main__"], "all"):
        kwargs.setdefault("defaultTest", "all")
    if len(argv) > 1:
        kwargs.setdefault("module", None)  # names are looked up, not sought in the caller
    unittest.main(argv=argv, **kwargs)
