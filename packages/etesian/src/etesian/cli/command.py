"""The command line: its commands, and what each exit status means."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from etesian.cli.arguments import add_run_arguments, run_options
from etesian.cli.environment import words_of_environment
from etesian.cli.failures import status_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etesian.cli.options import RunOptions

# Before the names of options in the environment.
ENVIRONMENT = "ETESIAN_RUN_"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and give its exit status, as ``etesian run --help`` lists them.

    A command line that makes no sense raises ``SystemExit(2)``, with the usage on stderr.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    options = parse(words)
    # Each loads what the other has no use for.
    if options.supervised:
        from etesian.cli.supervisor import run_supervised  # noqa: PLC0415

        return status_of(lambda: run_supervised(options, words[1:]))
    from etesian.cli.serving import run_alone  # noqa: PLC0415

    return status_of(lambda: run_alone(options))


class _Version(argparse.Action):
    """Tells the version. It is looked up for who asks: that takes longer than all the rest here."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # noqa: PLC0415

        print(f"etesian {version('etesian')}")
        parser.exit()


def parse(words: Sequence[str]) -> RunOptions:
    """Give the options that the words and the environment say."""
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
