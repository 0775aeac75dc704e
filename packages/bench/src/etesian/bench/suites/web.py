"""A small site by whole frameworks: text, JSON, a parameter, a body, a page, a file, routes."""

from __future__ import annotations

from etesian.bench.contender import Contender, Suite
from etesian.bench.site import CASES
from etesian.bench.site_load import site

# What a bare function would have to be a framework for.
_BEYOND_FUNCTIONS = ("page", "file")
_FLOOR = "bare protocol, uvloop"


def _frameworks(name: str) -> tuple[Contender, ...]:
    case = CASES[name]
    asgi = ("uvicorn", "httptools", "uvloop")
    bare = (
        site("asgi, uvicorn", "web_asgi", *asgi, case=case, uvloop=True),
        site("asgi, granian", "web_granian", "granian", "uvloop", case=case),
    )
    return (
        site("etesian, uvloop", "web_etesian", "uvloop", case=case, uvloop=True),
        site("etesian", "web_etesian", case=case),
        site("tornado", "web_tornado", "tornado", case=case),
        site(
            "aiohttp, uvloop", "web_aiohttp", "aiohttp", "jinja2", "uvloop", case=case, uvloop=True
        ),
        site(
            "starlette, uvicorn",
            "web_starlette",
            "starlette",
            "jinja2",
            *asgi,
            case=case,
            uvloop=True,
        ),
        site("falcon, uvicorn", "web_falcon", "falcon", "jinja2", *asgi, case=case, uvloop=True),
        site(
            "blacksheep, uvicorn",
            "web_blacksheep",
            "blacksheep",
            "jinja2",
            *asgi,
            case=case,
            uvloop=True,
        ),
        site("sanic, uvloop", "web_sanic", "sanic", "jinja2", "uvloop", case=case, uvloop=True),
        site("robyn", "web_robyn", "robyn", "jinja2", case=case),
        *(() if name in _BEYOND_FUNCTIONS else bare),
        site(_FLOOR, "web_protocol", "uvloop", case=case, uvloop=True),
    )


def _suite(name: str) -> Suite:
    contenders = _frameworks(name)
    ours = [each.name for each in contenders if each.name.startswith("etesian")]
    return Suite(
        title=f"{CASES[name].title}: {CASES[name].path}",
        unit="request",
        baselines=("tornado",),
        contenders=contenders,
        by_cpu=True,
        not_peers=(*ours, _FLOOR),
    )


SUITES = tuple(_suite(name) for name in CASES)
