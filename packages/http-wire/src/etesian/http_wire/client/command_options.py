"""The words of the command line."""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["parse_arguments"]

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
    if (options.data or options.json) and options.form:
        parser.error("a body is a form (-F) or data (-d, --json), not both")
    if options.data and options.json:
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
    add(
        "--json",
        metavar="DATA",
        action="append",
        default=[],
        help="the same, as application/json; several follow upon each other",
    )
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
