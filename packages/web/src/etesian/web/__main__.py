"""``python -m etesian.web check module:application``: find dangerous patterns of routes."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from etesian.web.application import Application

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; give its exit status: 0, or 1 where something was found."""
    parser = argparse.ArgumentParser(prog="python -m etesian.web", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="check the routes of an application")
    check.add_argument("target", help="module:application; a function is called to get one")
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(Path.cwd()))
    found = [*_load(parser, options.target).lint_routes()]
    for pattern, problem in found:
        print(f"{pattern}: {problem}")  # noqa: T201 - what the command is for
    return 1 if found else 0


def _load(parser: argparse.ArgumentParser, target: str) -> Application:
    module, _, name = target.partition(":")
    loaded = getattr(import_module(module), name or "application", None)
    if loaded is not None and not isinstance(loaded, Application) and callable(loaded):
        loaded = loaded()
    if not isinstance(loaded, Application):
        parser.error(f"{target} is no application")
    return loaded


if __name__ == "__main__":
    sys.exit(main())
