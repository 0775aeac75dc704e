"""The running program replaced by a new run of itself."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["add_reload_hook", "restart"]

_log = logging.getLogger("etesian.application")

_hooks: list[Callable[[], object]] = []


def add_reload_hook(fn: Callable[[], object]) -> None:
    """Call `fn` before the program starts anew, to close what it must not inherit.

    Descriptors that Python opens are not inherited anyway (PEP 446).
    """
    _hooks.append(fn)


def restart() -> NoReturn:
    """Call the hooks and run the program anew, with the command line it was started by.

    That includes the options of the interpreter. The program's own changes of `sys.argv` are
    gone; the environment and the working directory are as they are now.
    """
    for hook in _hooks:
        try:
            hook()
        except Exception:  # noqa: BLE001  one broken hook must not keep the rest from running
            _log.error("Exception in reload hook %r", hook, exc_info=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  itself
