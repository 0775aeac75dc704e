"""The web framework of Etesian: routing, request handlers, cookies, static files, UI modules."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.web.access_log import AccessJSONFormatter, AccessTextFormatter
    from etesian.web.application import Application
    from etesian.web.compression import GZipContentEncoding, OutputTransform
    from etesian.web.cors import CORSHandler, CORSPolicy
    from etesian.web.decorators import addslash, authenticated, removeslash, stream_request_body
    from etesian.web.download_name import content_disposition
    from etesian.web.error_handler import ErrorHandler
    from etesian.web.escape import (
        json_decode,
        json_encode,
        native_str,
        recursive_unicode,
        squeeze,
        to_unicode,
        utf8,
    )
    from etesian.web.event_stream import EventStream
    from etesian.web.fallback_handler import FallbackHandler
    from etesian.web.handler import RequestHandler
    from etesian.web.interface import Finish, HTTPError, MissingArgumentError
    from etesian.web.links import linkify
    from etesian.web.page_resources import is_absolute
    from etesian.web.redirect_handler import RedirectHandler
    from etesian.web.routing.rules import URLSpec, url
    from etesian.web.sessions import MemorySessionStore, Session, Sessions, SessionStore
    from etesian.web.signed_values import (
        DEFAULT_SIGNED_VALUE_MIN_VERSION,
        DEFAULT_SIGNED_VALUE_VERSION,
        MAX_SUPPORTED_SIGNED_VALUE_VERSION,
        MIN_SUPPORTED_SIGNED_VALUE_VERSION,
        create_signed_value,
        decode_signed_value,
        get_signature_key_version,
    )
    from etesian.web.static_files.handler import StaticFileHandler
    from etesian.web.testing import AsyncHTTPSTestCase, AsyncHTTPTestCase
    from etesian.web.ui_modules import TemplateModule, UIModule
    from etesian.web.wsgi.adapter import WSGIAdapter
    from etesian.web.wsgi.container import WSGIContainer


__all__ = [
    "DEFAULT_SIGNED_VALUE_MIN_VERSION",
    "DEFAULT_SIGNED_VALUE_VERSION",
    "MAX_SUPPORTED_SIGNED_VALUE_VERSION",
    "MIN_SUPPORTED_SIGNED_VALUE_VERSION",
    "AccessJSONFormatter",
    "AccessTextFormatter",
    "Application",
    "AsyncHTTPSTestCase",
    "AsyncHTTPTestCase",
    "CORSHandler",
    "CORSPolicy",
    "ErrorHandler",
    "EventStream",
    "FallbackHandler",
    "Finish",
    "GZipContentEncoding",
    "HTTPError",
    "MemorySessionStore",
    "MissingArgumentError",
    "OutputTransform",
    "RedirectHandler",
    "RequestHandler",
    "Session",
    "SessionStore",
    "Sessions",
    "StaticFileHandler",
    "TemplateModule",
    "UIModule",
    "URLSpec",
    "WSGIAdapter",
    "WSGIContainer",
    "addslash",
    "authenticated",
    "content_disposition",
    "create_signed_value",
    "decode_signed_value",
    "get_signature_key_version",
    "is_absolute",
    "json_decode",
    "json_encode",
    "linkify",
    "native_str",
    "recursive_unicode",
    "removeslash",
    "squeeze",
    "stream_request_body",
    "to_unicode",
    "url",
    "utf8",
]

# Public name -> the module that holds it, imported when the name is first asked for (PEP 562):
# importing the package stays cheap, and its interface can be imported without asyncio.
_HOMES = {
    "CORSHandler": "cors",
    "CORSPolicy": "cors",
    "MemorySessionStore": "sessions",
    "Session": "sessions",
    "SessionStore": "sessions",
    "Sessions": "sessions",
    "AccessJSONFormatter": "access_log",
    "AccessTextFormatter": "access_log",
    "Application": "application",
    "AsyncHTTPSTestCase": "testing",
    "AsyncHTTPTestCase": "testing",
    "DEFAULT_SIGNED_VALUE_MIN_VERSION": "signed_values",
    "DEFAULT_SIGNED_VALUE_VERSION": "signed_values",
    "ErrorHandler": "error_handler",
    "EventStream": "event_stream",
    "FallbackHandler": "fallback_handler",
    "Finish": "interface",
    "GZipContentEncoding": "compression",
    "HTTPError": "interface",
    "MAX_SUPPORTED_SIGNED_VALUE_VERSION": "signed_values",
    "MIN_SUPPORTED_SIGNED_VALUE_VERSION": "signed_values",
    "MissingArgumentError": "interface",
    "OutputTransform": "compression",
    "RedirectHandler": "redirect_handler",
    "RequestHandler": "handler",
    "StaticFileHandler": "static_files.handler",
    "TemplateModule": "ui_modules",
    "UIModule": "ui_modules",
    "URLSpec": "routing.rules",
    "WSGIAdapter": "wsgi.adapter",
    "WSGIContainer": "wsgi.container",
    "addslash": "decorators",
    "authenticated": "decorators",
    "content_disposition": "download_name",
    "create_signed_value": "signed_values",
    "decode_signed_value": "signed_values",
    "get_signature_key_version": "signed_values",
    "is_absolute": "page_resources",
    "json_decode": "escape",
    "json_encode": "escape",
    "linkify": "links",
    "native_str": "escape",
    "recursive_unicode": "escape",
    "removeslash": "decorators",
    "squeeze": "escape",
    "stream_request_body": "decorators",
    "to_unicode": "escape",
    "url": "routing.rules",
    "utf8": "escape",
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
