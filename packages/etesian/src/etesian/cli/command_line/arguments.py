"""The words of ``etesian run``: what is accepted, and what it says of itself."""

from __future__ import annotations

from argparse import ArgumentParser, BooleanOptionalAction, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING

from etesian.cli.command_line import values
from etesian.cli.command_line.addresses import (
    Descriptor,
    TCPAddress,
    UnixAddress,
    address,
    descriptor,
    port,
)
from etesian.cli.command_line.options import RunOptions

if TYPE_CHECKING:
    from argparse import Namespace

    from etesian.cli.command_line.addresses import Address

# What the system's own limit is on Linux (net.core.somaxconn): a burst of newcomers that finds it
# full waits a second for its next attempt.
DEFAULT_BACKLOG = 4096
# What Tornado's examples, and so everybody's bookmarks, listen on.
DEFAULT_PORT = 8888
# Only this machine can connect, until somebody says otherwise.
DEFAULT_HOST = "127.0.0.1"
# Seconds for the requests in progress, once asked to stop. Supervisors allow ten and more before
# they kill, so that there is time left to end cleanly.
DEFAULT_DRAIN = 8.0
# Seconds without a sign of life after which a worker is taken for stuck: no handler has an excuse
# to hold its loop that long, and gunicorn's users are content with half of it.
DEFAULT_WORKER_TIMEOUT = 60.0

# Where a proxy is, until somebody says otherwise: no other machine can use these addresses.
LOOPBACK = ("127.0.0.0/8", "::1")

DESCRIPTION = """\
Serve an application until Ctrl-C (SIGINT) or SIGTERM. Requests that have begun by then have time
to be answered; a second signal ends at once.

With --workers a parent opens the sockets and watches over processes that serve. It replaces those
that die. Signals to the parent: SIGHUP starts new workers, with the code as it is then, and ends
each old one when its successor serves; SIGTTIN and SIGTTOU add and remove a worker."""

EPILOG = """\
Each option can be set in the environment: ETESIAN_RUN_MAX_BODY_SIZE=10M is --max-body-size=10M.
What the command line says goes first. Sizes are bytes, with K, M or G for their multiples; times
are seconds.

Exit status: 0 ended as asked; 1 could not start, the reason is on stderr; 2 the command line makes
no sense; 128 + N ended at once, by a second signal N."""


def add_run_arguments(parser: ArgumentParser) -> None:
    """Teach ``parser`` the arguments of ``etesian run``."""
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.formatter_class = RawDescriptionHelpFormatter
    # The whole list would stand before each complaint.
    parser.usage = "%(prog)s MODULE:NAME [OPTION ...]"
    _add_application(parser)
    _add_addresses(parser)
    _add_processes(parser)
    _add_tls(parser)
    _add_proxy(parser)
    _add_limits(parser)
    _add_logs(parser)


def run_options(parser: ArgumentParser, given: Namespace) -> RunOptions:
    """Give the options as a value.

    Ends the program with the usage, as ``parser.error`` does, where they contradict each other.
    """
    plain = {name: getattr(given, name) for name in RunOptions.__slots__ if name in given}
    options = RunOptions(
        **plain,
        addresses=_addresses(given),
        reload_dirs=tuple(given.reload_dir),
        trusted_proxies=tuple(given.trusted_proxy) or LOOPBACK,
    )
    if fault := _contradiction(options, given):
        parser.error(fault)
    return options


def _contradiction(options: RunOptions, given: Namespace) -> str | None:
    faults = {
        "--reload is for one worker": options.reload and (options.workers or 1) > 1,
        "--reload-dir needs --reload": options.reload_dirs and not options.reload,
        "--max-requests-jitter needs --max-requests": options.max_requests_jitter
        and options.max_requests is None,
        "--keyfile and --ca-certs need --certfile": (options.keyfile or options.ca_certs)
        and not options.certfile,
        "--client-certs needs --ca-certs, which tells who may sign them": (
            options.client_certs != "none" and not options.ca_certs
        ),
        "--trusted-proxy needs --proxy-headers": given.trusted_proxy and not options.proxy_headers,
    }
    return next((text for text, holds in faults.items() if holds), None)


def _addresses(given: Namespace) -> tuple[Address, ...]:
    found: list[Address] = [*given.bind]
    found += map(UnixAddress, given.unix)
    found += map(Descriptor, given.fd)
    if given.host or given.port is not None:
        number = DEFAULT_PORT if given.port is None else given.port
        found += [TCPAddress(host, number) for host in given.host or [DEFAULT_HOST]]
    return tuple(found)


