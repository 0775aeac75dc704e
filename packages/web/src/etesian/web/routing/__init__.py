"""Decides who answers a request: rules, matchers, and routers over them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.web.routing.matchers import (
        AnyMatches,
        DefaultHostMatches,
        HostMatches,
        Matcher,
        PathMatches,
    )
    from etesian.web.routing.router import (
        ReversibleRouter,
        ReversibleRuleRouter,
        Router,
        RuleRouter,
    )
    from etesian.web.routing.rules import Rule, URLSpec

__all__ = [
    "AnyMatches",
    "DefaultHostMatches",
    "HostMatches",
    "Matcher",
    "PathMatches",
    "ReversibleRouter",
    "ReversibleRuleRouter",
    "Router",
    "Rule",
    "RuleRouter",
    "URLSpec",
]

# Public name -> the module that holds it, imported when the name is first asked for (PEP 562).
_HOMES = {
    "AnyMatches": "matchers",
    "DefaultHostMatches": "matchers",
    "HostMatches": "matchers",
    "Matcher": "matchers",
    "PathMatches": "matchers",
    "ReversibleRouter": "router",
    "ReversibleRuleRouter": "router",
    "Router": "router",
    "Rule": "rules",
    "RuleRouter": "router",
    "URLSpec": "rules",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what is public, loaded or not."""
    return __all__
