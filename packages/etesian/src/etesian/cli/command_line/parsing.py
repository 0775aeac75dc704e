"""From the words of the command line and the environment to options."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from etesian.cli.command_line.arguments import add_run_arguments, run_options
from etesian.cli.command_line.environment import words_of_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etesian.cli.command_line.options import RunOptions

# Before the names of options in the environment.
ENVIRONMENT = "ETESIAN_RUN_"


class _Version(argparse.Action):
    """Tells the version. It is looked up for who asks: that takes longer than all the rest here."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # noqa: PLC0415

        print(f"etesian {version('etesian')}")
        parser.exit()


def parse(words: Sequence[str]) -> RunOptions:
    """Give the options that the words and the environment say.

    Words that make no sense raise ``SystemExit(2)``, with the usage on stderr.
    """
    parser = argparse.ArgumentParser(prog="etesian", description="Etesian, from the command line.")
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="tell the version of this distribution"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    run = commands.add_parser("run", help="serve an application until Ctrl-C")
    add_run_arguments(run)
    if words[:1] == ["run"]:
        words = ["run", *words_of_environment(run, ENVIRONMENT), *words[1:]]
    return run_options(run, parser.parse_args(words))
