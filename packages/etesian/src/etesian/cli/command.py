"""The ``etesian`` command, from its words to its exit status."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from etesian.cli.command_line.parsing import parse
from etesian.cli.failures import status_of

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and give its exit status, as ``etesian run --help`` lists them.

    A command line that makes no sense raises ``SystemExit(2)``, with the usage on stderr.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    options = parse(words)
    # Each loads what the other has no use for.
    if options.supervised:
        from etesian.cli.workers.supervisor import run_supervised  # noqa: PLC0415

        return status_of(lambda: run_supervised(options, words[1:]))
    from etesian.cli.serving import run_alone  # noqa: PLC0415

    return status_of(lambda: run_alone(options))
