"""Run one target under libFuzzer: ``child.py TARGET.py CORPUS... [-option=value...]``."""

from __future__ import annotations

import logging
import sys
from importlib import import_module
from pathlib import Path

import atheris

# Lets the fuzzer see how far an input got into a comparison. Its hook of expressions does not know
# that a search may have bounds.
atheris.enabled_hooks.add("str")


def main() -> None:
    """Never returns: libFuzzer ends the process."""
    logging.disable()  # of refusals there are millions, by design
    program, target, *options = sys.argv
    path = Path(target)
    sys.path.insert(0, str(path.parent))
    with atheris.instrument_imports(include=["etesian"], enable_loader_override=False):
        check = import_module(path.stem).check
    atheris.Setup([program, *options], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
