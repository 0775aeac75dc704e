"""What a person is told when the server cannot start."""

from __future__ import annotations

import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from etesian.cli.start_error import StartError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_OURS = str(Path(__file__).parent)
_IMPORTING = (import_module("importlib").__file__, "<frozen importlib._bootstrap>")


def status_of(run: Callable[[], int]) -> int:
    """Give the exit status that ``run`` gives, or 1 where it fails; stderr tells why.

    A wrong name, a port or a file that cannot be had is one line; an error of the program
    is its traceback, from the program's first line on. Ctrl-C is 130.
    """
    try:
        return run()
    except StartError as error:
        print(f"etesian: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - whatever the program raises while it is imported
        print("etesian: the application cannot be loaded", file=sys.stderr)
        traceback.print_exception(type(error), error, _own_part(error.__traceback__))
    return 1


def _own_part(trace: TracebackType | None) -> TracebackType | None:
    """Give what is left of a traceback behind the frames that led to the program."""
    while trace is not None and _is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def _is_ours(filename: str) -> bool:
    return filename.startswith((_OURS, "<frozen importlib")) or filename in _IMPORTING
