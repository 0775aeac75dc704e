"""The words of the command line, and the request that they ask for."""

from __future__ import annotations

import argparse
import errno
import os
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etesian.http_wire.client.multipart_form import MultipartForm
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.headers import HTTPHeaders

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["parse_arguments", "request_for"]

_EXIT_STATUSES = """\
exit status:
  0   all had a 2xx status
  1   a status other than 2xx, or an error without a number of its own
  2   wrong usage
  3   not a URL, or a request that cannot be made
  5   the proxy opened no way
  6   the name has no address
  7   no connection
  22  with --fail, a status of 400 or more
  23  the output cannot be written
  26  a file cannot be read
  28  a timeout
  35  TLS failed
  56  the answer broke off, or is none
  60  the certificate cannot be trusted
  130 interrupted
"""

# What a URL begins with; elsewhere, as in a query, the same characters say nothing.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://", re.ASCII)

# Options whose value may be left out.
_SWITCHES = ("--follow_redirects", "--validate_cert", "--print_headers", "--print_body")


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Give the options; leaves by ``SystemExit`` for ``--help``, and with 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="python -m etesian.http_wire.client",
        usage="%(prog)s [options] URL [URL ...]",
        description="Fetch URLs and print what comes. Options are those of curl where it has them.",
        epilog=_EXIT_STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "urls", nargs="+", metavar="URL", help="http or https; without a scheme, http"
    )
    _add_request(parser.add_argument_group("request"))
    _add_way(parser.add_argument_group("connection"))
    _add_output(parser.add_argument_group("output"))
    parser.add_argument(
        "-V",
        "--version",
        action="version",
        version=f"etesian-http-wire {version('etesian-http-wire')}",
    )
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = parser.parse_args(_joined(words, _valued(parser)))
    if (options.data or options.json is not None) and options.form:
        parser.error("a body is a form (-F) or data (-d, --json), not both")
    if options.data and options.json is not None:
        parser.error("a body is --json or -d, not both")
    return options


def _joined(words: list[str], valued: dict[str, str]) -> list[str]:
    """Write options and their values as one word, as no parser can take for anything else."""
    joined: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            return [*joined, word, *rest]
        if word in _SWITCHES:
            # Alone they are true, and do not take the URL behind them for their value.
            joined.append(f"{word}=true")
        elif word not in valued:
            joined.append(word)
        elif (value := next(rest, "--")) == "--":
            return [*joined, word, value, *rest]  # for the parser to complain of
        else:
            # It may begin with a dash, as data do and as with curl.
            joined.append(f"{valued[word]}={value}")
    return joined


def _valued(parser: argparse.ArgumentParser) -> dict[str, str]:
    """Give the options that have a value, and the long name of each."""
    return {
        name: next(long for long in action.option_strings if long.startswith("--"))
        for action in parser._actions  # noqa: SLF001  # it tells nobody else
        for name in action.option_strings
        if action.nargs is None
    }


def request_for(url: str, options: argparse.Namespace) -> HTTPRequest:
    """Give the request for one URL.

    Raises ``ValueError`` for a header or form field that is none, and
    ``OSError`` for a file that cannot be read.
    """
    headers, body, form = HTTPHeaders(), _body(options), _form(options)
    if options.json is not None:
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
    if options.json is not None:
        return _content(options.json)
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


def _add_request(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("-X", "--request", metavar="METHOD", help="the method; by default GET, or POST with a body")
    add("-I", "--head", action="store_true", help="ask for the head only, and print it")
    add("-H", "--header", metavar="LINE", action="append", default=[], help="'Name: value'")
    add(
        "-d",
        "--data",
        "--data-binary",
        metavar="DATA",
        action="append",
        default=[],
        help="a body, @FILE from a file, @- from standard input; several are joined by &",
    )
    add("--json", metavar="DATA", help="the same, as application/json")
    add(
        "-F",
        "--form",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a field of a form, or NAME=@FILE",
    )
    add("-u", "--user", metavar="USER:PASSWORD", help="for basic authentication")
    add("-A", "--user-agent", metavar="TEXT", help="what we call ourselves")
    add("-b", "--cookie", metavar="DATA", help="'name=value; ...', or a file of --cookie-jar")
    add("--no-compressed", dest="compressed", action="store_false", help="ask for no compression")
    add("--compressed", action="store_true", default=True, help="ask for compression (the default)")


def _add_way(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    _add_boolean(group, "follow_redirects", default=True, text="follow redirects")
    add(
        "-L",
        "--location",
        dest="follow_redirects",
        action="store_true",
        help="follow redirects (the default)",
    )
    add(
        "--no-redirect",
        dest="follow_redirects",
        action="store_false",
        help="print the redirect itself",
    )
    add("--max-redirs", metavar="N", type=int, default=5, help="how many (5)")
    add("--allow-insecure-redirects", action="store_true", help="from https to http as well")
    add("-x", "--proxy", metavar="URL", help="http, https, socks5h, socks5, socks4a or socks4")
    add(
        "--proxy-from-environment",
        action="store_true",
        help="take it from http_proxy, https_proxy, all_proxy and no_proxy",
    )
    add("--connect-timeout", metavar="SECONDS", type=_seconds, default=20.0, help="20; 0: no limit")
    add("-m", "--max-time", metavar="SECONDS", type=_seconds, default=0.0, help="for a whole URL")
    add("--retry", metavar="N", type=int, default=0, help="repeat what may pass")
    _add_boolean(group, "validate_cert", default=True, text="verify the server's certificate")
    add("-k", "--insecure", action="store_true", help="do not verify it")
    add("--cacert", metavar="FILE", help="trust these certificates instead of the system's")
    add("-E", "--cert", metavar="FILE", help="our own certificate, in PEM")
    add("--key", metavar="FILE", help="its key")
    add("--interface", metavar="ADDRESS", help="the local address to connect from")
    add("-4", "--ipv4", action="store_true", help="IPv4 only")


def _add_output(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("-o", "--output", metavar="FILE", help="write there; - is standard output, a terminal too")
    add("-i", "--include", action="store_true", help="print the head before the body")
    _add_boolean(group, "print_headers", default=False, text="print the header fields")
    _add_boolean(group, "print_body", default=True, text="print the body")
    add("-f", "--fail", action="store_true", help="print no body of a status of 400 or more")
    add("-c", "--cookie-jar", metavar="FILE", help="keep cookies, and write them there")
    add("-s", "--silent", action="store_true", help="no progress and no errors on standard error")
    add("-v", "--verbose", action="store_true", help="show both heads on standard error")


def _add_boolean(group: argparse._ArgumentGroup, name: str, *, default: bool, text: str) -> None:
    add = group.add_argument
    add(f"--{name}", metavar="true|false", type=_boolean, default=default, help=text)


def _boolean(text: str) -> bool:
    if text.lower() in ("true", "t", "1", "yes"):
        return True
    if text.lower() in ("false", "f", "0", "no"):
        return False
    raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds
