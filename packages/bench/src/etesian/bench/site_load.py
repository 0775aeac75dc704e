"""One case of the site under the load of wrk."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING
from urllib.error import HTTPError

from etesian.bench.contender import Contender
from etesian.bench.server_process import server_process
from etesian.bench.site import folder_of_files
from etesian.bench.wrk import HTTPLoad, LoadError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etesian.bench.contender import Running
    from etesian.bench.server_process import ServerProcess
    from etesian.bench.site import Case

# Seconds that a server may take before it listens: some open a socket of their own.
_PATIENCE = 20


class SiteLoad(HTTPLoad):
    """Requests of one case. Servers agree when type and body do, however JSON or HTML is spaced."""

    def __init__(self, server: ServerProcess, case: Case) -> None:
        super().__init__(server, case.path, post_size=case.post_size)
        self._case = case

    def answer(self) -> bytes:
        """Give the body of one response, which must be a success of the right media type."""
        kind, body = self._first_answer()
        if kind != self._case.kind:
            raise LoadError(f"{self._case.path} is {kind}, expected {self._case.kind}")
        return _canonical(kind, body)

    def _first_answer(self) -> tuple[str, bytes]:
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                with self.open() as response:
                    return response.headers.get_content_type(), response.read()
            except HTTPError:
                raise
            except OSError:  # refused, or reset by a socket that is closed for another
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)


def _canonical(kind: str, body: bytes) -> bytes:
    if kind == "application/json":
        return json.dumps(json.loads(body), sort_keys=True).encode()
    return b"".join(body.split()) if kind == "text/html" else body


@contextmanager
def _serving(program: str, case: Case, *, uvloop: bool) -> Iterator[Running]:
    with (
        folder_of_files() as environment,
        server_process(program, uvloop=uvloop, environment=environment) as server,
    ):
        yield SiteLoad(server, case)


def site(name: str, program: str, *needs: str, case: Case, uvloop: bool = False) -> Contender:
    """Give the contender that runs ``program`` for one case, on asyncio's own loop or on uvloop."""
    return Contender(name, partial(_serving, program, case, uvloop=uvloop), needs)
