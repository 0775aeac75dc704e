"""Options taken from the environment."""

from __future__ import annotations

import os
from argparse import BooleanOptionalAction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Action, ArgumentParser

_YES = {"1", "true", "yes", "on"}
_NO = {"", "0", "false", "no", "off"}


def words_of_environment(parser: ArgumentParser, prefix: str) -> list[str]:
    """Give the words of a command line that the variables beginning with ``prefix`` stand for.

    ``PREFIX_MAX_BODY_SIZE=10M`` is ``--max-body-size=10M``. An option that may be
    repeated takes several values, separated by spaces; one without a value is
    switched by 1 and 0.

    Ends the program with the usage where there is no such option, or it is no switch's value.
    """
    options = {
        f"{prefix}{option[2:].replace('-', '_').upper()}": (option, action)
        for action in parser._actions  # noqa: SLF001 - argparse has no other way to list them
        for option in action.option_strings
        if option.startswith("--") and not option.startswith("--no-") and option != "--help"
    }
    words: list[str] = []
    for name in sorted(name for name in os.environ if name.startswith(prefix)):
        if name not in options:
            parser.error(f"the environment has {name}, but there is no such option")
        option, action = options[name]
        words += _words(parser, name, option, action)
    return words


def _words(parser: ArgumentParser, name: str, option: str, action: Action) -> list[str]:
    value = os.environ[name]
    if action.nargs != 0:
        # Only what may be repeated begins as a list.
        values = value.split() if isinstance(action.default, list) else [value]
        return [f"{option}={one}" for one in values]
    switch = value.lower()
    if switch in _YES:
        return [option]
    if switch not in _NO:
        parser.error(f"the environment has {name}={value!r}, expected 1 or 0")
    return [f"--no-{option[2:]}"] if isinstance(action, BooleanOptionalAction) else []
