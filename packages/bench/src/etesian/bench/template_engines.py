"""Template engines, each made ready to render the last of several files.

Etesian and Tornado speak one language and Jinja2 nearly the same: files are written
in Jinja2's, whose ends say what they end. Mako and Chameleon need files of their own.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from etesian.bench.contender import Contender
from etesian.bench.in_process import in_process

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Files: TypeAlias = "dict[str, str]"
Render: TypeAlias = "Callable[..., bytes]"
Engine: TypeAlias = "Callable[[Files], Render]"

_END = re.compile(r"\{% end\w+ %\}")


def etesian(files: Files) -> Render:
    """Etesian, as it comes, without any other library."""
    return _etesian(files, use_c=False)


def etesian_c(files: Files) -> Render:
    """Etesian with its extra ``speedups``: it escapes in C."""
    return _etesian(files, use_c=True)


def _etesian(files: Files, *, use_c: bool) -> Render:
    from etesian.templates import DictLoader  # noqa: PLC0415 - each when its turn comes

    generate: Render = DictLoader(short_ends(files), use_c=use_c).load(_last(files)).generate
    return generate


def tornado(files: Files) -> Render:
    """Tornado, as it comes."""
    from tornado.template import DictLoader  # noqa: PLC0415

    generate: Render = DictLoader(short_ends(files)).load(_last(files)).generate
    return generate


def jinja2(files: Files) -> Render:
    """Jinja2 with escaping on."""
    from jinja2 import DictLoader, Environment  # noqa: PLC0415

    environment = Environment(autoescape=True, keep_trailing_newline=True, loader=DictLoader(files))
    render = environment.get_template(_last(files)).render
    return lambda **values: render(**values).encode()


def mako(files: Files) -> Render:
    """Mako with the filter that escapes."""
    from mako.lookup import TemplateLookup  # noqa: PLC0415

    lookup = TemplateLookup(default_filters=["h"])  # "h" escapes
    for name, text in files.items():
        lookup.put_string(name, text)
    render = lookup.get_template(_last(files)).render
    return lambda **values: render(**values).encode()


def chameleon(files: Files) -> Render:
    """Chameleon, as it comes; a file knows the others by their names without ``.txt``."""
    from chameleon import PageTemplate  # noqa: PLC0415

    templates = {name.removesuffix(".txt"): PageTemplate(text) for name, text in files.items()}
    for template in templates.values():
        template.cook_check()
    *_, last = templates.values()

    def render(**values: Any) -> bytes:
        # Any: it is typed for what it encodes, and knows templates as well.
        known: dict[str, Any] = {**templates, **values}
        page: str = last.render(**known)
        return page.encode()

    return render


def _last(files: Files) -> str:
    return list(files)[-1]


def short_ends(files: Files) -> Files:
    """Give files of Jinja2's for Etesian and Tornado, which end every block the same way."""
    return {name: _END.sub("{% end %}", text) for name, text in files.items()}


_ENGINES: dict[str, Engine] = {
    "etesian": etesian,
    "etesian-c": etesian_c,
    "tornado": tornado,
    "jinja2": jinja2,
    "mako": mako,
    "chameleon": chameleon,
}


# What has to be installed for an engine, where that is not what it is called.
_NEEDS = {"etesian": (), "etesian-c": ("markupsafe",)}


def contenders(
    prepare: Callable[[Engine, Files], Callable[[], bytes]], files: Mapping[str, Files]
) -> tuple[Contender, ...]:
    """Give a contender for each engine that has files, doing what ``prepare`` makes of them.

    Etesian has its files once, and takes part twice: with and without escaping in C.
    """
    own = {"etesian": files["etesian"], "etesian-c": files["etesian"], **files}
    return tuple(
        Contender(
            name,
            partial(in_process, partial(prepare, _ENGINES[name], own[name])),
            _NEEDS.get(name, (name,)),
        )
        for name in own
    )
