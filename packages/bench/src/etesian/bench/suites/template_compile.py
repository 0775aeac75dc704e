"""Making a page ready from its text: inheritance, an included file, loops, conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.bench.contender import Suite
from etesian.bench.suites.templates import FILES_OF
from etesian.bench.template_engines import contenders

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.bench.template_engines import Engine, Files

_NOTHING = {"title": "", "links": [], "items": []}


def _compiling(engine: Engine, files: Files) -> Callable[[], bytes]:
    # Rendered once, empty, so that engines which put compiling off do it here too.
    return lambda: engine(files)(**_NOTHING)


SUITE = Suite(
    title="Compiling a page of three files",
    unit="compilation",
    baselines=("tornado", "jinja2", "mako"),
    contenders=contenders(_compiling, FILES_OF),
)
