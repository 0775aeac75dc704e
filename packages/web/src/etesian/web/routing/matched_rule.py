"""Which rule of a routing table fits a request, asked again for those who log it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.web.routing.matchers import PathMatches
from etesian.web.routing.router import Router, RuleRouter

if TYPE_CHECKING:
    from etesian.http_wire.interface import HTTPServerRequest
    from etesian.web.routing.rules import Rule

__all__ = ["matched_pattern", "matched_rule"]


def matched_rule(router: RuleRouter, request: HTTPServerRequest) -> Rule | None:
    """Give the rule that answers the request, that of the innermost table where they nest."""
    for rule in router.candidates(request):
        if rule.matcher.match(request) is None:
            continue
        if not isinstance(rule.target, Router):
            return rule
        if not isinstance(rule.target, RuleRouter):
            return rule  # what it decides by is its own affair
        inner = matched_rule(rule.target, request)
        if inner is not None:
            return inner
    return None


def matched_pattern(router: RuleRouter, request: HTTPServerRequest) -> str | None:
    """Give the regex of the rule that answers the request, as it was written.

    ``None`` where there is no rule, or one that decides by something else than the path.
    """
    rule = matched_rule(router, request)
    if rule is None or not isinstance(rule.matcher, PathMatches):
        return None
    return rule.matcher.regex.pattern.removesuffix("$")
