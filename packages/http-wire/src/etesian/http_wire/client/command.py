"""The command: fetch URLs and print what came."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

from etesian.http_wire.client.command_failures import WriteError, message_of, status_of
from etesian.http_wire.client.command_options import parse_arguments
from etesian.http_wire.client.command_output import Output, show_request, tell, writing
from etesian.http_wire.client.command_request import request_for
from etesian.http_wire.client.errors import HTTPClientError
from etesian.http_wire.client.outgoing import request_head
from etesian.http_wire.client.response import HTTPResponse
from etesian.http_wire.client.retry import RetryPolicy
from etesian.http_wire.client.simple_client import SimpleAsyncHTTPClient
from etesian.http_wire.client.url import parse_url
from etesian.http_wire.interface import HTTPOutputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from etesian.http_wire.client.cookie_jar import CookieJar
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.stream import ResponseStream

__all__ = ["main"]

# Octets. What is written while it comes needs no limit for the memory's sake.
_MAX_BODY_SIZE = 2**62

# Of one URL, after which the next has its turn.
_FAILURES = (HTTPClientError, HTTPOutputError, OSError, ValueError, KeyError, ImportError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch the URLs of the command line one by one, and print what is asked for.

    Gives the exit status: 0 if all had a 2xx status, else that of the first
    that had not, by the numbers that ``--help`` tells; each has a line on
    standard error. Not to be called where an event loop runs.
    """
    options = parse_arguments(arguments)
    if sys.stderr is None:  # who starts a program may have closed it
        options.silent, options.verbose = True, False
    try:
        return asyncio.run(_run(options))
    except KeyboardInterrupt:
        return 130
    except (OSError, ValueError, ImportError, WriteError) as error:
        if isinstance(error.__cause__, BrokenPipeError):
            # Who reads has seen enough; what the buffer still holds must not be tried again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        else:
            _complain(options, message_of(error))
        return status_of(error)


async def _run(options: argparse.Namespace) -> int:
    jar = _jar(options)
    client = SimpleAsyncHTTPClient(
        force_instance=True,
        max_body_size=_MAX_BODY_SIZE,
        trust_environment=options.proxy_from_environment,
        cookie_jar=jar,
    )
    first = 0
    try:
        with Output(options) as output:
            for url in options.urls:
                status = await _fetch(client, url, options, output)
                first = first or status
    finally:
        client.close()
        if jar is not None and options.cookie_jar:
            with writing():
                jar.save(options.cookie_jar, session=True)
    return first


async def _fetch(
    client: SimpleAsyncHTTPClient, url: str, options: argparse.Namespace, output: Output
) -> int:
    try:
        request = request_for(url, options)
        if options.verbose:
            show_request(request_head(request, parse_url(request.url)))
        return await _fetch_repeatedly(client, request, options, output)
    except _FAILURES as error:
        where = f"{url}: " if len(options.urls) > 1 and "@" not in url else ""
        _complain(options, f"{where}{message_of(error)}")
        return status_of(error)


async def _fetch_repeatedly(
    client: SimpleAsyncHTTPClient,
    request: HTTPRequest,
    options: argparse.Namespace,
    output: Output,
) -> int:
    policy = RetryPolicy(attempts=options.retry + 1)
    attempt = 1
    while True:
        printing = False
        try:
            async with client.stream(request, raise_error=False) as response:
                failure = _failure(request, response)
                delay = None if failure is None else policy.delay_after(request, attempt, failure)
                if delay is None:
                    printing = True
                    await _print(response, options, output)
                    return _judge(response, options)
        except (HTTPClientError, OSError) as error:
            delay = policy.delay_after(request, attempt, error)
            if printing or delay is None:
                raise
        await asyncio.sleep(delay)
        attempt += 1


def _failure(request: HTTPRequest, response: ResponseStream) -> HTTPClientError | None:
    """Give the error of a status that is none of success."""
    if 200 <= response.code < 300:
        return None
    answer = HTTPResponse(request, response.code, response.headers, reason=response.reason)
    return HTTPClientError(response.code, response.reason, answer)


async def _print(response: ResponseStream, options: argparse.Namespace, output: Output) -> None:
    output.head(response)
    if not options.print_body or (options.fail and response.code >= 400):
        return
    async for piece in response:
        output.piece(piece, response.headers)
    output.body_ended(response.headers)


def _judge(response: ResponseStream, options: argparse.Namespace) -> int:
    if 200 <= response.code < 300:
        return 0
    left = options.follow_redirects and response.code < 400 and "Location" in response.headers
    note = " (redirect not followed: one too many, or not safe)" if left else ""
    _complain(options, f"HTTP {response.code}: {response.reason}{note}")
    return 22 if options.fail and response.code >= 400 else 1


def _jar(options: argparse.Namespace) -> CookieJar | None:
    """Give a jar where cookies are to be kept or come from a file."""
    source = options.cookie if options.cookie and "=" not in options.cookie else None
    if source is None and not options.cookie_jar:
        return None
    # It needs an extra.
    from etesian.http_wire.client.cookie_jar import CookieJar  # noqa: PLC0415

    jar = CookieJar()
    if source is not None:
        jar.load(source)
    return jar


def _complain(options: argparse.Namespace, message: str) -> None:
    if not options.silent:
        # What a server says may hold what a terminal obeys.
        tell(f"{message.encode('ascii', 'backslashreplace').decode()}\n")
