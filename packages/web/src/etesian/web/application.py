"""The application: routes and settings, and what the HTTP server calls."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final

from etesian.http_wire.interface import create_server
from etesian.web.access_log import AccessLog
from etesian.web.allowed_hosts import LOCAL_HOSTS, is_allowed
from etesian.web.dispatch import HandlerDelegate
from etesian.web.error_handler import ErrorHandler
from etesian.web.etag_memo import EtagMemo
from etesian.web.handler import RequestHandler
from etesian.web.handler_parts.errors import LOOPBACK_ONLY
from etesian.web.handler_routes import HandlerRoutes
from etesian.web.routing.matched_rule import matched_pattern
from etesian.web.routing.matchers import DefaultHostMatches, HostMatches
from etesian.web.routing.router import ReversibleRouter, ReversibleRuleRouter
from etesian.web.routing.rules import Rule, URLSpec
from etesian.web.ui_modules import UIMethods, UIModules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from etesian.http_wire.interface import HTTPMessageDelegate, HTTPServer, HTTPServerRequest
    from etesian.web.compression import OutputTransform
    from etesian.web.interface import TemplateLoader
    from etesian.web.static_files.handler import StaticFileHandler
    from etesian.web.ui_modules import UIModule

__all__ = ["Application"]

_logger = logging.getLogger("etesian.general")

# What the setting ``debug`` turns on, where the application does not say otherwise.
_DEBUG_SETTINGS: Final = {
    "allowed_hosts": LOCAL_HOSTS,
    "autoreload": True,
    "compiled_template_cache": False,
    "static_hash_cache": False,
    "serve_traceback": LOOPBACK_ONLY,
}


class ApplicationRouter(ReversibleRuleRouter):
    """Rules whose targets may be handler classes of an application."""

    def __init__(self, application: Application, rules: Iterable[object] | None = None) -> None:
        self.application = application
        # Who overrides how a handler class is run wants to be asked each time.
        self._is_plain = type(application).get_handler_delegate is Application.get_handler_delegate
        super().__init__(rules)

    def _nested(self, rules: list[object]) -> ApplicationRouter:
        return ApplicationRouter(self.application, rules)

    def _make_index(self) -> None:
        super()._make_index()
        self._routes = HandlerRoutes(self._index)

    def find_handler(
        self, request: HTTPServerRequest, **kwargs: object
    ) -> HTTPMessageDelegate | None:
        """Give the delegate of the first rule that matches.."""
        if self._indexed != len(self.rules):
            self._make_index()
        route = self._routes.find(request.path) if self._is_plain and not kwargs else None
        if route is None:
            return super().find_handler(request, **kwargs)
        return HandlerDelegate(self.application, request, *route)

    def get_target_delegate(
        self, target: object, request: HTTPServerRequest, **target_params: Any
    ) -> HTTPMessageDelegate | None:
        """Give a delegate that runs the handler, for a handler class."""
        if isinstance(target, type) and issubclass(target, RequestHandler):
            if "handler_kwargs" in target_params:
                extra = target_params.pop("handler_kwargs")
                target_params["target_kwargs"] = {**target_params.get("target_kwargs", {}), **extra}
            return self.application.get_handler_delegate(request, target, **target_params)
        return super().get_target_delegate(target, request, **target_params)


class Application(ReversibleRouter):
    """Routes and settings; given to an HTTP server, it answers its requests.

    ``handlers`` is a list of rules: ``(regex, target[, kwargs[, name]])``, or
    :class:`URLSpec`, or :class:`Rule`. The first that matches the whole path
    answers. A target is a handler class or its dotted name, a list of further
    rules, a router, a connection delegate, or a callable that takes the request.

    ``default_host`` is what host rules are asked about where none fits the
    request's own host. ``transforms`` are classes that filter the output, instead
    of those of the settings. All further arguments are settings, those of the
    framework and those of the application; they are kept in ``settings``.
    """

    guard_handler: Callable[[RequestHandler], None] | None = None
    """What is done to every handler before it runs, if anything; debug mode sets it."""

    def __init__(
        self,
        handlers: Iterable[object] | None = None,
        default_host: str | None = None,
        transforms: Iterable[Callable[[HTTPServerRequest], OutputTransform]] | None = None,
        **settings: Any,
    ) -> None:
        self.settings = settings
        self.default_host = default_host
        self.transforms: list[Callable[[HTTPServerRequest], OutputTransform]] = (
            _transforms_of(settings) if transforms is None else list(transforms)
        )
        self.ui_modules: Mapping[str, type[UIModule]] = UIModules(
            settings.get("ui_modules")
        ).by_name
        self.ui_methods: Mapping[str, Callable[..., Any]] = UIMethods(
            settings.get("ui_methods")
        ).by_name
        self.template_loaders: dict[str, TemplateLoader] = {}
        # For the handlers; not of the settings, which may be shared by applications.
        self.etags = EtagMemo()
        self._access_log = AccessLog()
        if settings.get("debug"):
            for name, value in _DEBUG_SETTINGS.items():
                settings.setdefault(name, value)
        rules = list(handlers or ())
        if settings.get("static_path"):
            rules = [*self._static_rules(), *rules]
        self.wildcard_router = ApplicationRouter(self, rules)
        self._host_router = ApplicationRouter(self)
        self._default_host_router = ApplicationRouter(self)
        if settings.get("debug"):
            self._watch_out()
        if settings.get("autoreload"):
            # Loaded when it is needed: nobody else's program watches files.
            from etesian.core_loop.interface import autoreload  # noqa: PLC0415

            autoreload.start()

    def _watch_out(self) -> None:
        """Tell a developer of mistakes that cost time to look for, as debug mode does."""
        from etesian.web.thread_guard import guard_thread  # noqa: PLC0415 - for developers only

        self.guard_handler = guard_thread
        for pattern, problem in self.lint_routes():
            _logger.warning("The route %r %s", pattern, problem)

    @property
    def static_handler_class(self) -> type[StaticFileHandler]:
        """The class that serves static files and makes their URLs."""
        chosen: type[StaticFileHandler] | None = self.settings.get("static_handler_class")
        if chosen is not None:
            return chosen
        # Loaded when it is first needed: many applications serve no files.
        from etesian.web.static_files.handler import StaticFileHandler  # noqa: PLC0415

        return StaticFileHandler

    def listen(self, port: int, address: str | None = None, **options: Any) -> HTTPServer:
        """Serve on a TCP port from now on; give the server, which can be stopped.

        ``options`` are those of the HTTP server; ``backlog``, ``family``, ``flags``
        and ``reuse_port`` those of its socket. It can be called before the event
        loop runs. Raises ``OSError`` where the port cannot be had.
        """
        socket_options = {
            name: options.pop(name)
            for name in ("family", "backlog", "flags", "reuse_port")
            if name in options
        }
        server = create_server(self, **options)
        server.listen(port, address, **socket_options)
        return server

    def add_handlers(
        self, host_pattern: str | re.Pattern[str], host_handlers: Iterable[object]
    ) -> None:
        """Append rules for the hosts that match a regex, asked before those without host.

        All patterns that fit are asked, in the order in which they were added.
        """
        matcher = HostMatches(host_pattern)
        router = ApplicationRouter(self, host_handlers)
        self._host_router.add_rules([Rule(matcher, router)])
        default_matcher = DefaultHostMatches(self, matcher.host_pattern)
        self._default_host_router.add_rules([Rule(default_matcher, router)])

    def add_transform(
        self, transform_class: Callable[[HTTPServerRequest], OutputTransform]
    ) -> None:
        """Append a class that filters the output of every response."""
        self.transforms.append(transform_class)

    def find_handler(self, request: HTTPServerRequest, **kwargs: object) -> HTTPMessageDelegate:
        """Give the delegate that takes this request: a rule's, or the one that answers 404.

        Where no rule matches, the setting ``default_handler_class`` answers.
        """
        if "allowed_hosts" in self.settings and not is_allowed(
            request.host_name, self.settings["allowed_hosts"]
        ):
            # RFC 9110, 15.5.20: not one of the sites that we answer for.
            return self.get_handler_delegate(request, ErrorHandler, {"status_code": 421})
        found = (
            self._host_router.find_handler(request, **kwargs) if self._host_router.rules else None
        )
        if found is None:
            found = self.wildcard_router.find_handler(request, **kwargs)
        if found is None and self.default_host is not None:
            found = self._default_host_router.find_handler(request, **kwargs)
        if found is not None:
            return found
        default = self.settings.get("default_handler_class")
        if default is not None:
            arguments = self.settings.get("default_handler_args", {})
            return self.get_handler_delegate(request, default, arguments)
        return self.get_handler_delegate(request, ErrorHandler, {"status_code": 404})

    def get_handler_delegate(
        self,
        request: HTTPServerRequest,
        target_class: type[RequestHandler],
        target_kwargs: Mapping[str, Any] | None = None,
        path_args: Sequence[bytes | None] | None = None,
        path_kwargs: Mapping[str, bytes | None] | None = None,
    ) -> HandlerDelegate:
        """Give the delegate that runs a handler class for a request; can be overridden.

        ``target_kwargs`` go to ``initialize``, the others, undecoded, to the verb.
        """
        return HandlerDelegate(
            self, request, target_class, target_kwargs, path_args or (), path_kwargs
        )

    def reverse_url(self, name: str, *args: object) -> str:
        """Give the path of a named route, each argument as ``str()`` and percent-encoded.

        Raises ``KeyError`` for an unknown name, and for a route whose regex is too
        involved to be reversed; ``AssertionError`` for a wrong number of arguments.
        """
        path = self.wildcard_router.reverse_url(name, *args)
        if path is None:
            path = self._host_router.reverse_url(name, *args)
        if path is None:
            raise KeyError(f"no route named {name!r} from which a path can be built")
        return path

    def log_request(self, handler: RequestHandler) -> None:
        """Log a request that is done: by the setting ``log_function``, else as access log.

        The level is info below status 400, warning below 500, else error.
        """
        log_function = self.settings.get("log_function")
        if log_function is not None:
            log_function(handler)
        else:
            self._access_log.write(handler)

    def route_pattern(self, request: HTTPServerRequest) -> str | None:
        """Give the regex of the route that answers a request, as it was written.

        The rules are asked anew: for logs and metrics, which have few patterns where
        there are many paths. ``None`` where no route fits, or one without a regex.
        """
        for router in (self._host_router, self.wildcard_router, self._default_host_router):
            if router is self._default_host_router and self.default_host is None:
                break
            pattern = matched_pattern(router, request) if router.rules else None
            if pattern is not None:
                return pattern
        return None

    def lint_routes(self) -> Iterator[tuple[str, str]]:
        """Give each regex of a route that is dangerous, or cannot be judged, and why.

        In debug mode the routes that an application is made with are looked at, and
        what is found goes to the log.
        """
        # Loaded when it is needed: production has been looked at before.
        from etesian.web.routing.regex_lint import lint_router  # noqa: PLC0415

        for router in (self._host_router, self.wildcard_router):
            yield from lint_router(router)

    def answer_error(self, request: HTTPServerRequest, error: Exception) -> None:
        """Answer a request whose handler could not even be made."""
        ErrorHandler(self, request, status_code=500)._handle_request_exception(error)  # noqa: SLF001 - ours

    def _static_rules(self) -> list[Rule]:
        """Give the rules for the files below ``static_path``, and two that sites are asked for."""
        arguments = {
            "path": self.settings["static_path"],
            **self.settings.get("static_handler_args", {}),
        }
        prefix: str = self.settings.setdefault("static_url_prefix", "/static/")
        handler = self.static_handler_class
        return [
            URLSpec(re.escape(prefix) + r"(.*)", handler, arguments),
            URLSpec(r"/(favicon\.ico)", handler, arguments),
            URLSpec(r"/(robots\.txt)", handler, arguments),
        ]


def _transforms_of(
    settings: Mapping[str, Any],
) -> list[Callable[[HTTPServerRequest], OutputTransform]]:
    """Give the output filters that the settings ask for; ``gzip`` is the older name."""
    if not settings.get("compress_response") and not settings.get("gzip"):
        return []
    # Loaded when it is needed: it brings zlib.
    from etesian.web.compression import GZipContentEncoding  # noqa: PLC0415

    return [GZipContentEncoding]
