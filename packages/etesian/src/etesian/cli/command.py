"""The command line: what it accepts, and what each exit status means."""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

from etesian.cli.serve import serve
from etesian.cli.target import TargetError, load_target

if TYPE_CHECKING:
    from collections.abc import Sequence

# What Tornado's examples, and so everybody's bookmarks, listen on.
DEFAULT_PORT = 8888
# Only this machine can connect, until somebody says otherwise.
DEFAULT_HOST = "127.0.0.1"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and give its exit status.

    0: it ended as it was asked to. 1: the application could not be found or
    the port not be opened; one line on stderr says why. A command line that
    makes no sense raises ``SystemExit(2)``, with the usage on stderr.
    """
    arguments = _parser().parse_args(argv)
    try:
        serve(
            load_target(arguments.target),
            port=arguments.port,
            host=arguments.host,
            uvloop=arguments.uvloop,
        )
    except (TargetError, OSError) as error:
        print(f"etesian: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="etesian", description="Etesian, from the command line.")
    parser.add_argument("--version", action="version", version=f"etesian {version('etesian')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="serve an application until Ctrl-C",
        description="Serve an application until Ctrl-C (SIGINT) or SIGTERM. Requests that have "
        "begun by then have a few seconds to be answered.",
    )
    run.add_argument(
        "target",
        metavar="MODULE:NAME",
        help="an Application, or a function without arguments that makes one; the current folder "
        "is searched first",
    )
    run.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help="TCP port; 0 takes a free one (default: %(default)s)",
    )
    run.add_argument(
        "--host",
        default=DEFAULT_HOST,
        help="name or address of the interface; '' for all (default: %(default)s)",
    )
    run.add_argument("--uvloop", action="store_true", help="run on uvloop, which must be installed")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:6]) <= 0xFFFF):
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a number from 0 to 65535")
    return int(text)