def _add_application(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("the application")
    group.add_argument(
        "target",
        metavar="MODULE:NAME",
        help="an Application, a routing table, a WSGI application, or a function without arguments "
        "that makes one of these",
    )
    group.add_argument("--factory", action="store_true", help="NAME is to be called, in any case")
    group.add_argument(
        "--wsgi", action="store_true", help="it is a WSGI application, whatever it looks like"
    )
    group.add_argument(
        "--app-dir",
        type=values.folder,
        default=".",
        metavar="DIR",
        help="where modules are looked for first (here)",
    )
    group.add_argument(
        "--debug",
        action="store_true",
        help="error pages with tracebacks for this machine, templates and hashes uncached, "
        "asyncio's debug mode",
    )


def _add_addresses(parser: ArgumentParser) -> None:
    group = parser.add_argument_group(
        "where it listens",
        "--host, --bind, --unix and --fd may be repeated. Without any address: the sockets that "
        f"systemd passed, else {DEFAULT_HOST}:{DEFAULT_PORT}.",
    )
    group.add_argument(
        "--port", type=port, help=f"TCP port; 0 takes a free one (default: {DEFAULT_PORT})"
    )
    group.add_argument(
        "--host",
        action="append",
        default=[],
        help=f"name or address of an interface; '' for all (default: {DEFAULT_HOST})",
    )
    group.add_argument(
        "--bind",
        action="append",
        default=[],
        type=address,
        metavar="ADDRESS",
        help="HOST:PORT, [IPV6]:PORT, :PORT, unix:PATH or fd:N",
    )
    group.add_argument(
        "--unix", action="append", default=[], metavar="PATH", help="a Unix socket at this path"
    )
    group.add_argument(
        "--unix-mode",
        type=values.mode,
        default=0o600,
        metavar="MODE",
        help="who may connect to it, in octal (default: 600)",
    )
    group.add_argument(
        "--backlog",
        type=values.count,
        default=DEFAULT_BACKLOG,
        metavar="N",
        help="connections that may wait to be accepted; the system has a limit of its own "
        "(default: %(default)d)",
    )
    group.add_argument(
        "--fd",
        action="append",
        default=[],
        type=descriptor,
        metavar="N",
        help="a listening socket that the process inherits",
    )


def _add_processes(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("processes")
    group.add_argument(
        "--workers",
        type=values.workers,
        metavar="N",
        help="serve in N processes under a parent; 'auto' is one for each processor",
    )
    group.add_argument(
        "--max-requests",
        type=values.count,
        metavar="N",
        help="replace a worker after so many requests; implies --workers 1",
    )
    group.add_argument(
        "--max-requests-jitter",
        type=values.whole,
        default=0,
        metavar="N",
        help="up to so many more, drawn anew for each worker",
    )
    group.add_argument(
        "--worker-timeout",
        type=values.seconds,
        default=DEFAULT_WORKER_TIMEOUT,
        metavar="SECONDS",
        help="kill a worker whose loop is stuck for so long, 0 never (default: %(default)g; not "
        "with --reload)",
    )
    group.add_argument(
        "--drain",
        type=values.seconds,
        default=DEFAULT_DRAIN,
        metavar="SECONDS",
        help="time for requests in progress when it ends (default: %(default)g)",
    )
    group.add_argument(
        "--reload", action="store_true", help="a new worker when a *.py file changes; to develop by"
    )
    group.add_argument(
        "--reload-dir",
        action="append",
        default=[],
        type=values.folder,
        metavar="DIR",
        help="a folder to watch instead of --app-dir; may be repeated",
    )
    group.add_argument(
        "--uvloop", action="store_true", help="run on uvloop, which must be installed"
    )
    group.add_argument(
        "--threads",
        type=values.count,
        metavar="N",
        help="threads of a WSGI application, in each process",
    )


def _add_tls(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("TLS")
    group.add_argument("--certfile", metavar="PEM", help="the certificate chain; makes it HTTPS")
    group.add_argument("--keyfile", metavar="PEM", help="the key, where not in the same file")
    group.add_argument("--ca-certs", metavar="PEM", help="who may sign the clients' certificates")
    group.add_argument(
        "--client-certs",
        choices=["none", "optional", "required"],
        default="none",
        help="whether clients are asked for a certificate (default: none)",
    )


def _add_proxy(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("behind a proxy")
    group.add_argument(
        "--proxy-headers",
        action="store_true",
        help="believe the proxy's X-Real-Ip or X-Forwarded-For, and X-Scheme or X-Forwarded-Proto",
    )
    group.add_argument(
        "--trusted-proxy",
        action="append",
        default=[],
        type=values.network,
        metavar="NETWORK",
        help="the address of a proxy, or a network such as 10.0.0.0/8; may be repeated. What other "
        "peers say is ignored, but for those of Unix sockets; and trusted proxies are passed over "
        "from the right of X-Forwarded-For (default: this machine)",
    )


def _add_limits(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("limits of a request")
    group.add_argument(
        "--max-header-size", type=values.positive_size, metavar="SIZE", help="default: 64K"
    )
    group.add_argument("--max-body-size", type=values.size, metavar="SIZE", help="default: 100M")
    group.add_argument(
        "--header-timeout",
        type=values.positive_seconds,
        metavar="SECONDS",
        help="for its head (default: 10)",
    )
    group.add_argument(
        "--body-timeout",
        type=values.positive_seconds,
        metavar="SECONDS",
        help="for its whole body (none)",
    )
    group.add_argument(
        "--idle-timeout",
        type=values.positive_seconds,
        metavar="SECONDS",
        help="until the next one (3600)",
    )
    group.add_argument(
        "--decompress-request", action="store_true", help="decode gzip and deflate bodies"
    )


def _add_logs(parser: ArgumentParser) -> None:
    group = parser.add_argument_group(
        "logs", "On stderr, unless the program has set up the logging of its own."
    )
    group.add_argument(
        "--access-log",
        action=BooleanOptionalAction,
        default=True,
        help="a record for each request",
    )
    group.add_argument("--log-level", choices=["debug", "info", "warning", "error"])
    group.add_argument(
        "--log-format", choices=["text", "json"], default="text", help="default: text"
    )
