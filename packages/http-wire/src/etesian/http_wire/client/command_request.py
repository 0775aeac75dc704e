"""The request that the command line asks for."""

from __future__ import annotations

import errno
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etesian.http_wire.client.multipart_form import MultipartForm
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.headers import HTTPHeaders

if TYPE_CHECKING:
    import argparse

__all__ = ["request_for"]

# What a URL begins with; elsewhere, as in a query, the same characters say nothing.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://", re.ASCII)


def request_for(url: str, options: argparse.Namespace) -> HTTPRequest:
    """Give the request for one URL.

    Raises ``ValueError`` for a header or form field that is none, and
    ``OSError`` for a file that cannot be read.
    """
    headers, body, form = HTTPHeaders(), _body(options), _form(options)
    if options.json:
        headers["Content-Type"] = headers["Accept"] = "application/json"
    elif body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    if form is not None:
        headers = form.headers
    if options.cookie and "=" in options.cookie:
        headers["Cookie"] = options.cookie
    _take_headers(headers, options.header)
    has_body = body is not None or form is not None
    method = options.request or ("HEAD" if options.head else "POST" if has_body else "GET")
    return HTTPRequest(
        url if _SCHEME.match(url) else f"http://{url}",
        method,
        headers,
        b"" if not has_body and method in {"POST", "PUT", "PATCH"} else body,
        body_producer=None if form is None else form.produce,
        allow_nonstandard_methods=True,
        **_options(options),
    )


def _options(options: argparse.Namespace) -> dict[str, Any]:
    username, _, password = (options.user or "").partition(":")
    return {
        "auth_username": username if options.user else None,
        "auth_password": password if options.user else None,
        "user_agent": options.user_agent,
        "decompress_response": options.compressed,
        "follow_redirects": options.follow_redirects,
        "max_redirects": options.max_redirs,
        "allow_insecure_redirects": options.allow_insecure_redirects,
        "connect_timeout": options.connect_timeout,
        "request_timeout": options.max_time,
        "proxy": options.proxy,
        "validate_cert": options.validate_cert and not options.insecure,
        "ca_certs": options.cacert,
        "client_cert": options.cert,
        "client_key": options.key,
        "network_interface": options.interface,
        "allow_ipv6": not options.ipv4,
    }


def _body(options: argparse.Namespace) -> bytes | None:
    if options.json:
        return b"".join(map(_content, options.json))
    return b"&".join(_content(text) for text in options.data) if options.data else None


def _content(text: str) -> bytes:
    """Give the text itself, or with ``@`` before it that of a file, ``@-`` of standard input."""
    if not text.startswith("@"):
        return text.encode("utf-8", "surrogateescape")
    if text != "@-":
        return Path(text[1:]).read_bytes()
    if sys.stdin is None:  # who starts a program may have closed it
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "standard input")
    return sys.stdin.buffer.read()


def _form(options: argparse.Namespace) -> MultipartForm | None:
    if not options.form:
        return None
    form = MultipartForm()
    for text in options.form:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"-F {text!r} is not NAME=VALUE or NAME=@FILE")
        if value.startswith("@"):
            form.add_file(name, Path(value[1:]))
        else:
            form.add_field(name, value)
    return form


def _take_headers(headers: HTTPHeaders, lines: list[str]) -> None:
    """Take what ``-H`` says: the first of a name replaces our own, the next ones add to it."""
    named: set[str] = set()
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(f"-H {line!r} is not 'NAME: VALUE'")
        if name.lower() not in named and name in headers:
            del headers[name]
        named.add(name.lower())
        headers.add(name, value.strip(" \t"))
