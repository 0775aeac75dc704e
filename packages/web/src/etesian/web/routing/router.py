"""Routers: anything that finds the delegate of a request, and the ones over rules."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from etesian.web.routing.current_route import reached_by
from etesian.web.routing.delegates import CallableDelegate, RoutingDelegate
from etesian.web.routing.index import RuleIndex
from etesian.web.routing.rules import Rule, as_rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from etesian.http_wire.interface import (
        HTTPConnection,
        HTTPMessageDelegate,
        HTTPServerRequest,
    )

__all__ = ["ReversibleRouter", "ReversibleRuleRouter", "Router", "RuleRouter"]

_logger = logging.getLogger("etesian.application")


# No number of rules: the index is made by the first request that comes after them.
_STALE: Final = -1


class Router:
    """Finds out who answers a request; to be derived from.

    A router can be given to an HTTP server as it is: it answers 404 to what it has
    no delegate for.
    """

    def find_handler(
        self, request: HTTPServerRequest, **kwargs: object
    ) -> HTTPMessageDelegate | None:
        """Give the delegate that takes this request, or ``None`` where there is none.

        ``kwargs`` are what the matchers of outer routers gave.
        """
        raise NotImplementedError

    def start_request(
        self, server_conn: object, request_conn: HTTPConnection
    ) -> HTTPMessageDelegate:
        """Give a delegate that asks this router once the head is known."""
        return RoutingDelegate(self, server_conn, request_conn)

    def on_close(self, server_conn: object) -> None:
        """Take the news that a connection ended; a router keeps nothing of it."""


class ReversibleRouter(Router):
    """A router whose routes have names."""

    def reverse_url(self, name: str, *args: object) -> str | None:
        """Give the path of the named route, or ``None`` where there is none of that name."""
        raise NotImplementedError


class RuleRouter(Router):
    """A list of rules; the first that matches and has a delegate answers.

    A rule may be a :class:`Rule`, or a sequence of its two to four arguments, where
    text instead of a matcher is a regex for the path. A target that is itself a
    list of rules becomes a nested router.
    """

    def __init__(self, rules: Iterable[object] | None = None) -> None:
        self.rules: list[Rule] = []
        self._indexed = _STALE
        if rules:
            self.add_rules(rules)

    def add_rules(self, rules: Iterable[object]) -> None:
        """Append rules; they count from the next request on."""
        self.rules.extend([self.process_rule(as_rule(rule)) for rule in rules])
        self._indexed = _STALE

    def _make_index(self) -> None:
        """Prepare for the rules as they are now."""
        self._index = RuleIndex(self.rules)
        self._indexed = len(self.rules)

    def process_rule(self, rule: Rule) -> Rule:
        """Give the rule that is to be kept for ``rule``; to be overridden."""
        if isinstance(rule.target, list):
            rule.target = self._nested(rule.target)
        return rule

    def _nested(self, rules: list[object]) -> RuleRouter:
        return RuleRouter(rules)

    def candidates(self, request: HTTPServerRequest) -> Sequence[Rule]:
        """Give the rules that may fit a request, in order; all others do not."""
        # The list is public: whoever changes its length need not know of the index.
        if self._indexed != len(self.rules):
            self._make_index()
        return self._index.candidates(request.path)

    def find_handler(
        self, request: HTTPServerRequest, **kwargs: object
    ) -> HTTPMessageDelegate | None:
        """Give the delegate of the first rule that matches and has one."""
        for rule in self.candidates(request):
            params = rule.matcher.match(request)
            if params is None:
                continue
            if kwargs:
                params = {**kwargs, **params}
            if rule.target_kwargs:
                # A copy: a matcher may give the same dict each time.
                params = {**params, "target_kwargs": rule.target_kwargs}
            delegate = (
                self.get_target_delegate(rule.target, request, **params)
                if params
                else self.get_target_delegate(rule.target, request)  # to unpack nothing costs too
            )
            if delegate is not None:
                return delegate
        return None

    def get_target_delegate(
        self, target: object, request: HTTPServerRequest, **target_params: Any
    ) -> HTTPMessageDelegate | None:
        """Give the delegate for a rule's target, or ``None`` for a target of no known kind.

        To be overridden for further kinds of targets.
        """
        if isinstance(target, Router):
            return target.find_handler(request, **target_params)
        if hasattr(target, "start_request"):
            # It may ask for its route when the request is logged; this module is below that one.
            from etesian.web.routing.matched_rule import matched_pattern  # noqa: PLC0415

            with reached_by(partial(matched_pattern, self, request)):
                delegate: HTTPMessageDelegate = target.start_request(
                    request.server_connection, request.connection
                )
            return delegate
        return CallableDelegate(target, request) if callable(target) else None


class ReversibleRuleRouter(ReversibleRouter, RuleRouter):
    """Rules with names, from which paths can be built; nested routers are searched too."""

    def __init__(self, rules: Iterable[object] | None = None) -> None:
        self.named_rules: dict[str, Rule] = {}
        super().__init__(rules)

    def process_rule(self, rule: Rule) -> Rule:
        """Note the rule's name; a later rule of the same name replaces the earlier."""
        rule = super().process_rule(rule)
        if rule.name:
            if rule.name in self.named_rules:
                _logger.warning("Several rules are named %r; the last one counts", rule.name)
            self.named_rules[rule.name] = rule
        return rule

    def _nested(self, rules: list[object]) -> RuleRouter:
        return ReversibleRuleRouter(rules)

    def reverse_url(self, name: str, *args: object) -> str | None:
        """Give the path of the named rule, or ``None`` where there is none of that name.

        Raises ``AssertionError`` where the number of arguments does not fit.
        """
        if name in self.named_rules:
            return self.named_rules[name].reverse(*args)
        for rule in self.rules:
            if isinstance(rule.target, ReversibleRouter):
                path = rule.target.reverse_url(name, *args)
                if path is not None:
                    return path
        return None
