"""A program run again whenever its files change."""

from __future__ import annotations

import importlib.util
import logging
import runpy
import sys
import traceback
from pathlib import Path

from etesian.core_loop.autoreload.watching import wait, watch

__all__ = ["main"]

_log = logging.getLogger("etesian.application")

USAGE = """\
Usage: python -m etesian.core_loop.autoreload [--until-success] -m MODULE [ARGUMENTS]
       python -m etesian.core_loop.autoreload [--until-success] SCRIPT [ARGUMENTS]
"""


def main() -> None:
    """Run the script or module that `sys.argv` names, and again whenever its files change.

    When it has ended, or died, of a syntax error for one, the next change of a file starts
    it again; with ``--until-success`` not if it ended well.
    """
    arguments = sys.argv[1:]
    until_success = arguments[:1] == ["--until-success"]
    if until_success:
        del arguments[0]
    is_module = arguments[:1] == ["-m"]
    if is_module:
        del arguments[0]
    if not arguments or arguments[0].startswith("-"):
        sys.stderr.write(USAGE)
        sys.exit(2)
    logging.basicConfig()
    ended_well = _run(arguments, is_module=is_module)
    if until_success and ended_well:
        return
    wait()


def _run(arguments: list[str], *, is_module: bool) -> bool:
    """Run the program as Python itself would; tell whether it ended well."""
    name = arguments[0]
    sys.argv = arguments
    if not is_module:
        # Python puts the script's folder there; here it is the wrapper's.
        sys.path[0] = str(Path(name).resolve().parent)
    # Before it runs: an edit in the meantime is to be noticed at the end.
    for path in _own_files(name, is_module=is_module):
        watch(path)
    try:
        if is_module:
            runpy.run_module(name, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(name, run_name="__main__")
    except SystemExit as end:
        _log.info("The program exited with %r", end.code)
        return not end.code
    except Exception as error:  # noqa: BLE001  whatever it died of, the next edit may mend
        _log.error("The program failed:", exc_info=True)
        _watch_traces_of(error)
        return False
    return True


def _watch_traces_of(error: BaseException) -> None:
    """Watch the files that the error came from: a broken module is not an imported one."""
    if isinstance(error, SyntaxError) and error.filename:
        watch(error.filename)
    for frame in traceback.extract_tb(error.__traceback__):
        if Path(frame.filename).is_file():
            watch(frame.filename)


def _own_files(name: str, *, is_module: bool) -> list[str]:
    if not is_module:
        return [name]
    found = []
    for module in (name, f"{name}.__main__"):
        try:
            spec = importlib.util.find_spec(module)
        except Exception:  # noqa: BLE001, S112  whatever its package does; the run will show it
            continue
        if spec is not None and spec.origin is not None:
            found.append(spec.origin)
    return found
