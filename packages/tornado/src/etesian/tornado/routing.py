"""``tornado.routing``: from a request to who answers it."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "web.routing": """
            Router ReversibleRouter RuleRouter ReversibleRuleRouter Rule Matcher AnyMatches
            HostMatches DefaultHostMatches PathMatches URLSpec
        """,
    },
)
