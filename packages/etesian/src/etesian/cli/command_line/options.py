"""What ``etesian run`` was asked to do, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from etesian.cli.command_line.addresses import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The options of ``etesian run``; ``etesian run --help`` tells what each means.

    Sizes are octets, times are seconds; ``None`` leaves what it names to the server.
    ``addresses`` is empty where the command line names none.
    """

    target: str
    factory: bool
    wsgi: bool
    app_dir: str

    addresses: tuple[Address, ...]
    unix_mode: int
    backlog: int

    workers: int | None
    max_requests: int | None
    max_requests_jitter: int
    worker_timeout: float
    drain: float
    reload: bool
    reload_dirs: tuple[str, ...]
    uvloop: bool
    threads: int | None

    certfile: str | None
    keyfile: str | None
    ca_certs: str | None
    client_certs: Literal["none", "optional", "required"]

    proxy_headers: bool
    trusted_proxies: tuple[str, ...]

    max_header_size: int | None
    max_body_size: int | None
    header_timeout: float | None
    body_timeout: float | None
    idle_timeout: float | None
    decompress_request: bool

    debug: bool
    access_log: bool
    log_level: Literal["debug", "info", "warning", "error"] | None
    log_format: Literal["text", "json"]

    @property
    def supervised(self) -> bool:
        """Whether a parent process watches over the one that serves, or those."""
        return self.workers is not None or self.reload or self.max_requests is not None
