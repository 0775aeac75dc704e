"""The command: fetch URLs and print what came."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from etesian.http_wire.client.errors import HTTPClientError
from etesian.http_wire.client.response import HTTPResponse
from etesian.http_wire.client.sync_client import HTTPClient

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch the URLs of the command line one by one, and print what is asked for.

    Gives the exit status: 0 if all had a 2xx status, else 1, with a line on
    standard error for each that had not.
    """
    options = _parser().parse_args(arguments)
    status = 0
    with HTTPClient() as client:
        for url in options.urls:
            status |= _show(client, url, options)
    return status


def _show(client: HTTPClient, url: str, options: argparse.Namespace) -> int:
    try:
        response = client.fetch(
            url,
            follow_redirects=options.follow_redirects,
            validate_cert=options.validate_cert,
        )
        status = 0
    except HTTPClientError as error:
        sys.stderr.write(f"{error}\n")
        if not isinstance(error.response, HTTPResponse):
            return 1
        response, status = error.response, 1
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if options.print_headers:
        sys.stdout.write(f"{response.headers}\n")
    if options.print_body:
        sys.stdout.flush()
        sys.stdout.buffer.write(response.body)
    sys.stdout.flush()
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="etesian.http_wire.client", description="Fetch URLs.")
    parser.add_argument("urls", nargs="+", metavar="URL")
    for name, default, text in (
        ("print_headers", False, "print the response headers"),
        ("print_body", True, "print the response body"),
        ("follow_redirects", True, "follow redirects"),
        ("validate_cert", True, "verify the server's certificate"),
    ):
        parser.add_argument(
            f"--{name}", nargs="?", type=_boolean, const=True, default=default, help=text
        )
    return parser


def _boolean(text: str) -> bool:
    if text.lower() in ("true", "t", "1", "yes"):
        return True
    if text.lower() in ("false", "f", "0", "no"):
        return False
    raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
