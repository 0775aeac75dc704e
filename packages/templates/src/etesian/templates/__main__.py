"""``python -m etesian.templates check DIR``: compile and lint every template in a folder.

``--version`` tells the version, and what escapes: Python, or a library in C.
"""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from etesian.templates.c_escape import escape_library
from etesian.templates.interface import ParseError
from etesian.templates.lint import lint
from etesian.templates.loader import Loader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# What is HTML by its name: for other files only the compiler has something to say.
_HTML = frozenset({".htm", ".html", ".svg", ".xhtml"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit status: 0 if nothing was found, 1 if something was."""
    parser = argparse.ArgumentParser(prog="python -m etesian.templates", description=__doc__)
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="compile and lint every template in a folder")
    check.add_argument("folder", type=Path, help="the root of the templates")
    check.add_argument(
        "--autoescape", default="xhtml_escape", help="the loader's option of this name (or None)"
    )
    options = parser.parse_args(arguments)
    autoescape = None if options.autoescape == "None" else options.autoescape
    if not options.folder.is_dir():
        parser.error(f"{options.folder} is no folder")
    findings = list(_check(options.folder, autoescape))
    sys.stdout.writelines(f"{finding}\n" for finding in findings)
    return 1 if findings else 0


def _version() -> str:
    library = escape_library()
    escape = f"C, by {library} {version(library)}" if library else "Python"
    return f"etesian-templates {version('etesian-templates')}, escapes in {escape}"


def _check(folder: Path, autoescape: str | None) -> Iterator[str]:
    loader = Loader(folder, autoescape=autoescape)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield from _check_file(loader, path.relative_to(folder).as_posix())


def _check_file(loader: Loader, name: str) -> Iterator[str]:
    try:
        loader.load(name)
        if Path(name).suffix.lower() in _HTML:
            for finding in lint(loader.tree(name, None)):
                yield f"{name}:{finding.line}: {finding.message}"
    except ParseError as error:
        yield f"{error.filename}:{error.lineno}: {error.message}"
    except OSError as error:
        yield f"{name}:1: {error}"


if __name__ == "__main__":
    sys.exit(main())
