"""``python -m etesian.tornado SCRIPT [args]`` or ``-m MODULE [args]``.

Runs a program that was written for Tornado, with ``import tornado`` giving the
bridge. The program finds ``sys.argv``, ``sys.path`` and ``__name__`` as the plain
interpreter would have set them.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from etesian.tornado.finder import install

_USAGE = """\
usage: python -m etesian.tornado SCRIPT [args ...]
       python -m etesian.tornado -m MODULE [args ...]
"""


def main(arguments: list[str]) -> int:
    """Run the program that the arguments name; give the exit status of a wrong call."""
    if arguments[:1] in (["-h"], ["--help"]):
        sys.stdout.write(_USAGE)
        return 0
    is_module = arguments[:1] == ["-m"]
    program = arguments[1:] if is_module else arguments
    if not program or (program[0].startswith("-") and not is_module):
        sys.stderr.write(_USAGE)
        return 2
    install()
    sys.argv = program
    if is_module:
        # sys.path starts with the current directory already: we were run by -m ourselves.
        runpy.run_module(program[0], run_name="__main__", alter_sys=True)
        return 0
    if not sys.flags.safe_path:
        sys.path[0] = str(Path(program[0]).resolve().parent)
    runpy.run_path(program[0], run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
